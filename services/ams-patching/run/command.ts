/** Runs a program without a shell: fixed environment, bounded time, bounded output. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Call {
  readonly argv: readonly [string, ...string[]];
  /** Added to the fixed environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Descriptors of locks that live on with the program when we die. It must close them for what it starts itself. */
  readonly keeps?: readonly number[];
}

export interface Ran {
  /** Null when it was killed or never started. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It said more than is kept: a list in it is not whole. */
  readonly isCut?: boolean;
  /** Why there is no exit status: no such program, out of time, killed by whom. */
  readonly because?: string;
}

export type Execute = (call: Call, timeoutMs: number) => Promise<Ran>;

/** At each end of each stream; a list of 20,000 installed packages has 1.5 MiB. */
const HALF_BYTES_MAX = 8_388_608;
/** Between asking a program to end and ending it. */
const GRACE_MS = 10_000;
/** A daemon that a maintainer script started may keep the pipe open for ever. */
const DRAIN_MS = 1_000;
/** Between two looks at whether all of a group have ended, and how long those that were killed may take to go. */
const LOOK_MS = 50;
const KILLED_MS_MAX = 1_000;
/** A timer that is set for longer ends at once. @see setTimeout of Node */
const TIMER_MS_MAX = 2_147_483_647;

/** Nothing of our own environment: it would be part of the result. @see apt.conf(5), needrestart(1), ucf(1) */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C',
  LANG: 'C',
  TZ: 'UTC',
  DEBIAN_FRONTEND: 'noninteractive',
  DEBIAN_PRIORITY: 'critical',
  APT_LISTCHANGES_FRONTEND: 'none',
  // Only what the job allows is restarted, and by us.
  NEEDRESTART_SUSPEND: '1',
  NEEDRESTART_MODE: 'l',
  UCF_FORCE_CONFFOLD: '1',
};

export const execute: Execute = async ({ argv, env = {}, keeps = [] }, timeoutMs) => {
  const [file, ...args] = argv;
  if (timeoutMs <= 0) return { code: null, stdout: '', stderr: '', because: 'no time was left for it' };
  const child = spawn(file, args, {
    env: { ...ENVIRONMENT, ...env },
    cwd: '/',
    // A group of its own: what it started is ended with it when its time is over.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...keeps],
  });
  const [stdout, stderr] = [new Bounded(), new Bounded()];
  child.stdout?.on('data', (chunk: Buffer) => stdout.add(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk));
  const ended = await endOf(child, Math.min(timeoutMs, TIMER_MS_MAX));
  const isCut = stdout.isCut || stderr.isCut;
  return { ...ended, stdout: stdout.text(), stderr: stderr.text(), ...(isCut ? { isCut } : {}) };
};

type Ended = Pick<Ran, 'code' | 'because'>;

function endOf(child: ChildProcess, timeoutMs: number): Promise<Ended> {
  return new Promise((resolve) => {
    let group: Promise<void> | undefined;
    const timers: NodeJS.Timeout[] = [];
    const settle = (ended: Ended): void => {
      for (const timer of timers) clearTimeout(timer);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(ended);
    };
    const end = (): void => {
      group = endGroup(child);
    };
    timers.push(setTimeout(end, timeoutMs));
    child.once('error', (error) => settle({ code: null, because: error.message }));
    child.once('exit', (code, signal) => {
      if (group !== undefined) {
        const because = `it was ended after ${Math.round(timeoutMs / 1_000)} s`;
        // Who leads the group may go at once while a script of a package works on: not before all have gone.
        void group.then(() => settle({ code: null, because }));
        return;
      }
      const ended = { code, ...(signal === null ? {} : { because: `it was killed (${signal})` }) };
      child.once('close', () => settle(ended));
      timers.push(setTimeout(() => settle(ended), DRAIN_MS));
      // From here on its time is not over any more.
      clearTimeout(timers[0]);
    });
  });
}

/** All of the group are asked to end, and ended when they do not. */
async function endGroup(child: ChildProcess): Promise<void> {
  signalGroup(child, 'SIGTERM');
  if (await isEmpty(child, GRACE_MS)) return;
  signalGroup(child, 'SIGKILL');
  // Who hangs in the kernel is not waited for; nor is who has ended where nobody collects the dead.
  await isEmpty(child, KILLED_MS_MAX);
}

async function isEmpty(child: ChildProcess, waitMs: number): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  while (signalGroup(child, 0)) {
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}

/** @returns whether there is anybody in it */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** The beginning and the end of what is too long. */
class Bounded {
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  readonly #tail: Buffer[] = [];
  #tailBytes = 0;
  #left = 0;

  add(chunk: Buffer): void {
    const room = HALF_BYTES_MAX - this.#headBytes;
    if (room > 0) {
      this.#head.push(chunk.subarray(0, room));
      this.#headBytes += Math.min(room, chunk.length);
    }
    if (chunk.length <= room) return;
    const rest = chunk.subarray(Math.max(0, room));
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    while (this.#tailBytes - (this.#tail[0]?.length ?? 0) > HALF_BYTES_MAX) {
      const dropped = this.#tail.shift()?.length ?? 0;
      this.#tailBytes -= dropped;
      this.#left += dropped;
    }
  }

  get isCut(): boolean {
    return this.#left > 0;
  }

  text(): string {
    const cut = this.isCut ? `\n[${this.#left} bytes left out]\n` : '';
    return `${Buffer.concat(this.#head).toString('utf8')}${cut}${Buffer.concat(this.#tail).toString('utf8')}`;
  }
}

/** After a line that only announces what is wrong, so many tell it. */
const FOLLOWING_MAX = 4;

/** The last line that says what is wrong, for people. */
export function complaintOf({ code, stdout, stderr, because }: Ran): string {
  if (because !== undefined) return because;
  const lines = `${stdout}\n${stderr}`
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const at = lines.findLastIndex((line) => /^(E:|W: Failed|Err:|Error|ERROR|error:|dpkg: error)/.test(line));
  const line = lines[at] ?? lines.at(-1) ?? 'it said nothing';
  const said = line.endsWith(':') ? [line, ...lines.slice(at + 1, at + 1 + FOLLOWING_MAX)].join(' ') : line;
  return `exit status ${code}: ${said.slice(0, 500)}`;
}
