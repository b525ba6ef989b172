/** What the pages show of events: pure, so that it is tested without a browser. */
import type { Series } from '@demarc/platform/contract/console';

type Raw = Readonly<Record<string, unknown>>;

export interface Attack {
  readonly uid: string;
  readonly time: number;
  readonly kind: string;
  readonly title: string;
  readonly technique: string;
  readonly host: string;
  readonly sources: readonly string[];
  readonly targets: readonly string[];
  readonly ports: readonly number[];
  readonly because: string;
  readonly evidence: Readonly<Record<string, number>>;
  readonly proved: boolean;
  readonly raw: Raw;
}

export interface BlockEntry {
  readonly uid: string;
  readonly time: number;
  readonly action: string;
  readonly range: string;
  readonly untilMs: number | undefined;
  readonly by: string;
  readonly because: string;
  readonly host: string;
  readonly assetId: string;
  readonly raw: Raw;
}

export interface LogLine {
  readonly uid: string;
  readonly time: number;
  readonly host: string;
  readonly decoder: string;
  readonly outcome: string;
  readonly user: string;
  readonly from: string;
  readonly message: string;
  readonly log: string;
  readonly raw: Raw;
}

const record = (value: unknown): Raw => (typeof value === 'object' && value !== null ? (value as Raw) : {});
const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(text) : []);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** @param event as stored; undefined when it tells of no attack */
export function attackOf(event: Raw): Attack | undefined {
  const found = record(record(event['unmapped'])['detection']);
  const kind = text(found['kind']);
  if (kind === '') return undefined;
  return {
    ...commonOf(event),
    kind,
    title: text(found['title']) || kind,
    technique: text(found['technique']),
    sources: texts(found['sources']),
    targets: texts(found['targets']),
    ports: Array.isArray(found['ports']) ? found['ports'].filter((port) => typeof port === 'number') : [],
    because: text(found['because']) || text(event['message']),
    evidence: Object.fromEntries(
      Object.entries(record(found['evidence'])).filter(
        (entry): entry is [string, number] => typeof entry[1] === 'number',
      ),
    ),
    proved: found['source_is_proved'] === true,
  };
}

export function blockEntryOf(event: Raw): BlockEntry | undefined {
  const found = record(record(event['unmapped'])['block']);
  const range = text(found['range']);
  if (range === '') return undefined;
  return {
    ...commonOf(event),
    assetId: text(record(event['device'])['uid']),
    action: text(found['action']),
    range,
    untilMs: number(found['until']),
    by: text(found['by']),
    because: text(found['because']),
  };
}

export function logLineOf(event: Raw): LogLine | undefined {
  const found = record(event['unmapped']);
  const decoder = text(found['decoder']);
  if (decoder === '') return undefined;
  return {
    ...commonOf(event),
    decoder,
    outcome: text(found['outcome']),
    user: text(record(event['user'])['name']),
    from: text(record(event['src_endpoint'])['ip']) || text(record(event['src_endpoint'])['hostname']),
    message: text(event['raw_data']) || text(event['message']),
    log: text(record(event['metadata'])['log_name']),
  };
}

/** Newest first, those that are in force at that moment: the last word on each machine and range counts. */
export function activeBlocks(entries: readonly BlockEntry[], nowMs: number): readonly BlockEntry[] {
  const last = new Map<string, BlockEntry>();
  for (const entry of [...entries].sort((a, b) => a.time - b.time)) {
    // A range that was spared keeps the block it had, which is none.
    if (entry.action !== 'spared') last.set(`${entry.host} ${entry.range}`, entry);
  }
  return [...last.values()]
    .filter(
      ({ action, untilMs }) => (action === 'blocked' || action === 'prolonged') && (untilMs ?? 0) > nowMs,
    )
    .sort((a, b) => b.time - a.time);
}

const BUCKETS = 60;
const KINDS_SHOWN = 7;

/** Counts in equal parts of the time, the most frequent kinds by name and the rest together. */
export function timelineOf(
  attacks: readonly Pick<Attack, 'time' | 'title'>[],
  fromMs: number,
  toMs: number,
): readonly Series[] {
  const width = Math.max(1, (toMs - fromMs) / BUCKETS);
  const totals = new Map<string, number>();
  for (const { title } of attacks) totals.set(title, (totals.get(title) ?? 0) + 1);
  const named = new Set(
    [...totals]
      .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
      .slice(0, KINDS_SHOWN)
      .map(([title]) => title),
  );
  const counts = new Map<string, Map<number, number>>();
  for (const { time, title } of attacks) {
    if (time < fromMs || time > toMs) continue;
    const name = named.has(title) ? title : 'other kinds';
    const bucket = Math.min(BUCKETS - 1, Math.floor((time - fromMs) / width));
    const of = counts.get(name) ?? new Map<number, number>();
    of.set(bucket, (of.get(bucket) ?? 0) + 1);
    counts.set(name, of);
  }
  // Every part of the time, also those without any: a chart makes its bars as wide as parts are apart.
  return [...counts].map(([name, of]) => ({
    name,
    points: Array.from(
      { length: BUCKETS },
      (_, bucket) => [new Date(fromMs + (bucket + 0.5) * width).toISOString(), of.get(bucket) ?? 0] as const,
    ),
  }));
}

function commonOf(event: Raw) {
  return {
    uid: text(record(event['metadata'])['uid']),
    time: number(event['time']) ?? 0,
    host: text(record(event['device'])['hostname']),
    raw: event,
  };
}
