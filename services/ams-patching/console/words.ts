/** What the pages say: pure, so that it is tested without a browser. */
import type {
  Calendar,
  JobRow,
  JobsPage,
  PlannedWork,
  Scope,
  ShownPlan,
  ShownWindow,
  WhatIfReply,
} from '../api.ts';
import { clockIn } from './zone-days.ts';

export const DECISION_WORDS: Readonly<Record<PlannedWork['decision'], string>> = {
  immediate: 'Immediate',
  'out-of-cycle': 'Out of cycle',
  scheduled: 'Scheduled',
  defer: 'Defer',
};

export const JOB_WORDS: Readonly<Record<JobRow['state'], string>> = {
  resolving: 'Asks for versions',
  proposed: 'Waits for approval',
  declined: 'Declined',
  held: 'Held',
  waiting: 'Waits for its window',
  running: 'Running',
  ended: 'Ended',
  missed: 'Missed its window',
  cancelled: 'Cancelled',
  'going-back': 'Going back',
  'taken-back': 'Taken back',
};
export const RESULT_WORDS: Readonly<Record<NonNullable<JobRow['result']>, string>> = {
  done: 'Done',
  partly: 'Partly done',
  failed: 'Failed',
  refused: 'Not begun',
  ready: 'Ready',
};
export const VERIFICATION_WORDS: Readonly<Record<JobRow['verification'], string>> = {
  none: 'not yet to be verified',
  awaited: 'the next scan will say',
  verified: 'verified: the findings are gone',
  reopened: 'still found after it: open again',
};

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `45 min`, `4 h`, `1 d 2 h`. */
export function minutesText(minutes: number): string {
  const [days, hours, rest] = [Math.floor(minutes / 1_440), Math.floor((minutes % 1_440) / 60), minutes % 60];
  const parts = [
    ...(days > 0 ? [`${days} d`] : []),
    ...(hours > 0 ? [`${hours} h`] : []),
    ...(rest > 0 ? [`${rest} min`] : []),
  ];
  return parts.join(' ') || '0 min';
}

/** `Sat 5 Dec, 22:00`, on the clock of the zone. */
export function instantIn(at: string, timeZone: string): string {
  const day = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
  }).format(Date.parse(at));
  return `${day.replace(',', '')}, ${clockIn(Date.parse(at), timeZone).slice(11)}`;
}

/** `Sat 5 Dec, 22:00 to 02:00`, or with both days where it is longer than one. */
export function spanIn(from: string, to: string, timeZone: string): string {
  const end = instantIn(to, timeZone);
  const isShort = Date.parse(to) - Date.parse(from) < 86_400_000;
  return `${instantIn(from, timeZone)} to ${isShort ? end.slice(-5) : end}`;
}

export function scopeText({ scope, environments }: Pick<ShownWindow, 'scope' | 'environments'>): string {
  const of = [
    ...environments,
    ...scope.groups,
    ...Object.entries(scope.labels).map(([name, value]) => `${name}=${value}`),
    ...(scope.assetIds.length > 0 ? [counted(scope.assetIds.length, 'named machine')] : []),
  ];
  return of.length === 0 ? 'all' : of.join(', ');
}

