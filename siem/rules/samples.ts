/**
 * Rules with the samples that stand beside them (`<rule>.samples.jsonl`, a line for each): records as their
 * sources send them, or an event as it is, and whether the rule beside them fires.
 *
 * A record is a line of text (an audit event: its lines) or a parsed JSON object, and may be said to come
 * several times; then these stand for what differs: `{n}` counts from 1, and `{iso}`, `{syslog}`, `{clf}`,
 * `{epoch}` (seconds) and `{ms}` are the instant as formats write it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { CorrelationEngine, linkCorrelations } from '@demarc/platform/sigma/correlation';
import * as z from 'zod';
import { eventView } from '../detect/view.ts';
import { normalise } from '../normalise/normalise.ts';
import type { CompiledRules } from './compiler.ts';

const RawRecord = z.union([z.string(), z.record(z.string(), z.unknown())]);
type RawRecord = z.infer<typeof RawRecord>;

const Repeated = z.strictObject({
  times: z.int().min(1).max(100_000),
  /** From each to the next, and from the last to whatever follows. */
  everySeconds: z.number().min(0),
  record: RawRecord,
});

const Sample = z.strictObject({
  match: z.boolean(),
  /** What happens in it. */
  says: z.string().optional(),
  records: z.array(z.union([Repeated, RawRecord])).optional(),
  event: z.record(z.string(), z.unknown()).optional(),
});
type Sample = z.infer<typeof Sample>;

export interface SampleResult {
  readonly file: string;
  readonly line: number;
  readonly expected: boolean;
  readonly outcome: 'passed' | 'failed' | 'unreadable';
  readonly because: string | null;
}

/** When the first record of every sample happens. */
const BEGINS_MS = Date.UTC(2026, 10, 26, 3);
/** When all of them have been received. */
const RECEIVED_MS = Date.UTC(2026, 10, 27);
/** What waits for time to pass is decided by then. */
const CLOCK_BEYOND_MS = 30 * 86_400_000;

/** @returns a function that runs the samples beside one of the files */
export function sampleRunner(
  rules: CompiledRules,
): (ruleFile: string, samplesFile: string) => readonly SampleResult[] {
  const view = eventView();
  const linked = linkCorrelations(rules.correlations, rules.detections);

  /** The rules that fire on the records together. */
  const fired = (sample: Sample): ReadonlySet<string> => {
    const found = new Set<string>();
    const correlator = new CorrelationEngine(linked.correlations);
    let at = 0;
    for (const record of recordsOf(sample)) {
      at += 1;
      const eventUid = `sample-${at}`;
      const event = isEvent(record)
        ? record
        : normalise(record, { uid: eventUid, receivedAtMs: RECEIVED_MS, peer: undefined }).event;
      const seen = view.of(event);
      for (const index of rules.engine.match(seen).rules) {
        const ruleId = rules.detections[index]?.id ?? '';
        found.add(ruleId);
        const timeMs = Number(event['time']);
        for (const one of correlator.add({ ruleId, eventUid, timeMs, fields: seen.fields }))
          found.add(one.ruleId);
      }
    }
    for (const one of correlator.advance(RECEIVED_MS + CLOCK_BEYOND_MS)) found.add(one.ruleId);
    return found;
  };

  return (ruleFile, samplesFile) => {
    if (!existsSync(samplesFile)) return [];
    const problem = rules.refused.find(({ file }) => file === ruleFile)?.because;
    const correlations = rules.correlations.filter(({ file }) => file === ruleFile);
    const detections = rules.detections.filter(({ file }) => file === ruleFile);
    const wanted = correlations.length > 0 ? correlations : detections;
    return readFileSync(samplesFile, 'utf8')
      .split('\n')
      .flatMap((text, index): readonly SampleResult[] => {
        if (text.trim() === '') return [];
        const at = { file: samplesFile, line: index + 1 };
        const read = Sample.safeParse(parsed(text));
        if (!read.success)
          return [{ ...at, expected: false, outcome: 'unreadable', because: z.prettifyError(read.error) }];
        const { match, says = null } = read.data;
        if (problem !== undefined) return [{ ...at, expected: match, outcome: 'failed', because: problem }];
        const ids = fired(read.data);
        const fires = wanted.some(({ id }) => ids.has(id));
        return [{ ...at, expected: match, outcome: fires === match ? 'passed' : 'failed', because: says }];
      });
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** OCSF already, and so not to be read by a parser. */
function isEvent(record: RawRecord): record is Readonly<Record<string, unknown>> {
  return typeof record === 'object' && typeof record['class_uid'] === 'number' && 'metadata' in record;
}

/** Each record that is sent, with its time written into it. */
function* recordsOf({ records = [], event }: Sample): Generator<RawRecord> {
  if (event !== undefined) yield event;
  let ms = BEGINS_MS;
  for (const entry of records) {
    const { times, everySeconds, record } = isRepeated(entry)
      ? entry
      : { times: 1, everySeconds: 0, record: entry };
    const text = JSON.stringify(record);
    for (let n = 1; n <= times; n += 1) {
      yield JSON.parse(filled(text, n, ms)) as RawRecord;
      ms += everySeconds * 1_000;
    }
  }
}

function isRepeated(entry: RawRecord | z.infer<typeof Repeated>): entry is z.infer<typeof Repeated> {
  return typeof entry === 'object' && typeof entry['times'] === 'number' && 'record' in entry;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function filled(text: string, n: number, ms: number): string {
  const iso = new Date(ms).toISOString();
  const [date = '', time = ''] = iso.split(/[T.]/);
  const [year = '', month = '', day = ''] = date.split('-');
  const named = MONTHS[Number(month) - 1] ?? '';
  return (
    text
      // Alone in their quotes they are numbers.
      .replaceAll('"{epoch}"', String(ms / 1_000))
      .replaceAll('"{ms}"', String(ms))
      .replaceAll('"{n}"', String(n))
      .replaceAll('{n}', String(n))
      .replaceAll('{iso}', iso)
      .replaceAll('{syslog}', `${named} ${day} ${time}`)
      .replaceAll('{clf}', `${day}/${named}/${year}:${time} +0000`)
      .replaceAll('{epoch}', (ms / 1_000).toFixed(3))
  );
}
