/**
 * Ends a process and all it started. No process of another name is ever hit: signals go through a descriptor of the
 * process (pidfd), which is taken before its start is compared, so that a number that is used again changes nothing.
 *
 * @see pidfd_open(2), pidfd_send_signal(2), Linux 5.3
 */
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import koffi from 'koffi';
import { isZombie, parents, startedAtMs } from './proc.ts';

const syscall = koffi
  .load('libc.so.6')
  .func('int64_t syscall(int64_t, int64_t, int64_t, uintptr_t, int64_t)') as (
  number: number,
  one: number,
  two: number,
  three: number,
  four: number,
) => number | bigint;

/** The same numbers on all machines: they are newer than the numbers that differ. */
const PIDFD_SEND_SIGNAL = 424;
const PIDFD_OPEN = 434;
const SIGSTOP = 19;
const SIGKILL = 9;
/** The kernel counts starts in hundredths of a second, from a boot whose time is known to a second. */
const START_DIFFERENCE_MS_MAX = 1_500;
/** Who forks faster than it is stopped is met in the next round. */
const ROUNDS_MAX = 32;
const TREE_MAX = 4_096;
const ENDED_MS_MAX = 2_000;

export type Killed =
  | { readonly outcome: 'done'; readonly processes: number; readonly because: string }
  | { readonly outcome: 'refused'; readonly because: string };

export async function killTree(pid: number, startMs: number, own: number = process.pid): Promise<Killed> {
  const refuse = (because: string): Killed => ({ outcome: 'refused', because });
  if (pid <= 1) return refuse('process 1 is the machine itself');
  const started = startedAtMs(pid);
  if (started === undefined) return { outcome: 'done', processes: 0, because: 'it had ended already' };
  if (Math.abs(started - startMs) > START_DIFFERENCE_MS_MAX)
    return refuse(`process ${pid} is another one by now: it began at ${new Date(started).toISOString()}`);
  if (ancestors(own).has(pid)) return refuse('the agent itself is part of that tree');
  const stopped = new Map<number, number>();
  try {
    stopAll(pid, started, stopped);
    if (!stopped.has(pid)) return { outcome: 'done', processes: 0, because: 'it had ended already' };
    // Youngest first: nobody is left to be told that a child has ended.
    const order = [...stopped].reverse();
    for (const [, fd] of order) signal(fd, SIGKILL);
    const left = await untilGone(order.map(([one]) => one));
    if (left > 0) return refuse(`${left} of ${stopped.size} processes do not end: the kernel holds them`);
    return { outcome: 'done', processes: stopped.size, because: `${stopped.size} processes ended` };
  } finally {
    for (const fd of stopped.values()) closeSync(fd);
  }
}

/** Parents before children, until a round finds nobody new. */
function stopAll(pid: number, started: number, stopped: Map<number, number>): void {
  if (!stop(pid, started, stopped)) return;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    let isNew = false;
    for (const [child, parent] of parents()) {
      if (stopped.has(child) || !stopped.has(parent) || stopped.size >= TREE_MAX) continue;
      const startOfChild = startedAtMs(child);
      if (startOfChild !== undefined && stop(child, startOfChild, stopped)) isNew = true;
    }
    if (!isNew) return;
  }
}

function stop(pid: number, started: number, stopped: Map<number, number>): boolean {
  const fd = Number(syscall(PIDFD_OPEN, pid, 0, 0, 0));
  if (fd < 0) return false;
  if (startedAtMs(pid) !== started || !signal(fd, SIGSTOP)) {
    closeSync(fd);
    return false;
  }
  stopped.set(pid, fd);
  return true;
}

function signal(fd: number, number: number): boolean {
  return Number(syscall(PIDFD_SEND_SIGNAL, fd, number, 0, 0)) === 0;
}

async function untilGone(pids: readonly number[]): Promise<number> {
  const endMs = performance.now() + ENDED_MS_MAX;
  const begun = new Map(pids.map((pid) => [pid, startedAtMs(pid)]));
  for (;;) {
    const left = pids.filter((pid) => isRunning(pid, begun.get(pid)));
    if (left.length === 0 || performance.now() > endMs) return left.length;
    await delay(10);
  }
}

function isRunning(pid: number, began: number | undefined): boolean {
  return began !== undefined && startedAtMs(pid) === began && !isZombie(pid);
}

function ancestors(pid: number): ReadonlySet<number> {
  const all = parents();
  const found = new Set<number>();
  for (let at: number | undefined = pid; at !== undefined && at > 0 && !found.has(at); at = all.get(at))
    found.add(at);
  return found;
}
