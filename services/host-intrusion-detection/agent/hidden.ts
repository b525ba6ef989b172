/**
 * Processes that answer, and are in no list: what a rootkit hides from `readdir`, it seldom hides from signals.
 *
 * @see kill(2), signal 0
 */
import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { listProcesses } from './proc.ts';

const kill = koffi.load('libc.so.6').func('int kill(int, int)') as (pid: number, signal: number) => number;
/** EPERM: it is there, and not ours to signal. */
const EPERM = 1;
/**
 * Of one look; the next one goes on. At up to 4 µs each (on a small virtual machine) it takes 4 ms: meanwhile nobody looks
 * at programs that start, and one that ended by then would go unseen.
 */
const PIDS_PER_LOOK = 1_024;
/** In the time of one inspection: numbers up to 32,768, as small machines have them, are all looked at. */
export const LOOKS_PER_INSPECTION = 32;
const PID_MAX_FILE = '/proc/sys/kernel/pid_max';
/** Told once each; more are the same story. */
const TOLD_MAX = 256;

export class HiddenProcesses {
  #next = 1;
  /** Seen hidden once: they count when they are hidden the next time too. */
  #suspects: readonly number[] = [];
  readonly #told = new Set<number>();
  readonly #list: () => readonly number[];

  /** @param list of what is to be seen; passed in so that a test can hide some */
  constructor(list: () => readonly number[] = listProcesses) {
    this.#list = list;
  }

  /** @returns those that are hidden at two looks one after the other */
  look(): readonly number[] {
    const listed = new Set(this.#list());
    const still = this.#suspects.filter((pid) => this.#isHidden(pid, listed) && !this.#told.has(pid));
    if (this.#told.size + still.length > TOLD_MAX) this.#told.clear();
    for (const pid of still) this.#told.add(pid);
    this.#suspects = this.#candidates(listed);
    return still;
  }

  #candidates(listed: ReadonlySet<number>): readonly number[] {
    const end = pidMax();
    const found: number[] = [];
    for (let looked = 0; looked < Math.min(PIDS_PER_LOOK, end); looked += 1) {
      if (this.#next > end) this.#next = 1;
      const pid = this.#next++;
      if (!listed.has(pid) && this.#isHidden(pid, listed)) found.push(pid);
    }
    if (found.length === 0) return found;
    // It may have begun after the list was made.
    const again = new Set(this.#list());
    const hidden = found.filter((pid) => this.#isHidden(pid, again));
    // What is looked at next time begins with them.
    return hidden;
  }

  #isHidden(pid: number, listed: ReadonlySet<number>): boolean {
    if (listed.has(pid)) return false;
    if (kill(pid, 0) !== 0 && koffi.errno() !== EPERM) return false;
    return !isThread(pid);
  }
}

/** Threads answer to their number too, and are listed below their process. */
function isThread(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^Tgid:\s+(\d+)/m.exec(status)?.[1]) !== pid;
  } catch {
    // Answers to signals and has no entry at all: hidden, or gone in this moment. The second look tells.
    return false;
  }
}

function pidMax(): number {
  return Number(readFileSync(PID_MAX_FILE, 'utf8'));
}
