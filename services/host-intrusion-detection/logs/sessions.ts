/** What several lines of one session say together: who it was, what failed, and whether it was let in at last. */
import type { Outcome, Reading, SessionStep } from './decoders/define.ts';

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
  /** What failed before it was known of whom. */
  pending: Outcome | undefined;
}

export interface Told {
  readonly isMatch: boolean;
  /** Of what failed before, where this line only says of whom. */
  readonly outcome: Outcome;
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
    const pending = source === undefined ? undefined : session.pending;
    const isMatch =
      step === 'fails' ? fails(session, reading.outcome, counts) : judged(session, step, counts);
    if (step === 'succeeds' || step === 'closes') this.#sessions.delete(key);
    return {
      isMatch,
      outcome: step === 'closes' ? (pending ?? reading.outcome) : reading.outcome,
      source,
      user: user ?? soleOf(session.users),
      related,
    };
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
    const session = known ?? {
      users: new Set(),
      lines: [],
      source: undefined,
      failures: 0,
      pending: undefined,
    };
    this.#sessions.set(key, session);
    return session;
  }
}

/** A failure counts at once when it is known whose it is; otherwise when that is known. */
function fails(session: Session, outcome: Outcome, counts: boolean): boolean {
  session.failures += 1;
  if (!counts) return false;
  session.pending = session.source === undefined ? outcome : undefined;
  return session.pending === undefined;
}

function judged(session: Session, step: SessionStep['step'], counts: boolean): boolean {
  if (step === 'notes') session.failures += 1;
  // A success undoes failures of the same account, not those of others: that is how guessing is hidden.
  const isOfSeveral = session.users.size > 1 && session.failures > 0;
  if (step === 'notes') return isOfSeveral;
  if (step === 'succeeds') return isOfSeveral;
  const wasPending = session.pending !== undefined && session.source !== undefined;
  return counts || wasPending;
}

function soleOf(users: ReadonlySet<string>): string | undefined {
  const [only] = users;
  return users.size === 1 ? only : undefined;
}
