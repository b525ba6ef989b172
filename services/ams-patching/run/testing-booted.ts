/**
 * For tests: a Debian system that is booted by systemd, in a container of its own, on a copy of this machine's files that
 * nothing outside sees (an overlay on a tmpfs). It can be rebooted, and keeps its files then.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { has } from './testing-tree.ts';

const run = promisify(execFile);
const NEEDED = ['systemd-nspawn', 'nsenter', 'unshare'].filter((program) => !has(program));
/** For `skip`: false where all is there. */
export const NO_SYSTEMD: string | false =
  NEEDED.length > 0
    ? `${NEEDED.join(', ')} missing (Debian: systemd-container): NOTHING WAS RESTARTED OR REBOOTED`
    : process.getuid?.() === 0
      ? false
      : 'not root: NOTHING WAS RESTARTED OR REBOOTED';

/**
 * Positional arguments only. Units of this machine, where it gets its packages from, and what people and their programs
 * keep on it are not this system's.
 */
const SETUP = `set -eu
base=$1 name=$2; shift 2
mount -t tmpfs tmpfs "$base"
mkdir "$base/upper" "$base/work" "$base/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
rm -rf "$base/root/etc/systemd/system" "$base/root/etc/apt/sources.list" "$base/root/etc/apt/sources.list.d"
mkdir -p "$base/root/etc/systemd/system/multi-user.target.wants" "$base/root/etc/apt/sources.list.d"
for path in "$base"/root/*; do
  case $(basename "$path") in bin|boot|dev|etc|lib*|proc|run|sbin|sys|tmp|usr|var) continue ;; esac
  [ -L "$path" ] || [ ! -d "$path" ] || mount -t tmpfs tmpfs "$path"
done
mount -t tmpfs tmpfs "$base/root/usr/local"
# 133: it is to be started again (systemd-nspawn(1), --keep-unit).
code=133
while [ "$code" = 133 ]; do
  code=0
  systemd-nspawn --quiet --machine "$name" --directory "$base/root" --register=no --keep-unit --private-network --boot "$@" || code=$?
done
exit "$code"
`;
const PATIENCE_MS = 120_000;

export class BootedSystem implements AsyncDisposable {
  readonly #base = mkdtempSync(join(tmpdir(), 'demarc-booted-'));
  readonly #name = basename(this.#base);
  #container: ChildProcess | undefined;
  #said = '';

  /** @param shown directories of this machine and where they are read there */
  async boot(shown: Readonly<Record<string, string>> = {}): Promise<void> {
    mkdirSync(this.#base, { recursive: true });
    const binds = Object.entries(shown).map(([from, to]) => `--bind-ro=${from}:${to}`);
    const container = spawn(
      'unshare',
      [
        '--mount',
        '--propagation',
        'private',
        '--',
        'sh',
        '-c',
        SETUP,
        'setup',
        this.#base,
        this.#name,
        ...binds,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [container.stdout, container.stderr])
      stream.on('data', (text: Buffer) => {
        this.#said = (this.#said + text.toString()).slice(-4_000);
      });
    this.#container = container;
    await this.#running();
  }

  /** Of process 1, seen from here; another one after a reboot. */
  get pid(): number {
    const { pid } = this.#container ?? {};
    const found = pid === undefined ? undefined : childrenOf(pid).flatMap(childrenOf).at(0);
    if (found === undefined) throw new Error(`the system is not running: ${this.#said}`);
    return found;
  }

  /** Runs one program there, as root. */
  run(argv: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
    return run(
      'nsenter',
      [
        `--target=${this.pid}`,
        '--mount',
        '--uts',
        '--ipc',
        '--net',
        '--pid',
        '--root',
        '--wd=/',
        '--',
        'env',
        '-i',
        'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
        'HOME=/root',
        'LANG=C.UTF-8',
        ...argv,
      ],
      { timeout: PATIENCE_MS, maxBuffer: 64 * 1_048_576 },
    );
  }

  async write(path: string, text: string): Promise<void> {
    const writing = this.run(['tee', path]) as ReturnType<typeof run>;
    writing.child.stdin?.end(text);
    await writing;
  }

  /** Waits until the process `before` is no longer its first one, and the next has started its services. */
  async rebooted(before: number): Promise<void> {
    await this.#until('it is rebooted', async () => this.pid !== before);
    await this.#running();
  }

  /** @param argv ends with 0 once it is so */
  until(what: string, argv: readonly string[]): Promise<void> {
    return this.#until(what, async () => {
      await this.run(argv);
      return true;
    });
  }

  #running(): Promise<void> {
    return this.#until('it has booted', async () => {
      const { stdout } = await this.run(['sh', '-c', 'systemctl is-system-running || :']);
      return /^(running|degraded)/.test(stdout);
    });
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    let last: unknown;
    while (Date.now() < deadline) {
      try {
        if (await holds()) return;
      } catch (error) {
        last = error;
      }
      await delay(200);
    }
    throw new Error(`gave up waiting until ${what}; it said ${this.#said}`, { cause: last });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const container = this.#container;
    if (container !== undefined && container.exitCode === null) {
      const ended = new Promise((resolve) => container.once('exit', resolve));
      // The loop first, that would start it again; without its starter no container stays.
      const starters = childrenOf(container.pid ?? -1);
      container.kill('SIGKILL');
      for (const pid of [...starters.flatMap(childrenOf), ...starters]) process.kill(pid, 'SIGKILL');
      await ended;
    }
    for (const left of [this.#base, join('/run/systemd/nspawn/propagate', this.#name)])
      rmSync(left, { recursive: true, force: true });
  }
}

/** @see proc_pid_stat(5): the fourth field is the parent's */
function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent ? [Number(name)] : [];
    } catch {
      // Gone meanwhile.
      return [];
    }
  });
}
