/** Every line of a log: what decoders read in it, and what rules find, one by one and over time. */

import { fileURLToPath } from 'node:url';
import {
  type Clock,
  DETECTIONS,
  type Inspected,
  Inspector,
  type Mode,
  toOcsf,
  toText,
} from '@demarc/host-intrusion-detection/logs';
import type { SigmaEvent } from '@demarc/platform/sigma';
import { type BaseMatch, CorrelationEngine, linkCorrelations } from '@demarc/platform/sigma/correlation';
import {
  type CompiledRules,
  compileHere,
  type EventView,
  eventView,
  normalise,
} from '@demarc/siem/detection';
import { readRulePath } from '../sigma/rule-files.ts';
import { readLines } from './read.ts';

export interface InspectLog {
  readonly file: string;
  readonly mode: Mode;
  readonly clock: Clock;
  readonly rules: readonly string[];
  readonly isMatchesOnly: boolean;
  write(line: object): void;
  complain(because: string): void;
}

export interface RuleMatch {
  readonly id: string;
  readonly title: string;
  readonly level: string;
  /** Only of a correlation: all lines that it is about. */
  readonly lines?: readonly number[];
}

interface Line {
  readonly said: Inspected;
  readonly rules: RuleMatch[];
}

export interface InspectedLog {
  readonly lines: number;
  readonly decoded: number;
  readonly matches: number;
  readonly findings: number;
}

/** Lines wait for correlations, which look back; of a longer log the first ones are told before those are known. */
const HELD_MAX = 500_000;
/** More than any lateness that a correlation waits for. */
const LATENESS_MS = 600_000;
/** The host that the log is of is not known here. */
const HOST = {
  assetId: 'log',
  hostname: 'localhost',
  machineId: 'log',
  os: { name: 'Linux', version: '', kernel: '', family: 'debian' as const },
};

export async function inspectLog(options: InspectLog): Promise<InspectedLog> {
  const { file, mode, clock, write, complain } = options;
  const compiled = await shipped(options.rules);
  for (const refused of compiled.refused)
    complain(`${refused.file}:${refused.line}: refused: ${refused.because}`);
  const rules = new Rules(compiled, (line) => held[line - 1 - told]);
  const inspector = new Inspector({ clock, mode });
  const view = eventView();
  const held: Line[] = [];
  let told = 0;
  const count = { lines: 0, decoded: 0, matches: 0, findings: 0 };
  const tell = (line: Line): void => {
    count.findings += line.rules.length;
    if (!options.isMatchesOnly || line.said.match || line.rules.length > 0)
      write(asJson(line, clock.timeZone));
  };
  for await (const text of readLines(file, () => complain('a line is too long and was passed over'))) {
    const said = inspector.inspect(text);
    count.lines += 1;
    if (said.decoder !== undefined) count.decoded += 1;
    if (said.match) count.matches += 1;
    const line: Line = { said, rules: [] };
    if (held.length >= HELD_MAX) {
      if (told === 0)
        complain(`of a log of more than ${HELD_MAX} lines, correlations are told of the last ones only`);
      for (const first of held.splice(0, HELD_MAX / 2)) tell(first);
      told += HELD_MAX / 2;
    }
    held.push(line);
    if (text.trim() !== '' && !text.startsWith('#')) rules.look(line, eventOf(view, text, said, file, clock));
  }
  rules.end();
  for (const line of held) tell(line);
  return count;
}

/** As our decoders read it; where none knows it, as the server would. */
function eventOf(view: EventView, text: string, said: Inspected, log: string, clock: Clock): SigmaEvent {
  const own = toOcsf(said, { log, text, readAtMs: clock.referenceMs }, HOST);
  const read = normalise(text, { uid: String(said.line), receivedAtMs: clock.referenceMs, peer: undefined });
  // The server's parsers know fewer programs, but of those they know they say more.
  const isKnownThere = read.parser !== undefined && read.parser !== 'syslog';
  return view.of((isKnownThere || own === undefined ? read.event : own) as Readonly<Record<string, unknown>>);
}

