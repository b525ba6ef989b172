/**
 * Starts the platform as a newcomer would, from a clean clone in a folder of its own, and talks to it
 * through its command line and its API only. Imports no product code.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const OUTPUT_BYTES_MAX = 256 * 1_048_576;
const COMMAND_TIMEOUT_MS = 240_000;

export interface Part {
  readonly name: string;
  readonly pid: number | null;
  readonly restartCount: number;
  readonly health: { readonly state: string; readonly because: string };
}

export interface PlatformOptions {
  readonly apiPort: number;
  readonly linkPort: number;
  readonly clickhousePort: number;
  /** Extra names and addresses for the link's certificate. */
  readonly linkNames?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export class Platform implements AsyncDisposable {
  readonly directory: string;
  readonly checkout: string;
  readonly dataDirectory: string;
  readonly url: string;
  readonly environment: Record<string, string>;

  constructor(options: PlatformOptions) {
    this.directory = mkdtempSync(join(tmpdir(), 'demarc-e2e-'));
    this.checkout = join(this.directory, 'checkout');
    // The clone is readable by root alone, as below /root; the engines' users must get through to the data.
    this.dataDirectory = join(mkdtempSync(join(tmpdir(), 'demarc-e2e-data-')), 'data');
    chmodSync(dirname(this.dataDirectory), 0o711);
    this.url = `http://127.0.0.1:${options.apiPort}`;
    this.environment = {
      PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: process.env['HOME'] ?? '/root',
      LANG: 'C.UTF-8',
      DEMARC_DATA_DIR: this.dataDirectory,
      DEMARC_API_LISTEN: `127.0.0.1:${options.apiPort}`,
      DEMARC_LINK_LISTEN: `0.0.0.0:${options.linkPort}`,
      DEMARC_LINK_NAMES: (options.linkNames ?? []).join(','),
      DEMARC_CLICKHOUSE_PORT: String(options.clickhousePort),
      DEMARC_INTAKE_HTTP: 'off',
      DEMARC_INTAKE_SYSLOG_UDP: 'off',
      DEMARC_INTAKE_SYSLOG_TCP: 'off',
      DEMARC_INTAKE_SYSLOG_TLS: 'off',
      ...options.environment,
    };
  }

  /** A clone of what is committed; the dependencies are hard links to this checkout's, which is what npm would lay. */
  async checkOut(): Promise<void> {
    await exec('git', ['clone', '--quiet', '--no-hardlinks', resolve('.'), this.checkout]);
    await exec('cp', ['-al', resolve('node_modules'), join(this.checkout, 'node_modules')]);
  }

  /**
   * The same, with what was built here before, console and programs: it begins where a second start does. A newcomer's first
   * start is told by the walking skeleton; four more of them are a minute of the processor.
   */
  async checkOutBuilt(): Promise<void> {
    await this.checkOut();
    const { stdout: changed } = await exec('git', ['status', '--porcelain', '--untracked-files=no']);
    if (changed !== '') return;
    const dist = 'apps/console/dist';
    if (existsSync(dist)) await exec('cp', ['-a', resolve(dist), join(this.checkout, dist)]);
    // Programs are current while each source is as old as it was; a clone's are all new.
    const { stdout: files } = await exec('git', ['ls-files', '-z'], { maxBuffer: OUTPUT_BYTES_MAX });
    const sources = files.split('\0').filter((file) => /\.(ts|ya?ml)$/.test(file));
    const preserve = ['--attributes-only', '--preserve=timestamps', '--parents'];
    await exec('cp', [...preserve, `--target-directory=${this.checkout}`, ...sources]);
  }

  /** One command of the CLI with `--json`; its standard output parsed. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const { stdout } = await this.command([...args, '--json']);
    return JSON.parse(stdout) as T;
  }

  async command(args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
    try {
      return await exec(join(this.checkout, 'demarc'), [...args], {
        env: this.environment,
        cwd: this.directory,
        maxBuffer: OUTPUT_BYTES_MAX,
        timeout: COMMAND_TIMEOUT_MS,
      });
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw Object.assign(error as Error, {
        message: `demarc ${args.join(' ')}: ${stdout.slice(0, 2_000)} ${stderr.slice(0, 2_000)}`,
      });
    }
  }

  /** The exit code and what was said, for commands that are expected to fail. */
  async failing(
    args: readonly string[],
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    try {
      return { code: 0, ...(await this.command(args)) };
    } catch (error) {
      const failed = error as { code?: number; stdout?: string; stderr?: string };
      return { code: failed.code ?? -1, stdout: failed.stdout ?? '', stderr: failed.stderr ?? '' };
    }
  }

  async parts(): Promise<readonly Part[]> {
    return (await this.json<{ readonly parts: readonly Part[] }>('status')).parts;
  }

  async part(name: string): Promise<Part> {
    const found = (await this.parts()).find((part) => part.name === name);
    if (found === undefined) throw new Error(`the platform has no part named ${name}`);
    return found;
  }

  /** Kills one part with SIGKILL and returns once another process has taken its place and is healthy. */
  async killPart(name: string): Promise<void> {
    const before = await this.part(name);
    if (before.pid === null) throw new Error(`${name} has no process`);
    process.kill(before.pid, 'SIGKILL');
    await until(`${name} is back`, 90_000, async () => {
      const now = await this.part(name);
      return now.pid !== null && now.pid !== before.pid && now.health.state === 'healthy';
    });
  }

  /** The API as the platform's own service account; the browser tests sign in as people do. */
  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const token = readFileSync(join(this.dataDirectory, 'keys', 'cli-token'), 'utf8').trim();
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** One control on one machine, as the matrix has it now. */
  async cell<Cell extends { readonly controlId: string }>(assetId: string, controlId: string): Promise<Cell> {
    const path = `/v1/tenants/local/matrix?assetId=${assetId}`;
    const { cells } = await this.api<{ readonly cells: readonly Cell[] }>('GET', path);
    const found = cells.find((candidate) => candidate.controlId === controlId);
    if (found === undefined) throw new Error(`${controlId} is not in the matrix of ${assetId}`);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (existsSync(this.checkout)) await this.failing(['down']);
    if (process.env['DEMARC_E2E_KEEP'] === undefined)
      for (const path of [this.directory, dirname(this.dataDirectory)])
        rmSync(path, { recursive: true, force: true });
    else console.error(`kept: ${this.directory}`);
  }
}

/** A bound says when to give up, not how quick something is: others may have the machine meanwhile. */
const PATIENCE = 3;

/**
 * Polls until `holds`; the error names what was awaited and the last thing that went wrong.
 *
 * @param timeoutMs on a quiet machine
 * @returns the milliseconds that it took
 */
export async function until(what: string, timeoutMs: number, holds: () => Promise<boolean>): Promise<number> {
  const startedAt = performance.now();
  let last: unknown;
  while (performance.now() - startedAt < timeoutMs * PATIENCE) {
    const askedAt = performance.now();
    try {
      if (await holds()) return performance.now() - startedAt;
      last = undefined;
    } catch (error) {
      last = error;
    }
    // What is dear to ask is asked less often: a command that starts takes from the machine what it waits for.
    const pauseMs = Math.max(250, 1.5 * (performance.now() - askedAt));
    await new Promise((done) => setTimeout(done, pauseMs));
  }
  throw new Error(`gave up after ${timeoutMs * PATIENCE} ms waiting until ${what}`, { cause: last });
}

export function start(
  command: string,
  args: readonly string[],
  options: { readonly env?: Record<string, string> } = {},
): ChildProcess {
  return spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
}

export { exec };
