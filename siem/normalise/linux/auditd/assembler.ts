/**
 * Puts the records of one audit event together: the kernel writes several (`SYSCALL`, `EXECVE`, `PATH`, …),
 * each on a line, with the same time and serial number; those of other events may stand between them.
 *
 * Bounded in events, records and characters; what exceeds a bound is handed on as it is so far, never lost.
 */
import { parseAuditRecord } from './record.ts';

export interface AssemblerBounds {
  /** Events that wait for more records at once. */
  readonly eventsMax: number;
  readonly recordsMax: number;
  readonly charactersMax: number;
  /** By the records' own clock: an event this much older than the newest record has no more to come. */
  readonly waitMs: number;
}

/** auparse waits two seconds as well; `PATH` records of one call seldom exceed a dozen. */
const BOUNDS: AssemblerBounds = { eventsMax: 1_024, recordsMax: 512, charactersMax: 131_072, waitMs: 2_000 };

/** The last record of a call. */
const LAST: ReadonlySet<string> = new Set(['PROCTITLE', 'EOE']);

interface Waiting {
  lines: string[];
  characters: number;
  readonly timeMs: number;
}

export class AuditAssembler {
  readonly #bounds: AssemblerBounds;
  /** In order of their first record. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(bounds: Partial<AssemblerBounds> = {}) {
    this.#bounds = { ...BOUNDS, ...bounds };
  }

  /**
   * @param line one record; a line that is none is an event of its own
   * @returns events that are whole now, each the lines of its records
   */
  push(line: string): string[] {
    const record = parseAuditRecord(line);
    if (record === undefined) return [line];
    const { eventsMax, recordsMax, charactersMax, waitMs } = this.#bounds;
    const key = `${record.node ?? ''} ${record.id}`;
    const whole: string[] = [];
    const waiting = this.#waiting.get(key);
    if (waiting === undefined && isSingle(record.type)) return [line];
    const timeMs = record.timeMs ?? 0;
    const event = waiting ?? { lines: [], characters: 0, timeMs };
    event.lines.push(line);
    event.characters += line.length + 1;
    if (LAST.has(record.type) || event.lines.length >= recordsMax || event.characters >= charactersMax) {
      this.#waiting.delete(key);
      whole.push(event.lines.join('\n'));
    } else if (waiting === undefined) this.#waiting.set(key, event);
    for (const [oldKey, old] of this.#waiting) {
      if (old.timeMs >= timeMs - waitMs && this.#waiting.size <= eventsMax) break;
      this.#waiting.delete(oldKey);
      whole.push(old.lines.join('\n'));
    }
    return whole;
  }

  /** What still waits, for the end of a file or a pause. */
  flush(): string[] {
    const whole = [...this.#waiting.values()].map(({ lines }) => lines.join('\n'));
    this.#waiting.clear();
    return whole;
  }
}

/** Messages of programs (types 1100 to 1299, 2000 and above) come alone. */
function isSingle(type: string): boolean {
  return (
    type.startsWith('USER_') ||
    type.startsWith('CRED_') ||
    type.startsWith('SERVICE_') ||
    type.startsWith('DAEMON_') ||
    type.startsWith('ADD_') ||
    type.startsWith('DEL_') ||
    type.startsWith('GRP_') ||
    type.startsWith('ACCT_') ||
    type.startsWith('SYSTEM_')
  );
}
