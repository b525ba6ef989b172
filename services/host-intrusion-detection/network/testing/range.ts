/**
 * A place to attack without touching anyone: three network namespaces (attacker, client, target) that reach nothing
 * else, and a capture of everything the target sees.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
type Place = 'attacker' | 'client' | 'target';

/** Private addresses that exist in these namespaces only. */
export const ADDRESS = {
  target: '10.232.1.2',
  targetForClient: '10.232.2.2',
  attacker: '10.232.1.66',
  /** The attacker’s further addresses: 10.232.1.101 and up. */
  bot: (index: number): string => `10.232.1.${101 + index}`,
  client: '10.232.2.10',
  /** A network behind the target, in which nobody lives. */
  behind: '10.232.3.0/24',
} as const;
export const BOTS = 12;

export class Range implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'demarc-range-'));
  readonly capture = join(this.directory, 'target.pcap');
  readonly #children: ChildProcess[] = [];
  #tcpdump: ChildProcess | undefined;

  async build(): Promise<void> {
    await removeOrphans();
    for (const place of ['attacker', 'client', 'target'] as const) {
      await run('ip', ['netns', 'add', nameOf(place)]);
      await run('ip', ['-n', nameOf(place), 'link', 'set', 'lo', 'up']);
    }
    for (const [place, own, theirs] of [
      ['attacker', ADDRESS.target, ADDRESS.attacker],
      ['client', ADDRESS.targetForClient, ADDRESS.client],
    ] as const) {
      const end = `to-${place}`;
      const peer = ['peer', 'name', 'to-target', 'netns', nameOf(place)];
      await run('ip', ['-n', nameOf('target'), 'link', 'add', end, 'type', 'veth', ...peer]);
      await this.#address('target', end, own);
      await this.#address(place, 'to-target', theirs);
    }
    for (let bot = 0; bot < BOTS; bot += 1)
      await run('ip', [
        '-n',
        nameOf('attacker'),
        'addr',
        'add',
        `${ADDRESS.bot(bot)}/24`,
        'dev',
        'to-target',
      ]);
    await run('ip', ['-n', nameOf('attacker'), 'route', 'add', ADDRESS.behind, 'via', ADDRESS.target]);
    // Forged addresses need a way back, or the target drops what it sends to them before it is seen.
    await run('ip', ['-n', nameOf('target'), 'route', 'add', 'default', 'via', ADDRESS.attacker]);
    await this.run('target', ['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  }

  async #address(place: Place, device: string, address: string): Promise<void> {
    await run('ip', ['-n', nameOf(place), 'addr', 'add', `${address}/24`, 'dev', device]);
    await run('ip', ['-n', nameOf(place), 'link', 'set', device, 'up']);
  }

  /** Runs a program there; whether it succeeds is for it to know. @param seconds after which it is ended */
  async run(place: Place, argv: readonly string[], seconds = 20): Promise<string> {
    const { stdout } = await run('ip', ['netns', 'exec', nameOf(place), ...argv], {
      // Tools leave files where they are started: `hydra.restore`, `paused.conf`.
      cwd: this.directory,
      timeout: seconds * 1_000,
      maxBuffer: 16 * 1_048_576,
    }).catch((error: unknown) => ({ stdout: String((error as { stdout?: unknown }).stdout ?? '') }));
    return stdout;
  }

  /** Starts a program there that goes on until the end. */
  launch(place: Place, argv: readonly string[], stdin: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', nameOf(place), ...argv], {
      cwd: this.directory,
      stdio: [stdin, 'pipe', 'pipe'],
    });
    this.#children.push(child);
    return child;
  }

  /** A file server that knows nobody, on a port of its own choosing. */
  async serveFiles(port: number): Promise<void> {
    const directories = [
      'lock directory',
      'state directory',
      'cache directory',
      'pid directory',
      'private dir',
      'ncalrpc dir',
    ];
    const settings = [
      '[global]',
      'server role = standalone server',
      `smb ports = ${port}`,
      'disable netbios = yes',
      'load printers = no',
      'map to guest = never',
      // Old clients, and tools that are.
      'server min protocol = NT1',
      'ntlm auth = yes',
      `log file = ${join(this.directory, 'smbd.log')}`,
      ...directories.map((name) => `${name} = ${this.directory}`),
    ];
    const file = join(this.directory, 'smb.conf');
    writeFileSync(file, settings.join('\n'));
    this.launch('target', ['smbd', '--foreground', '--no-process-group', '-s', file]);
    for (let tries = 0; !(await this.run('target', ['ss', '-Hltn'])).includes(`:${port} `); tries += 1) {
      if (tries > 100) throw new Error('smbd did not start');
      await delay(50);
    }
  }

  /** The first 256 bytes of each packet: enough for every header, and for small captures of floods. */
  async startCapture(snapLength = 256): Promise<void> {
    const options = ['-i', 'any', '-s', String(snapLength), '-B', '65536', '-U', '-w', this.capture];
    const tcpdump = this.launch('target', ['tcpdump', '-Z', 'root', '-n', ...options]);
    this.#tcpdump = tcpdump;
    let said = '';
    tcpdump.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    for (let tries = 0; !said.includes('listening on'); tries += 1) {
      if (tries > 100 || tcpdump.exitCode !== null) throw new Error(`tcpdump did not start: ${said}`);
      await delay(50);
    }
  }

  async stopCapture(): Promise<void> {
    const tcpdump = this.#tcpdump;
    if (tcpdump === undefined || tcpdump.exitCode !== null) return;
    // The kernel hands on what it holds once a second.
    await delay(1_200);
    const closed = once(tcpdump, 'close');
    tcpdump.kill('SIGINT');
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const place of ['attacker', 'client', 'target'] as const) await removeNamespace(nameOf(place));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const nameOf = (place: Place): string => `dmr-${process.pid}-${place}`;

/** A run that was killed leaves its namespaces behind. */
async function removeOrphans(): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'list']);
  for (const [namespace, pid] of stdout.matchAll(/^dmr-(\d+)-\w+/gm))
    if (!existsSync(`/proc/${pid}`)) await removeNamespace(namespace);
}

async function removeNamespace(namespace: string): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'pids', namespace]).catch(() => ({ stdout: '' }));
  for (const pid of stdout.split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
  await run('ip', ['netns', 'del', namespace]).catch(() => undefined);
}
