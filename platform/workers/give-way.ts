/** Work that can wait does: it must slow neither what a machine is for, nor what notices an attack on it. */
import { readFileSync } from 'node:fs';
import { availableParallelism, getPriority, setPriority } from 'node:os';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';

/** The lowest there is (`setpriority(2)`): a share of a processor as long as somebody else wants it, all of it otherwise. */
const NICENESS = 19;

/**
 * Called first, by a thread or a program for itself: on Linux it counts for the thread that calls and for what that
 * starts afterwards. There is no way back without privileges.
 */
export function giveWay(): void {
  if (getPriority() < NICENESS) setPriority(NICENESS);
}

/** Its fourth field: tasks that run or want to, this one among them, of all tasks (`proc_loadavg(5)`). */
const LOADAVG = '/proc/loadavg';
/** A quarter of a processor is left to who takes turns with others. */
const PAUSE_PER_WORK = 3;
const PAUSE_MS_MAX = 50;

/**
 * Gives way slice by slice, for work that shares its thread with what must not wait. Where more want a processor than
 * there are, the work rests three times as long as its slice took, 50 ms at most, and the thread stays as ready as any for
 * the rest.
 * Where nobody waits it only gives the other tasks of the thread their turn.
 */
export class Turns {
  #sinceMs = performance.now();

  /** After each slice of some milliseconds. */
  async next(): Promise<void> {
    const tookMs = performance.now() - this.#sinceMs;
    if (wanting() > availableParallelism()) await pause(Math.min(PAUSE_MS_MAX, tookMs * PAUSE_PER_WORK));
    else await turn();
    this.#sinceMs = performance.now();
  }
}

/** One where the kernel does not say: then nobody is seen waiting. */
function wanting(): number {
  try {
    return Number(/ (\d+)\//.exec(readFileSync(LOADAVG, 'latin1'))?.[1] ?? 1);
  } catch {
    return 1;
  }
}
