/** What several lines of one session say together: who it was, what failed, and whether it was let in at last. */
import type { Reading, SessionStep } from './decoders/define.ts';

/** The session seen longest ago is forgotten first. */
export const SESSIONS_MAX = 8_192;
/** Of one session; more say nothing new. */
const USERS_MAX = 16;
const LINES_MAX = 32;

interface Session {
  readonly users: Set<string>;
  readonly lines: number[];
  source: string | undefined;
  failures: number;
  /** Something failed before it was known of whom. */
  isPending: boolean;
}

export interface Told {
  readonly isMatch: boolean;
  readonly source: string | undefined;
  readonly user: string | undefined;
  /** Earlier lines of the session, by their numbers. */
  readonly related: readonly number[];
}

export class Sessions {
  readonly #sessions = new Map<string, Session>();
  #forgotten = 0;

  get size(): number {
    return this.#sessions.size;
  }

  /** Sessions that were given up for want of room, before they ended. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** @param counts whether this kind of sign counts by itself */
  tell(reading: Reading, { key, step }: SessionStep, line: number, counts: boolean): Told {
    const session = this.#of(key);
    const source = reading.fields['host'] ?? session.source;
    const { user } = reading.fields;
    if (source !== undefined) session.source = source;
    if (user !== undefined && session.users.size < USERS_MAX) session.users.add(user);
    const related = [...session.lines];
    if (session.lines.length < LINES_MAX) session.lines.push(line);
    const isMatch = step === 'fails' ? fails(session, counts) : judged(session, step, counts);
    if (step === 'succeeds' || step === 'closes') this.#sessions.delete(key);
    return { isMatch, source, user: user ?? soleOf(session.users), related };
  }

  #of(key: string): Session {
    const known = this.#sessions.get(key);
    // Seen again: it moves to the end of those that are forgotten.
    if (known !== undefined) this.#sessions.delete(key);
    else if (this.#sessions.size >= SESSIONS_MAX) {
      const [oldest] = this.#sessions.keys();
      if (oldest !== undefined) this.#sessions.delete(oldest);
      this.#forgotten += 1;
    }
    const session = known ?? { users: new Set(), lines: [], source: undefined, failures: 0, isPending: false };
    this.#sessions.set(key, session);
    return session;
  }
}

/** A failure counts at once when it is known whose it is; otherwise when that is known. */
function fails(session: Session, counts: boolean): boolean {
  session.failures += 1;
  if (!counts) return false;
  session.isPending = session.source === undefined;
  return !session.isPending;
}

function judged(session: Session, step: SessionStep['step'], counts: boolean): boolean {
  if (step === 'notes') session.failures += 1;
  // A success undoes failures of the same account, not those of others: that is how guessing is hidden.
  const isOfSeveral = session.users.size > 1 && session.failures > 0;
  if (step === 'notes') return isOfSeveral;
  if (step === 'succeeds') return isOfSeveral;
  const wasPending = session.isPending && session.source !== undefined;
  if (wasPending) session.isPending = false;
  return counts || wasPending;
}

function soleOf(users: ReadonlySet<string>): string | undefined {
  const [only] = users;
  return users.size === 1 ? only : undefined;
}
