/** What the rules page works out by itself, fast enough for tens of thousands of rules at every key press: pure. */
import type { RuleLevel, RuleSummary } from '@demarc/platform/contract/detection';
import type { PageSearch } from '../../app/page-search.ts';
import { attackAsked, attacksOfTags } from './attack-view.ts';
import { LEVELS } from './findings-view.ts';

type Keep = (rule: RuleSummary) => boolean;

const isLoaded: Keep = ({ state }) => state === 'loaded';

/** The counts on top of the page, which are also what is chosen from. */
export const SHOWS: Readonly<Record<string, readonly [words: string, keep: Keep]>> = {
  all: ['All', () => true],
  loaded: ['Loaded', isLoaded],
  refused: ['Refused', ({ state }) => state === 'refused'],
  off: ['Switched off', ({ state }) => state === 'disabled'],
  quiet: ['Never fired', (rule) => isLoaded(rule) && rule.firedCount === 0],
  never: ['Cannot fire', (rule) => isLoaded(rule) && rule.reach === 'never'],
  tuned: ['Tuned', ({ isTuned }) => isTuned],
};

export function countsOf(rules: readonly RuleSummary[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(SHOWS).map(([key, [, keep]]) => [
      key,
      rules.reduce((count, rule) => count + Number(keep(rule)), 0),
    ]),
  );
}

export function summaryOf(rules: readonly RuleSummary[], firedDays: number): string {
  const counts = countsOf(rules);
  const fired = rules.filter(({ firedCount }) => firedCount > 0).length;
  return `${counts['loaded']} of ${rules.length} rules are loaded. In ${firedDays} days ${fired} fired; ${counts['never']} cannot fire here, ${counts['refused']} refused, ${counts['off']} switched off.`;
}

/** `windows / process_creation`. */
export function sourceWords({ product, category, service }: RuleSummary['logsource']): string {
  return [product, category, service].filter((part) => part !== null).join(' / ') || 'any';
}

/** What there is to choose, with how many have it, most first. */
export function sourcesOf(
  rules: readonly RuleSummary[],
): readonly (readonly [source: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const { logsource } of rules) {
    const words = sourceWords(logsource);
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts].toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b));
}

interface Prepared {
  readonly text: string;
  readonly attacks: ReturnType<typeof attacksOfTags>;
}

/** Folding texts and reading tags is most of the work: once a rule, not once a key press. */
const prepared = new WeakMap<RuleSummary, Prepared>();

function preparedOf(rule: RuleSummary): Prepared {
  const known = prepared.get(rule);
  if (known !== undefined) return known;
  const made = {
    text: `${rule.title} ${rule.ruleId} ${rule.file} ${rule.because ?? ''}`.toLowerCase(),
    attacks: attacksOfTags(rule.tags),
  };
  prepared.set(rule, made);
  return made;
}

/** In the order that is asked for; sorting is dearer than filtering, and is done when the order changes only. */
export function ordered(rules: readonly RuleSummary[], sort: string | undefined): readonly RuleSummary[] {
  const compare = ORDERS[sort ?? 'title']?.[1];
  return compare === undefined ? rules : rules.toSorted(compare);
}

/** Those that every filter keeps, in the order in which they come; every word must be in it. */
export function rulesOf(rules: readonly RuleSummary[], search: PageSearch): readonly RuleSummary[] {
  const words = (search['text'] ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const keep = SHOWS[search['show'] ?? 'all']?.[1] ?? (() => true);
  const level = search['level'];
  const origin = search['origin'];
  const source = search['source'];
  const technique = techniqueKeep(search['technique']);
  return rules.filter(
    (rule) =>
      keep(rule) &&
      (level === undefined || rule.level === level) &&
      (origin === undefined || rule.origin === origin) &&
      (source === undefined || sourceWords(rule.logsource) === source) &&
      technique(rule) &&
      words.every((word) => preparedOf(rule).text.includes(word)),
  );
}

function techniqueKeep(text: string | undefined): Keep {
  const asked = attackAsked(text ?? '');
  if (asked === undefined) return () => true;
  return (rule) => {
    const { techniques, tactics } = preparedOf(rule).attacks;
    return asked.kind === 'tactic'
      ? tactics.includes(asked.uid)
      : techniques.some((uid) => uid === asked.uid || uid.startsWith(`${asked.uid}.`));
  };
}

const rank = (level: RuleLevel): number => LEVELS.indexOf(level);
const last = ({ lastFiredAt }: RuleSummary): string => lastFiredAt ?? '';
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const ORDERS: Readonly<
  Record<string, readonly [words: string, compare: (a: RuleSummary, b: RuleSummary) => number]>
> = {
  title: ['Title', (a, b) => order(a.title, b.title)],
  level: ['Level, worst first', (a, b) => rank(a.level) - rank(b.level) || order(a.title, b.title)],
  fired: ['Fired most', (a, b) => b.firedCount - a.firedCount || order(a.title, b.title)],
  last: ['Fired last', (a, b) => order(last(b), last(a)) || order(a.title, b.title)],
};

export type Standing = 'fires' | 'quiet' | 'never' | 'off' | 'refused';

/** Where a rule stands, and why: one word for the mark, the reason beside it. */
export function standingOf(rule: RuleSummary): { readonly is: Standing; readonly because: string } {
  if (rule.state === 'refused') return { is: 'refused', because: rule.because ?? '' };
  if (rule.state === 'disabled') return { is: 'off', because: rule.because ?? '' };
  if (rule.reach === 'never') return { is: 'never', because: rule.reachBecause ?? '' };
  return { is: rule.firedCount > 0 ? 'fires' : 'quiet', because: '' };
}

const KEY = /^(\s*(?:-\s+)?)('[^']*'|"[^"]*"|[^\s:'"#-][^:]*):(?:\s+(.*))?$/;

/** What a rule looks for, from its own text: the fields below `detection:` and its condition. */
export function looksFor(text: string): {
  readonly fields: readonly string[];
  readonly conditions: readonly string[];
} {
  const fields = new Set<string>();
  const conditions: string[] = [];
  let inDetection = false;
  // Searches stand at the first key's depth, fields deeper.
  let depth: number | undefined;
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) inDetection = /^detection\s*:/.test(line);
    if (!inDetection) continue;
    const [, indent = '', quoted, rest = ''] = KEY.exec(line) ?? [];
    if (quoted === undefined || indent === '') continue;
    const name = quoted.replaceAll(/['"]/g, '').split('|')[0] ?? '';
    depth ??= indent.length;
    if (indent.length > depth) fields.add(name);
    else if (name === 'condition') conditions.push(rest.trim());
  }
  return { fields: [...fields], conditions: conditions.filter(Boolean) };
}