async function shipped(more: readonly string[]): Promise<CompiledRules> {
  const siem = fileURLToPath(new URL('./detections/', import.meta.resolve('@demarc/siem')));
  return compileHere(
    [siem, fileURLToPath(DETECTIONS), ...more].flatMap((path) => readRulePath(path)),
    undefined,
  );
}

class Rules {
  readonly #compiled: CompiledRules;
  readonly #lineOf: (line: number) => Line | undefined;
  readonly #linked: ReturnType<typeof linkCorrelations>;
  readonly #counted: BaseMatch[] = [];

  constructor(compiled: CompiledRules, lineOf: (line: number) => Line | undefined) {
    this.#compiled = compiled;
    this.#lineOf = lineOf;
    this.#linked = linkCorrelations(compiled.correlations, compiled.detections);
  }

  look(line: Line, event: SigmaEvent): void {
    for (const place of this.#compiled.engine.match(event).rules) {
      const rule = this.#compiled.detections[place];
      if (rule === undefined) continue;
      const { id, title, level } = rule;
      if (!this.#linked.silenced.has(id)) line.rules.push({ id, title, level });
      const { timeMs } = line.said;
      if (this.#linked.fieldsWanted.has(id) && timeMs !== undefined && this.#counted.length < HELD_MAX)
        this.#counted.push({ ruleId: id, eventUid: String(line.said.line), timeMs, fields: event.fields });
    }
  }

  /** Correlations look at lines in the order of their times, and are told of the line that decides them. */
  end(): void {
    const byId = new Map(this.#compiled.correlations.map((rule) => [rule.id, rule]));
    const engine = new CorrelationEngine(this.#linked.correlations);
    this.#counted.sort((a, b) => a.timeMs - b.timeMs);
    const last = (this.#counted.at(-1)?.timeMs ?? 0) + 2 * engine.keepMsMax + LATENESS_MS;
    const found = [
      ...this.#counted.flatMap((match) => [...engine.advance(match.timeMs), ...engine.add(match)]),
      ...engine.advance(last),
    ];
    for (const { ruleId, eventUids } of found) {
      const rule = byId.get(ruleId);
      const lines = eventUids.map(Number);
      const decided = this.#lineOf(lines.at(-1) ?? 0);
      if (rule !== undefined && decided !== undefined && !this.#linked.silenced.has(ruleId))
        decided.rules.push({ id: rule.id, title: rule.title, level: rule.level, lines });
    }
  }
}

/** Nothing is left out: what a line does not say is null, so that every line has the same keys. */
function asJson({ said, rules }: Line, timeZone: string): object {
  const { host: _host, user: _user, ...fields } = said.fields;
  return {
    line: said.line,
    decoder: said.decoder ?? null,
    match: said.match,
    outcome: said.outcome ?? null,
    sign: said.sign,
    time: said.timeMs === undefined ? null : toText(said.timeMs, timeZone),
    host: said.source ?? null,
    user: said.user ?? null,
    protocol: said.protocol ?? null,
    log_host: said.hostName ?? null,
    program: said.program ?? null,
    pid: said.pid ?? null,
    session: said.session ?? null,
    related: said.related,
    fields,
    rules,
  };
}

/** For people: a line a line, what counts first. */
export function describe(line: object): string {
  const {
    line: number,
    match,
    decoder,
    outcome,
    host,
    user,
    time,
    rules,
  } = line as ReturnType<typeof asJson> & {
    readonly line: number;
    readonly match: boolean;
    readonly decoder: string | null;
    readonly outcome: string | null;
    readonly host: string | null;
    readonly user: string | null;
    readonly time: string | null;
    readonly rules: readonly RuleMatch[];
  };
  const named = rules.map(({ title, level }) => `${level}: ${title}`).join('; ');
  return [
    number,
    match ? 'MATCH' : '-',
    time ?? '-',
    decoder ?? '-',
    outcome ?? '-',
    host ?? '-',
    user ?? '-',
    named,
  ]
    .join('\t')
    .trimEnd();
}
