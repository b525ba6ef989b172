/** Sources of the intake as the page shows them: sums that add up, words for kinds and states. Pure. */
import type { Source, SourceAccounting, SourceKind } from '@demarc/platform/contract/intake';
import type { PageSearch } from '../../app/page-search.ts';

export interface Part {
  readonly key:
    | 'stored'
    | 'duplicates'
    | 'quarantined'
    | 'waiting'
    | 'refused'
    | 'dropped'
    | 'parsed'
    | 'unparsed';
  readonly words: string;
  readonly count: number;
  /** Why, where there are reasons: most first. */
  readonly reasons: readonly (readonly [reason: string, count: number])[];
}

export interface Sum {
  readonly parts: readonly Part[];
  readonly of: string;
  readonly total: number;
  readonly sum: number;
}

type Reasons = Readonly<Record<string, number>>;

export const totalOf = (reasons: Reasons): number =>
  Object.values(reasons).reduce((sum, count) => sum + count, 0);

const part = (key: Part['key'], words: string, counted: number | Reasons): Part => ({
  key,
  words,
  count: typeof counted === 'number' ? counted : totalOf(counted),
  reasons: typeof counted === 'number' ? [] : Object.entries(counted).toSorted(([, a], [, b]) => b - a),
});

/** Both sums that hold at any moment: what became of what arrived, and of what was understood or kept as it came. */
export function sumsOf(accounting: SourceAccounting): readonly [taken: Sum, carried: Sum] {
  const { received, refused, dropped, waiting, parsed, unparsed, stored, duplicates, quarantined } =
    accounting;
  const taken = [
    part('parsed', 'understood', parsed),
    part('unparsed', 'kept as they came, not understood', unparsed),
    part('waiting', 'waiting on disk', waiting),
    part('refused', 'refused, and the sender told', refused),
    part('dropped', 'dropped, the sender cannot be told', dropped),
  ];
  const carried = [
    part('stored', 'stored', stored),
    part('duplicates', 'had arrived before', duplicates),
    part('quarantined', 'kept apart', quarantined),
  ];
  return [
    { parts: taken, of: 'received', total: received, sum: sumOf(taken) },
    { parts: carried, of: 'carried to the store', total: parsed + unparsed, sum: sumOf(carried) },
  ];
}

const sumOf = (parts: readonly Part[]): number => parts.reduce((sum, { count }) => sum + count, 0);

export const addsUp = ({ total, sum }: Sum): boolean => total === sum;

/** Where every received record is now, for one bar: nothing in it twice. */
export function placesOf(accounting: SourceAccounting): readonly Part[] {
  const [taken, carried] = sumsOf(accounting);
  return [
    ...carried.parts,
    ...taken.parts.filter(({ key }) => key === 'waiting' || key === 'refused' || key === 'dropped'),
  ].filter(({ count }) => count > 0);
}

/** What never came in: the first thing to look at. */
export const lostOf = ({ refused, dropped }: SourceAccounting): number => totalOf(refused) + totalOf(dropped);

export function summaryOf(sources: readonly Source[]): string {
  const count = (of: (accounting: SourceAccounting) => number): number =>
    sources.reduce((sum, { accounting }) => sum + of(accounting), 0);
  const wrong = sources.filter(({ accounting }) => !sumsOf(accounting).every(addsUp)).length;
  const many = `${sources.length} ${sources.length === 1 ? 'source has' : 'sources have'}`;
  const sums = wrong === 0 ? 'every number adds up' : `the numbers of ${wrong} do not add up`;
  return `${many} sent ${figure(count(({ received }) => received))} records: ${figure(count(({ stored }) => stored))} are stored, ${figure(count(({ waiting }) => waiting))} wait, ${figure(count(lostOf))} were refused or dropped; ${sums}.`;
}

const FORMAT = new Intl.NumberFormat('en-GB');
export const figure = (count: number): string => FORMAT.format(count);

/** `3.2 MiB`. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, count === 0 ? 0 : Math.floor(Math.log2(count) / 10));
  const scaled = count / 1_024 ** power;
  return `${power === 0 ? scaled : scaled.toFixed(1)} ${units[power] ?? ''}`;
}

export const KIND_WORDS: Readonly<Record<SourceKind, string>> = {
  'syslog-udp': 'Syslog, UDP',
  'syslog-tcp': 'Syslog, TCP',
  'syslog-tls': 'Syslog, TLS',
  http: 'HTTP: JSON, bulk, HEC, OTLP',
  webhook: 'Webhook',
  file: 'Files',
};

/** In a table. */
export const KIND_SHORT: Readonly<Record<SourceKind, string>> = { ...KIND_WORDS, http: 'HTTP' };

/** What a source is known by, and so what a new secret takes away. */
export const SECRET_WORDS: Readonly<Partial<Record<SourceKind, string>>> = {
  http: 'token',
  webhook: 'signing secret',
  'syslog-tls': 'certificate',
};

/** Whether the platform gives the source a secret that it can change. */
export function hasSecret({ settings }: Source): boolean {
  if (settings.kind === 'syslog-tls') return settings.certificateFingerprint === undefined;
  return SECRET_WORDS[settings.kind] !== undefined;
}

export function sourcesOf(sources: readonly Source[], search: PageSearch): readonly Source[] {
  const words = (search['text'] ?? '').toLowerCase();
  return sources
    .filter(({ name, settings, because }) =>
      `${name} ${KIND_WORDS[settings.kind]} ${because}`.toLowerCase().includes(words),
    )
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** `rate-exceeded` as people say it; a code stays as it is, for it is looked up. */
export const reasonWords = (reason: string): string =>
  /[a-z]/.test(reason) ? reason.replaceAll('-', ' ') : reason;