/** `a=b, c=d` as labels; a sentence where it is none. */
export function labelsOf(text: string): Scope['labels'] | string {
  const labels: Record<string, string> = {};
  for (const pair of listOf(text)) {
    const at = pair.indexOf('=');
    if (at < 1 || at === pair.length - 1) return `A label is written name=value, and not ${pair}.`;
    labels[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
  }
  return labels;
}
export const listOf = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map((each) => each.trim())
    .filter((each) => each !== '');

type Occurrence = Calendar['occurrences'][number];
export function jobsText({ jobs: { planned, approved, ended, failed } }: Pick<Occurrence, 'jobs'>): string {
  const parts = [
    ...(planned > 0 ? [`${planned} planned`] : []),
    ...(approved > 0 ? [`${approved} approved`] : []),
    ...(ended > 0 ? [`${ended} ended`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return parts.length === 0 ? 'no jobs' : parts.join(', ');
}

export function windowsSummary(
  windows: readonly Pick<ShownWindow, 'name' | 'next' | 'removed'>[],
  timeZone: string,
): string {
  const kept = windows.filter(({ removed }) => removed === null);
  if (kept.length === 0) return 'No window is set: nothing can be planned.';
  const [next] = kept
    .flatMap(({ name, next: [at] }) => (at === undefined ? [] : [{ name, at }]))
    .toSorted((a, b) => a.at.localeCompare(b.at));
  return `${counted(kept.length, 'window')}; ${next === undefined ? 'none comes any more' : `the next is ${next.name}, ${instantIn(next.at, timeZone)}`}.`;
}

export function planSummary(
  plan: Pick<
    ShownPlan,
    'state' | 'machineCount' | 'changeCount' | 'placedCount' | 'lateCount' | 'unplacedCount'
  >,
): string {
  const { state, machineCount, changeCount, placedCount, lateCount, unplacedCount } = plan;
  const what =
    state === 'draft' ? 'A draft' : state === 'published' ? 'The published plan' : 'A plan of before';
  return `${what} for ${counted(machineCount, 'machine')}: ${placedCount} of ${counted(changeCount, 'change')} placed, ${lateCount} late, ${unplacedCount} without a place.`;
}

const FIGURES = {
  breaches: 'missed deadlines',
  risk: 'risk until it is done',
  effort: 'reboots and windows in use',
  churn: 'moved against what was published',
} as const;
export type Figure = keyof typeof FIGURES;
export const FIGURE_NAMES = Object.entries(FIGURES) as readonly (readonly [Figure, string])[];

const number = (value: number): string =>
  new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 }).format(value);

/** `12; proved that no plan falls below 11, so at most 1 could be saved`. */
export function figureText(
  { objective, bound, gap }: Pick<ShownPlan, 'objective' | 'bound' | 'gap'>,
  name: Figure,
): string {
  const [below, above] = [bound[name], gap[name]];
  if (below === undefined) return `${number(objective[name])}; nothing is proved of how low it could be`;
  if ((above ?? objective[name] - below) <= 0)
    return `${number(objective[name])}: proved that no plan has less`;
  return `${number(objective[name])}; no plan falls below ${number(below)}, so at most ${number(above ?? objective[name] - below)} could be saved`;
}

/** What a bar says to who does not see it. */
export function workText(work: PlannedWork, timeZone: string): string {
  return [
    `${work.assetName}, ${spanIn(work.startsAt, work.endsAt, timeZone)}`,
    `window ${work.windowName}`,
    `${DECISION_WORDS[work.decision].toLowerCase()}, ${counted(work.packages.length, 'package')}, ${counted(work.findingCount, 'finding')}`,
    ...(work.reboots ? ['reboots'] : []),
    `due ${instantIn(work.dueAt, timeZone)}${work.isLate ? ', late' : ''}`,
  ].join('; ');
}

type Side = WhatIfReply['asIs'];
/** `2 fewer`; what is asked for against what is. */
export function changeText(before: number, after: number): string {
  const by = after - before;
  return by === 0 ? 'the same' : `${number(Math.abs(by))} ${by < 0 ? 'fewer' : 'more'}`;
}
export function whatIfLines({ asIs, asAsked }: WhatIfReply): readonly {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly change: string;
}[] {
  const values = (side: Side): readonly (readonly [string, number])[] => [
    ['Changes placed', side.placedCount],
    ['Late', side.lateCount],
    ['Without a place', side.unplacedCount],
    ...FIGURE_NAMES.map(([key, name]) => [`Objective: ${name}`, side.objective[key]] as const),
  ];
  const after = values(asAsked);
  return values(asIs).map(([name, before], index) => ({
    name,
    before: number(before),
    after: number(after[index]?.[1] ?? 0),
    change: changeText(before, after[index]?.[1] ?? 0),
  }));
}

export function progressText({
  doneCount,
  failedCount,
  packageCount,
  package: name,
}: NonNullable<JobRow['progress']>): string {
  const failed = failedCount > 0 ? `, ${failedCount} failed` : '';
  return `${doneCount} of ${counted(packageCount, 'package')} done${failed}; now ${name}`;
}

export function jobsSummary({ matchedCount, byState }: Pick<JobsPage, 'matchedCount' | 'byState'>): string {
  if (matchedCount === 0) return 'No job is like that.';
  const parts = (['running', 'proposed', 'held', 'waiting', 'missed'] as const)
    .map((state) => [byState[state] ?? 0, JOB_WORDS[state].toLowerCase()] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
  return `${counted(matchedCount, 'job')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.`;
}
