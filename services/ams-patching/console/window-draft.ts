/** A window as a form has it, and as the routes want it. Pure, so that it is tested without a browser. */
import type { SetWindow, ShownWindow } from '../api.ts';
import { labelsOf, listOf } from './words.ts';
import { clockIn, instantOf, isZone } from './zone-days.ts';

export const OFTEN = ['once', 'weekly', 'monthly', 'rule'] as const;
export type Often = (typeof OFTEN)[number];
export const WEEKDAYS = [
  ['MO', 'Monday'],
  ['TU', 'Tuesday'],
  ['WE', 'Wednesday'],
  ['TH', 'Thursday'],
  ['FR', 'Friday'],
  ['SA', 'Saturday'],
  ['SU', 'Sunday'],
] as const;
export const ORDINALS = [
  ['1', 'first'],
  ['2', 'second'],
  ['3', 'third'],
  ['4', 'fourth'],
  ['-1', 'last'],
] as const;
export const ENVIRONMENTS = ['DEV', 'QAS', 'PRD'] as const;

export interface WindowDraft {
  readonly name: string;
  readonly often: Often;
  readonly weekday: string;
  /** Of the month: `2`, `-1` is the last. */
  readonly ordinal: string;
  /** `FREQ=MONTHLY;BYDAY=2SU`, where none of the others will do. */
  readonly rule: string;
  /** `2026-12-05T22:00`, on the clock of the zone: the one, or the first that may come. */
  readonly startsAt: string;
  readonly timeZone: string;
  readonly minutes: string;
  readonly environments: readonly (typeof ENVIRONMENTS)[number][];
  readonly groups: string;
  readonly labels: string;
  /** Kept as they are: they are named by programs. */
  readonly assetIds: readonly string[];
  /** Empty is without a bound. */
  readonly rebootBudget: string;
}

export const emptyWindow = (timeZone: string, today: string): WindowDraft => ({
  name: '',
  often: 'monthly',
  weekday: 'SU',
  ordinal: '2',
  rule: '',
  startsAt: `${today}T02:00`,
  timeZone,
  minutes: '240',
  environments: [],
  groups: '',
  labels: '',
  assetIds: [],
  rebootBudget: '',
});

/** @param timeZone of a window that is there once */
export function draftOf(window: SetWindow, timeZone: string): WindowDraft {
  const { recurrence, scope } = window;
  const common = {
    ...emptyWindow(recurrence?.timeZone ?? timeZone, ''),
    name: window.name,
    minutes: String(window.minutes),
    environments: window.environments,
    groups: scope.groups.join(', '),
    labels: Object.entries(scope.labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(', '),
    assetIds: scope.assetIds,
    rebootBudget: window.rebootBudget === null ? '' : String(window.rebootBudget),
  };
  if (recurrence === null)
    return { ...common, often: 'once', startsAt: clockIn(Date.parse(window.startsAt ?? ''), timeZone) };
  const weekly = /^FREQ=WEEKLY;BYDAY=([A-Z]{2})$/.exec(recurrence.rrule)?.[1];
  const monthly = /^FREQ=MONTHLY;BYDAY=(-1|[1-4])([A-Z]{2})$/.exec(recurrence.rrule);
  return {
    ...common,
    often: weekly !== undefined ? 'weekly' : monthly !== null ? 'monthly' : 'rule',
    weekday: weekly ?? monthly?.[2] ?? 'SU',
    ordinal: monthly?.[1] ?? '2',
    rule: recurrence.rrule,
    startsAt: recurrence.startsAt.slice(0, 16),
  };
}

/** As it is sent, or what is missing. */
export function asked(draft: WindowDraft): { readonly body: SetWindow } | { readonly missing: string } {
  const { often, startsAt, timeZone } = draft;
  if (draft.name.trim() === '') return { missing: 'It needs a name.' };
  if (!isZone(timeZone)) return { missing: 'The time zone is a name like Europe/Berlin.' };
  const atMs = instantOf(startsAt, timeZone);
  if (atMs === undefined) return { missing: 'It needs a day and a time: 2026-12-05T22:00.' };
  const minutes = whole(draft.minutes);
  if (minutes === undefined || minutes < 5 || minutes > 10_080)
    return { missing: 'It takes 5 to 10080 minutes.' };
  if (often === 'rule' && !draft.rule.trim().startsWith('FREQ='))
    return { missing: 'A rule begins with FREQ=: FREQ=MONTHLY;BYDAY=2SU.' };
  const budget = draft.rebootBudget.trim() === '' ? null : whole(draft.rebootBudget);
  if (budget === undefined) return { missing: 'How many may reboot is a whole number, or empty.' };
  const labels = labelsOf(draft.labels);
  if (typeof labels === 'string') return { missing: labels };
  const rrule = {
    once: '',
    weekly: `FREQ=WEEKLY;BYDAY=${draft.weekday}`,
    monthly: `FREQ=MONTHLY;BYDAY=${draft.ordinal}${draft.weekday}`,
    rule: draft.rule.trim(),
  }[often];
  return {
    body: {
      name: draft.name.trim(),
      minutes,
      startsAt: often === 'once' ? new Date(atMs).toISOString() : null,
      recurrence: often === 'once' ? null : { rrule, timeZone, startsAt },
      scope: { groups: listOf(draft.groups), labels, assetIds: [...draft.assetIds] },
      environments: [...draft.environments],
      rebootBudget: budget,
    },
  };
}

/** A whole number that is not negative. */
export const whole = (text: string): number | undefined =>
  /^\d{1,6}$/.test(text.trim()) ? Number(text) : undefined;

/** `every second Sunday of the month at 02:00, Europe/Berlin`; the rule itself where there are no words for it. */
export function whenText(window: ShownWindow, timeZone: string): string {
  const draft = draftOf(window, timeZone);
  const at = `at ${draft.startsAt.slice(11)}, ${draft.timeZone}`;
  const weekday = WEEKDAYS.find(([key]) => key === draft.weekday)?.[1] ?? draft.weekday;
  switch (draft.often) {
    case 'once':
      return `once, on ${draft.startsAt.slice(0, 10)} ${at}`;
    case 'weekly':
      return `every ${weekday} ${at}`;
    case 'monthly':
      return `every ${ORDINALS.find(([key]) => key === draft.ordinal)?.[1] ?? draft.ordinal} ${weekday} of the month ${at}`;
    case 'rule':
      return `${draft.rule} ${at}`;
  }
}
