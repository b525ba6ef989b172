/** For integration tests of the command line. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '@demarc/platform/stores/testing';

const run = promisify(execFile);
const CLI = fileURLToPath(new URL('./main.ts', import.meta.url));

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** With `--json` an error is JSON too. */
export const said = ({ stdout, stderr }: Answer): string => stdout + stderr;

/** A platform of its own: directories, ports and environment, driven by the command line as a user would. */
export class Installation implements AsyncDisposable {
  readonly environment: Record<string, string>;
  readonly directory = mkdtempSync(join(tmpdir(), 'demarc-external-'));

  private constructor(environment: Record<string, string>) {
    const compiled = getCompileCacheDir();
    this.environment = {
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      HOME: this.directory,
      // As ./demarc has it: a command starts twice as fast. The folder's name is followed by this Node's own.
      ...(compiled === undefined
        ? {}
        : { NODE_COMPILE_CACHE: dirname(compiled), NODE_COMPILE_CACHE_PORTABLE: '1' }),
      ...environment,
    };
    this.environment['DEMARC_DATA_DIR'] ??= join(tmpdir(), `dmx-${this.directory.slice(-6)}`);
  }

  static async make(environment: Record<string, string>): Promise<Installation> {
    const [api, link, events] = [await freePort(), await freePort(), await freePort()];
    return new Installation({
      DEMARC_API_LISTEN: `127.0.0.1:${api}`,
      DEMARC_LINK_LISTEN: `127.0.0.1:${link}`,
      DEMARC_CLICKHOUSE_PORT: String(events),
      // Several platforms run at once on one machine; a test that wants these names ports of its own.
      DEMARC_INTAKE_HTTP: 'off',
      DEMARC_INTAKE_SYSLOG_UDP: 'off',
      DEMARC_INTAKE_SYSLOG_TCP: 'off',
      DEMARC_INTAKE_SYSLOG_TLS: 'off',
      ...environment,
    });
  }

  async try(...args: readonly string[]): Promise<Answer> {
    try {
      const { stdout, stderr } = await run(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', CLI, ...args, '--json'],
        { env: this.environment, timeout: 200_000, maxBuffer: 67_108_864 },
      );
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code = 1, stdout = '', stderr = '' } = error as Partial<Answer>;
      return { code: code, stdout, stderr };
    }
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.try(...args);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stdout}${stderr}`);
    return JSON.parse(stdout) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.try('down');
    for (const path of [this.directory, this.environment['DEMARC_DATA_DIR'] ?? ''])
      rmSync(path, { recursive: true, force: true });
  }
}

/** @throws when it has not come about in `timeoutMs` */
export async function until(work: () => Promise<boolean>, timeoutMs = 180_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !(await work()); ) {
    if (Date.now() > deadline) throw new Error(`it did not come about in ${timeoutMs / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
