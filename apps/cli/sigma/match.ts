/** Rules over events: which match, one after the other as they are read, and what correlations find in the end. */
import { type BaseMatch, CorrelationEngine, linkCorrelations } from '@demarc/platform/sigma/correlation';
import type { CompiledRules } from '@demarc/siem/detection';
import { type ReadOptions, readEvents } from './events.ts';
import { timeOf } from './time.ts';

export interface MatchLine {
  /** Of a correlation, the event that decided it. */
  readonly event: number;
  readonly rule: string;
  readonly title: string;
  readonly level: string;
  /** Only of an event that was too much for the rules: what else matches is not known. */
  readonly incomplete?: true;
  /** Only of a correlation. */
  readonly group?: Readonly<Record<string, string>>;
  readonly events?: readonly number[];
}

export interface Matching {
  readonly events: number;
  readonly matches: number;
  /** Matches that a correlation looks at and that say no time. */
  readonly timeless: number;
}

const INCOMPLETE = 'evaluation-incomplete';
/** Matches for correlations, all held until the last event: nobody knows the order of a file. */
const COUNTED_MAX = 5_000_000;

export async function matchEvents(
  rules: CompiledRules,
  options: ReadOptions,
  onMatch: (line: MatchLine) => void,
): Promise<Matching> {
  const { correlations, fieldsWanted, silenced } = linkCorrelations(rules.correlations, rules.detections);
  const counted: BaseMatch[] = [];
  let events = 0;
  let matches = 0;
  let timeless = 0;
  const tell = (line: MatchLine): void => {
    matches += 1;
    onMatch(line);
  };
  for await (const { index, event } of readEvents(options)) {
    events += 1;
    const found = rules.engine.match(event);
    for (const place of found.rules) {
      const rule = rules.detections[place];
      if (rule === undefined) continue;
      const wanted = fieldsWanted.get(rule.id);
      const timeMs = wanted === undefined ? undefined : timeOf(event);
      if (wanted !== undefined && (timeMs === undefined || counted.length >= COUNTED_MAX)) timeless += 1;
      else if (timeMs !== undefined)
        counted.push({ ruleId: rule.id, eventUid: String(index), timeMs, fields: event.fields });
      if (!silenced.has(rule.id)) tell({ event: index, rule: rule.id, title: rule.title, level: rule.level });
    }
    if (!found.isWhole)
      tell({
        event: index,
        rule: INCOMPLETE,
        title: 'Evaluation incomplete',
        level: 'medium',
        incomplete: true,
      });
  }
  const byId = new Map(rules.correlations.map((rule) => [rule.id, rule]));
  const engine = new CorrelationEngine(correlations);
  counted.sort((a, b) => a.timeMs - b.timeMs);
  const found = [
    ...counted.flatMap((match) => [...engine.advance(match.timeMs), ...engine.add(match)]),
    ...engine.advance((counted.at(-1)?.timeMs ?? 0) + 2 * engine.keepMsMax + LATENESS_MS),
  ];
  for (const { ruleId, group, eventUids } of found) {
    const rule = byId.get(ruleId);
    if (rule === undefined || silenced.has(ruleId)) continue;
    const indexes = eventUids.map(Number).filter(Number.isInteger);
    tell({
      event: indexes.at(-1) ?? -1,
      rule: ruleId,
      title: rule.title,
      level: rule.level,
      group,
      events: indexes,
    });
  }
  return { events, matches, timeless };
}

/** More than any lateness that an engine waits for. */
const LATENESS_MS = 600_000;
