/** What a tenant changes of a rule: from what stands to a form, from the form to what is sent. Pure. */
import type {
  RuleExceptionDraft,
  RuleLevel,
  RuleOverlay,
  RuleThreshold,
  SetRuleOverlay,
} from '@demarc/platform/contract/detection';
import type * as z from 'zod';
import type { SeenValue } from './finding-view.ts';

type ExceptionDraft = z.infer<typeof RuleExceptionDraft>;

/** Why the form was opened: what it begins with. */
export type Start =
  | { readonly kind: 'tune' | 'off' | 'threshold' }
  | { readonly kind: 'exception'; readonly seen: readonly SeenValue[]; readonly host: string };

export interface OverlayForm {
  readonly enabled: boolean;
  /** Empty: as the rule says. */
  readonly level: RuleLevel | '';
  readonly counts: boolean;
  readonly count: string;
  readonly timespan: string;
  readonly groupBy: string;
  readonly kept: readonly ExceptionDraft[];
  /** The one that is being written; undefined while none is. */
  readonly added: ExceptionForm | undefined;
  readonly reason: string;
}

export interface ExceptionForm {
  readonly title: string;
  readonly reason: string;
  readonly detection: string;
  /** A day in UTC, or empty for no end. */
  readonly until: string;
}

const THRESHOLD_DEFAULT: RuleThreshold = { count: 5, timespan: '1h', groupBy: ['device.hostname'] };
/** An exception that nobody looks at again is a hole: it ends by itself unless somebody says that it must not. */
export const EXCEPTION_DAYS_DEFAULT = 90;

export function formOf(overlay: RuleOverlay, start: Start, untilDefault: string): OverlayForm {
  const threshold = overlay.threshold ?? THRESHOLD_DEFAULT;
  const raised = start.kind === 'threshold' && overlay.threshold !== null;
  return {
    enabled: start.kind === 'off' ? false : overlay.enabled,
    level: overlay.level ?? '',
    counts: overlay.threshold !== null || start.kind === 'threshold',
    count: String(raised ? threshold.count * 2 : threshold.count),
    timespan: threshold.timespan,
    groupBy: threshold.groupBy.join(', '),
    kept: overlay.exceptions.map(({ title, reason, detection, until }) => ({
      title,
      reason,
      detection,
      ...(until === undefined ? {} : { until }),
    })),
    added:
      start.kind === 'exception'
        ? {
            title: start.host === '' ? 'Expected here' : `Expected on ${start.host}`,
            reason: '',
            detection: detectionOf(start.seen),
            until: untilDefault,
          }
        : undefined,
    reason: '',
  };
}

/** @param instantOf a day as the instant at which it ends */
export function overlayOf(
  form: OverlayForm,
  basedOn: number,
  instantOf: (day: string) => string,
): SetRuleOverlay {
  const { added } = form;
  return {
    enabled: form.enabled,
    level: form.level === '' ? null : form.level,
    threshold: form.counts
      ? {
          count: Number(form.count),
          timespan: form.timespan.trim(),
          groupBy: form.groupBy
            .split(',')
            .map((field) => field.trim())
            .filter(Boolean),
        }
      : null,
    exceptions: [
      ...form.kept,
      ...(added === undefined
        ? []
        : [
            {
              title: added.title.trim(),
              reason: added.reason.trim(),
              detection: added.detection,
              ...(added.until === '' ? {} : { until: instantOf(added.until) }),
            },
          ]),
    ],
    reason: form.reason.trim(),
    basedOn,
  };
}

