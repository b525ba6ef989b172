/**
 * One line of a log after another, and what each says: by itself, and together with those before it.
 *
 * Pure but for what it remembers, which is bounded: of sessions (`sessions.ts`), and the time of the last line
 * that told one, which is the time of lines that belong to it.
 */
import { decode, isKnownProgram } from './decoders/all.ts';
import type { Outcome } from './decoders/define.ts';
import { headerOf } from './header.ts';
import { type Clock, instantOf } from './instant.ts';
import { countsIn, type Mode } from './mode.ts';
import { Sessions } from './sessions.ts';
import type { Fields } from './shape.ts';
import type { Sign } from './sign.ts';
import { timestampAt } from './timestamp.ts';

/** What stands behind is not looked at; no program writes so much in one line, but who attacks it may. */
export const LINE_CHARACTERS_MAX = 65_536;

export interface Inspected {
  /** From 1. */
  readonly line: number;
  readonly decoder: string | undefined;
  /** Milliseconds since the epoch; of lines without a time, that of the line they follow. */
  readonly timeMs: number | undefined;
  readonly isTimeInherited: boolean;
  /** The machine that wrote it. */
  readonly hostName: string | undefined;
  readonly program: string | undefined;
  readonly pid: number | undefined;
  readonly protocol: string | undefined;
  /** From where it came: an address, or a name where the program logs names. */
  readonly source: string | undefined;
  readonly user: string | undefined;
  readonly outcome: Outcome | undefined;
  readonly sign: Sign;
  /** Counts as a sign of an attack in the mode that was asked for. */
  readonly match: boolean;
  /** The same for all lines of a session. */
  readonly session: string | undefined;
  /** Earlier lines of the session. */
  readonly related: readonly number[];
  /** All that the decoder found, by its names. */
  readonly fields: Fields;
  /** Longer than is looked at. */
  readonly isCut: boolean;
}

export interface InspectorOptions {
  readonly clock: Clock;
  readonly mode: Mode;
}

export class Inspector {
  readonly sessions = new Sessions();
  readonly #clock: Clock;
  readonly #mode: Mode;
  #line = 0;
  #lastMs: number | undefined;

  constructor({ clock, mode }: InspectorOptions) {
    this.#clock = clock;
    this.#mode = mode;
  }

  inspect(whole: string): Inspected {
    this.#line += 1;
    const isCut = whole.length > LINE_CHARACTERS_MAX;
    const line = plain(isCut ? whole.slice(0, LINE_CHARACTERS_MAX) : whole);
    if (line === '' || line.startsWith('#')) return this.#nothing(isCut);
    const { timestamp, hostName, program, pid, from, restFrom } = headerOf(line, isKnownProgram);
    const own = timestamp === undefined ? undefined : instantOf(timestamp, this.#clock);
    if (own !== undefined) this.#lastMs = own;
    const message = innerMessage(line, from);
    const decoded = decode(message, {
      line,
      rest: from === restFrom ? message : line.slice(restFrom),
      program,
      pid,
      hostName,
    });
    const counts = decoded !== undefined && countsIn(this.#mode, decoded.sign);
    const told =
      decoded?.session === undefined
        ? undefined
        : this.sessions.tell(decoded, decoded.session, this.#line, counts);
    const fields = decoded?.fields ?? NO_FIELDS;
    const user = told?.user ?? fields['user'];
    return {
      line: this.#line,
      decoder: decoded?.decoder.name,
      timeMs: this.#lastMs,
      isTimeInherited: own === undefined,
      hostName,
      program,
      pid,
      protocol: decoded?.decoder.protocol,
      source: told?.source ?? fields['host'],
      user: user?.trim(),
      outcome: told?.outcome ?? decoded?.outcome,
      sign: decoded?.sign ?? 'none',
      match: told?.isMatch ?? counts,
      session: decoded?.session?.key,
      related: told?.related ?? [],
      fields,
      isCut,
    };
  }

  #nothing(isCut: boolean): Inspected {
    return { ...NOTHING, line: this.#line, isCut };
  }
}

const NO_FIELDS: Fields = {};
const NOTHING: Inspected = {
  line: 0,
  decoder: undefined,
  timeMs: undefined,
  isTimeInherited: false,
  hostName: undefined,
  program: undefined,
  pid: undefined,
  protocol: undefined,
  source: undefined,
  user: undefined,
  outcome: undefined,
  sign: 'none',
  match: false,
  session: undefined,
  related: [],
  fields: {},
  isCut: false,
};

/** Without the mark of its encoding, and without what is blank at its end. */
function plain(text: string): string {
  return (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).trimEnd();
}

/** A few things that a program may write before its message, though the header said them already. */
const PREFIXES_MAX = 4;

function innerMessage(line: string, from: number): string {
  let at = from;
  for (let times = 0; times < PREFIXES_MAX; times += 1) {
    const next = afterPrefix(line, at);
    if (next === at) break;
    at = next;
  }
  return line.slice(at);
}

/** Its own process, `kernel: [  970.699397]`, Solaris' `[ID 800047 auth.notice]`, its own time, or a share of load. */
const PREFIX =
  /(?:\[ID \d{1,10} [\w.]{1,32}\] |kernel: ?\[ {0,8}\d{1,10}\.\d{1,9}\]:? |\[\d{1,10}\] |\d{1,3}\.\d{1,3}% )/y;

function afterPrefix(line: string, at: number): number {
  PREFIX.lastIndex = at;
  if (PREFIX.test(line)) return PREFIX.lastIndex;
  if (at === 0) return at;
  const time = timestampAt(line, at);
  if (time === undefined || time.isEpoch) return at;
  let end = time.end;
  while (line[end] === ' ' || line[end] === ':') end += 1;
  return end;
}
