/**
 * Samples of the built-in rules: records as their sources send them, and whether the rule beside them fires.
 *
 * A line of `<rule>.samples.jsonl` is a sample. A record is a line of text (an audit event: its lines) or a
 * parsed JSON object, and may be said to come several times; then these stand for what differs: `{n}` counts
 * from 1, and `{iso}`, `{syslog}`, `{clf}`, `{epoch}` (seconds) and `{ms}` are the instant as formats write it.
 */
import { readFileSync } from 'node:fs';

type RawRecord = string | Readonly<Record<string, unknown>>;

interface Repeated {
  readonly times: number;
  /** From each to the next, and from the last to whatever follows. */
  readonly everySeconds: number;
  readonly record: RawRecord;
}

export interface Sample {
  readonly match: boolean;
  /** What happens in it. */
  readonly says: string;
  readonly records: readonly (RawRecord | Repeated)[];
}

/** When the first record of every sample happens. */
const BEGINS_MS = Date.UTC(2026, 10, 26, 3);
/** When all of them have been received. */
export const RECEIVED_MS = Date.UTC(2026, 10, 27);

export function readSamples(file: string): readonly Sample[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Sample);
}

/** Each record that is sent, with its time written into it. */
export function* recordsOf({ records }: Sample): Generator<RawRecord> {
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

function isRepeated(entry: RawRecord | Repeated): entry is Repeated {
  return typeof entry === 'object' && typeof entry['times'] === 'number';
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