/** What is missing or wrong, by field, in words; nothing when it can be sent. */
export function problemsOf(form: OverlayForm): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {};
  const count = Number(form.count);
  if (form.counts && !(Number.isInteger(count) && count >= 2 && count <= 1_000_000))
    problems['count'] = 'A whole number from 2 to 1,000,000';
  if (form.counts && !/^[1-9]\d{0,5}[smhd]$/.test(form.timespan.trim()))
    problems['timespan'] = 'A number with s, m, h or d: 10m';
  if (form.added !== undefined) {
    if (form.added.title.trim() === '') problems['title'] = 'Say what it is';
    if (form.added.reason.trim() === '') problems['because'] = 'Say why these events are expected';
    if (!/^\s*condition\s*:/m.test(form.added.detection)) problems['detection'] = 'It needs a condition';
  }
  return problems;
}

/** What will be different, in sentences, before it is. */
export function consequencesOf(
  overlay: RuleOverlay,
  form: OverlayForm,
  ruleLevel: RuleLevel,
): readonly string[] {
  const says: string[] = [];
  if (overlay.enabled && !form.enabled)
    says.push('The rule makes no findings any more; nobody is told of what it would find.');
  if (!overlay.enabled && form.enabled) says.push('The rule makes findings again, of events from now on.');
  const [before, after] = [overlay.level ?? ruleLevel, form.level === '' ? ruleLevel : form.level];
  if (before !== after) says.push(`Its findings are ${after} instead of ${before}.`);
  if (form.counts) {
    const by = form.groupBy.trim() === '' ? '' : ` of the same ${form.groupBy.trim()}`;
    says.push(
      `A finding is made from ${form.count} matches${by} within ${form.timespan}; fewer are not shown.`,
    );
  } else if (overlay.threshold !== null) says.push('Every match is a finding again.');
  const fewer = overlay.exceptions.length - form.kept.length;
  if (fewer > 0) says.push(`${fewer === 1 ? 'An exception ends' : `${fewer} exceptions end`} at once.`);
  if (form.added !== undefined)
    says.push(
      `Events that the exception describes make no finding ${form.added.until === '' ? 'until somebody ends it' : `until ${form.added.until}`}.`,
    );
  return says.length === 0 ? ['Nothing is different from what stands.'] : says;
}

/** A Sigma `detection` that holds for events with just these values: what an exception begins with. */
export function detectionOf(seen: readonly SeenValue[]): string {
  const byField = new Map<string | null, string[]>();
  for (const { field, value } of seen) {
    const line = yamlOf(value);
    const lines = byField.get(field) ?? [];
    if (!lines.includes(line)) byField.set(field, [...lines, line]);
  }
  const keywords = byField.get(null) ?? [];
  byField.delete(null);
  const fields = [...byField].flatMap(([field, [first = "''", ...more]]) =>
    more.length === 0
      ? [`  ${keyOf(field ?? '')}: ${first}`]
      : [`  ${keyOf(`${field ?? ''}|all`)}:`, ...[first, ...more].map((line) => `    - ${line}`)],
  );
  const searches = [
    ...(fields.length === 0 ? [] : ['expected:', ...fields]),
    ...(keywords.length === 0 ? [] : ['keywords:', ...keywords.map((line) => `  - ${line}`)]),
  ];
  if (searches.length === 0) return "expected:\n  field: 'value'\ncondition: expected\n";
  const names = [fields.length === 0 ? [] : ['expected'], keywords.length === 0 ? [] : ['keywords']].flat();
  return `${searches.join('\n')}\ncondition: ${names.join(' and ')}\n`;
}

const keyOf = (name: string): string => (/^[\w.|-]+$/.test(name) ? name : `'${name.replaceAll("'", "''")}'`);

/** Texts literally: wildcards of the value are escaped, and so are backslashes that would escape something. */
function yamlOf(value: SeenValue['value']): string {
  if (typeof value !== 'string') return String(value);
  const literal = value.replaceAll(/\\(?=[\\*?])|[*?]/g, (found) => `\\${found}`);
  // A line break has no place in single quotes; of such a value the rest of the first line is enough to begin with.
  const [line = ''] = literal.split(/[\r\n]/);
  return `'${line.replaceAll("'", "''")}${line === literal ? '' : '*'}'`;
}
