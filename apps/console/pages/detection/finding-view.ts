/** A finding as the page shows it: read from the OCSF Detection Finding, which holds what it holds. Pure. */
import type { RuleLevel } from '@demarc/platform/contract/detection';
import { type Attack, attacksIn } from './attack-view.ts';
import { type JsonObject, listAt, numberAt, objectAt, textAt } from './json.ts';

export interface SeenValue {
  readonly field: string | null;
  readonly value: string | number | boolean | null;
}

/** Of a correlation: whose events were counted together, how many, from when to when. */
export interface Together {
  readonly group: readonly (readonly [field: string, value: string])[];
  readonly count: number | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

export interface Finding {
  /** Of the event that the finding is. */
  readonly uid: string;
  readonly atMs: number;
  readonly level: RuleLevel | undefined;
  readonly title: string;
  readonly ruleId: string;
  readonly host: string;
  readonly message: string;
  readonly attacks: readonly Attack[];
  readonly matched: readonly SeenValue[];
  readonly eventUids: readonly string[];
  readonly together: Together | undefined;
}

/** OCSF `severity_id` 1 to 5; what is unknown or beyond has no level of Sigma's. */
const LEVEL_OF: Readonly<Record<number, RuleLevel>> = {
  1: 'informational',
  2: 'low',
  3: 'medium',
  4: 'high',
  5: 'critical',
};

export function findingOf(record: JsonObject): Finding {
  const info = objectAt(record, 'finding_info');
  const evidences = listAt(record, 'evidences');
  return {
    uid: textAt(record, 'metadata.uid') ?? '',
    atMs: numberAt(record, 'time') ?? 0,
    level: LEVEL_OF[numberAt(record, 'severity_id') ?? 0],
    title: textAt(info, 'title') ?? textAt(info, 'analytic.name') ?? '',
    ruleId: textAt(info, 'analytic.uid') ?? '',
    host: textAt(record, 'device.hostname') ?? '',
    message: textAt(record, 'message') ?? '',
    attacks: attacksIn(listAt(info, 'attacks')),
    matched: evidences.flatMap((evidence) => listAt(objectAt(evidence, 'data'), 'matched').flatMap(seenOf)),
    eventUids: listAt(info, 'related_events').flatMap((event) => textAt(event, 'uid') ?? []),
    together: togetherOf(record, evidences),
  };
}

function seenOf(matched: JsonObject): readonly SeenValue[] {
  const { field, value } = matched;
  const isValue = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  if (!isValue || (field !== null && typeof field !== 'string')) return [];
  return [{ field, value: value as SeenValue['value'] }];
}

function togetherOf(record: JsonObject, evidences: readonly JsonObject[]): Together | undefined {
  const found = evidences.map((evidence) => objectAt(evidence, 'data')).find((data) => 'group' in data);
  const count = numberAt(record, 'count');
  const fromMs = numberAt(record, 'start_time');
  const toMs = numberAt(record, 'end_time');
  if (found === undefined && count === undefined && fromMs === undefined) return undefined;
  return {
    group: Object.entries(objectAt(found ?? {}, 'group')).map(([field, value]) => [field, String(value)]),
    count,
    fromMs,
    toMs,
  };
}

/** Longer values are cut: it is a sentence. */
const VALUE_CHARACTERS_MAX = 120;
const VALUES_MAX = 3;
const MESSAGE_CHARACTERS_MAX = 500;

/** What happened, in one sentence: who, where, by what; without an instant, which the reader's zone decides. */
export function sentenceOf(finding: Finding): string {
  const where = finding.host === '' ? '' : ` on ${finding.host}`;
  const { together } = finding;
  if (together !== undefined) {
    const count = together.count ?? finding.eventUids.length;
    const seconds = Math.ceil(((together.toMs ?? 0) - (together.fromMs ?? 0)) / 1_000);
    const of = together.group.map(([field, value]) => `${field} ${cut(value)}`).join(', ');
    const within = seconds > 0 ? ` within ${spanOf(seconds)}` : '';
    return `${finding.title}${where}: ${count} events${within}${of === '' ? '' : `, of ${of}`}.`;
  }
  const seen = finding.matched
    .slice(0, VALUES_MAX)
    .map(({ field, value }) => `${field ?? 'the event'} has “${cut(String(value))}”`);
  const more = finding.matched.length - seen.length;
  const because =
    seen.length === 0
      ? 'the event has what the rule looks for'
      : seen.join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `${finding.title}${where}: ${because}.`;
}

/**
 * What the event says of itself: the server puts the rule's title before it. Of an event without words of its own,
 * what matched.
 */
export function eventSays({ title, message, matched }: Finding): string {
  if (message.startsWith(`${title}: `)) return message.slice(title.length + 2);
  const [first] = matched;
  if (message !== title || first === undefined) return message;
  return `${first.field ?? 'somewhere'}: ${cut(String(first.value), MESSAGE_CHARACTERS_MAX)}`;
}

export function cut(text: string, charactersMax: number = VALUE_CHARACTERS_MAX): string {
  return text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text;
}

/** `90 s`, `5 min`, `2 h`, `3 days`. */
export function spanOf(seconds: number): string {
  if (seconds <= 120) return `${seconds} s`;
  if (seconds <= 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds <= 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
