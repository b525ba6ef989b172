/**
 * Another machine on this one: its own network namespace (a veth pair to here), its own mount namespace
 * and root (an overlay over this system's, so that nothing installed there stays), its own host name.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec, type Platform, until } from './platform.ts';

/** Positional arguments only; nothing is interpolated into the script. */
const SETUP = `set -eu
base=$1 name=$2
mount -t tmpfs tmpfs "$base"
mkdir -p "$base/upper" "$base/work" "$base/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
mount -t proc proc "$base/root/proc"
mount --rbind /dev "$base/root/dev"
mount --rbind /sys "$base/root/sys"
mount -t tmpfs tmpfs "$base/root/run"
mkdir -p "$base/root/srv/watched"
mount -t tmpfs -o mode=1777 tmpfs "$base/root/srv/watched"
# A file system of its own for the agent's state: an overlay cannot be relied on for durable appends.
mkdir -p "$base/root/var/lib/demarc-agent"
mount -t tmpfs -o mode=0700 tmpfs "$base/root/var/lib/demarc-agent"
hostname "$name"
od -An -N16 -tx1 /dev/urandom | tr -d ' \n' > "$base/root/etc/machine-id"
exec chroot "$base/root" /bin/sleep infinity
`;

export class Machine implements AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly hostAddress: string;
  readonly #namespace: string;
  readonly #base: string;
  #holder: ChildProcess | undefined;

  constructor(name: string, index: number) {
    this.name = name;
    this.#namespace = `dmc-${process.pid}-${index}`;
    this.hostAddress = `10.231.${index}.1`;
    this.address = `10.231.${index}.2`;
    this.#base = mkdtempSync(join(tmpdir(), 'demarc-machine-'));
  }

  async boot(): Promise<void> {
    await removeOrphans();
    const outer = outerLink(process.pid);
    const inner = `dmi${process.pid % 100_000}`;
    await exec('ip', ['netns', 'add', this.#namespace]);
    await exec('ip', ['link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', this.#namespace]);
    await exec('ip', ['addr', 'add', `${this.hostAddress}/24`, 'dev', outer]);
    await exec('ip', ['link', 'set', outer, 'up']);
    await exec('ip', ['-n', this.#namespace, 'addr', 'add', `${this.address}/24`, 'dev', inner]);
    await exec('ip', ['-n', this.#namespace, 'link', 'set', inner, 'up']);
    await exec('ip', ['-n', this.#namespace, 'link', 'set', 'lo', 'up']);
    mkdirSync(this.#base, { recursive: true });
    this.#holder = spawn(
      'ip',
      [
        'netns',
        'exec',
        this.#namespace,
        'unshare',
        '--mount',
        '--uts',
        '--propagation',
        'private',
        '--',
        'sh',
        '-c',
        SETUP,
        'setup',
        this.#base,
        this.name,
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    await until(`${this.name} has its own root`, 10_000, async () => {
      const { stdout } = await this.run(['cat', '/proc/self/mountinfo']);
      return stdout.includes(' /var/lib/demarc-agent ');
    });
  }

  /** Runs one program on that machine, as root or as `user`. */
  run(argv: readonly string[], options: { readonly user?: string; readonly input?: string } = {}) {
    const [command = '', ...args] = this.#enter(argv, options.user);
    const running = exec(command, args, { maxBuffer: 64 * 1_048_576 });
    if (options.input !== undefined) running.child.stdin?.end(options.input);
    return running;
  }

  /** Starts a program there that goes on; its output goes to `log`. */
  launch(argv: readonly string[]): ChildProcess {
    const [command = '', ...args] = this.#enter(argv);
    return spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  #enter(argv: readonly string[], user?: string): readonly string[] {
    const pid = this.#holder?.pid;
    if (pid === undefined) throw new Error(`${this.name} is not running`);
    const as = user === undefined ? [] : ['runuser', '-u', user, '--'];
    return [
      'nsenter',
      '-t',
      String(pid),
      '--mount',
      '--uts',
      '--net',
      '--root',
      '--wd',
      '--',
      ...as,
      ...argv,
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#holder?.kill('SIGKILL');
    await removeNamespace(this.#namespace);
    rmSync(this.#base, { recursive: true, force: true });
  }
}

export interface Enrolled extends Disposable {
  readonly assetId: string;
  readonly agent: ChildProcess;
}

/** As a person does it: the one line that the platform prints, and then the agent. @param log what the agent says */
export async function enrol(platform: Platform, machine: Machine, log: string[]): Promise<Enrolled> {
  await until(
    'the agent package is offered',
    60_000,
    async () => (await platform.part('agent-package')).health.state === 'healthy',
  );
  const { command } = await platform.json<{ readonly command: string }>('enroll-token', 'create');
  await machine.run(['sh', '-c', command]);
  const agent = machine.launch(['demarc-agent', 'run']);
  agent.stdout?.on('data', (text: Buffer) => log.push(text.toString()));
  agent.stderr?.on('data', (text: Buffer) => log.push(text.toString()));
  let assetId = '';
  await until('the machine is online', 30_000, async () => {
    const assets = await platform.api<
      readonly { readonly assetId: string; readonly name: string; readonly state: string }[]
    >('GET', '/v1/tenants/local/assets');
    const found = assets.find(({ name, state }) => name === machine.name && state === 'online');
    assetId = found?.assetId ?? '';
    return found !== undefined;
  });
  return { assetId, agent, [Symbol.dispose]: () => void agent.kill('SIGKILL') };
}

/** A run that was killed leaves its network behind, with the very addresses that the next one is to have. */
async function removeOrphans(): Promise<void> {
  const { stdout } = await exec('ip', ['netns', 'list']);
  for (const [namespace, pid] of stdout.matchAll(/^dmc-(\d+)-\d+/gm))
    if (!existsSync(`/proc/${pid}`)) {
      await removeNamespace(namespace);
      await exec('ip', ['link', 'del', outerLink(Number(pid))]).catch(() => undefined);
    }
}

const outerLink = (pid: number): string => `dmo${pid % 100_000}`;

/** With the processes in it and its end of the veth pair, which mostly takes the other end along. */
async function removeNamespace(namespace: string): Promise<void> {
  const { stdout } = await exec('ip', ['netns', 'pids', namespace]).catch(() => ({ stdout: '' }));
  for (const pid of stdout.split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
  await exec('ip', ['netns', 'del', namespace]).catch(() => undefined);
}
