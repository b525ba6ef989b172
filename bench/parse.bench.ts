/**
 * Parsing and normalising: lines and records as sources send them, to valid OCSF events.
 *
 * All sides in one run, interleaved, in processor time. `JSON.parse` of flat events of 27 fields is the measure of
 * the lines; a record of JSON is measured by `JSON.parse` of itself. The regular expressions are those that one
 * would write for the two syslog formats; it is checked that both sides give the same of every line before any
 * time is taken.
 *
 * Every side pays for its own garbage only: what the side before left is collected first. Each sample is long
 * enough that a collection or a compilation more or less does not decide it. Mapper and validator get records
 * that were parsed just before, a batch at a time, as on the road.
 *
 * `node bench/parse.bench.ts [--smoke]`
 */
import { deepStrictEqual } from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { validateOcsf } from '@demarc/platform/ocsf';
import { mapperOf, tableMapper } from '../siem/normalise/event/mapper.ts';
import { SURICATA_MAPPINGS } from '../siem/normalise/json-mappings.ts';
import { parseSuricata } from '../siem/normalise/network/suricata.ts';
import { normalise } from '../siem/normalise/normalise.ts';
import { parseRfc3164 } from '../siem/normalise/syslog/rfc3164.ts';
import { parseRfc5424 } from '../siem/normalise/syslog/rfc5424.ts';
import { interleaved, median, ratio, show, smoke } from './support/measure.ts';
import { bsdLines, eveEvents, flatEvents, syslogLines } from './support/records.ts';

const ROUNDS = smoke ? 3 : 15;
const COUNT = smoke ? 2_000 : 20_000;
/** Of processor time, for one sample. */
const SAMPLE_MS_MIN = smoke ? 5 : 60;
/** Records parsed at a time before they are mapped or validated: a batch of the road. */
const BATCH = 500;
/** Length of the hostile lines whose time is compared with that of lines half as long. */
const HOSTILE_LENGTH = smoke ? 20_000 : 200_000;

const RFC5424 =
  /^<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[[^\s\]="]+(?: [^\s\]="]+="(?:\\.|[^"\\])*")*\])+)(?: [ \uFEFF]?([\s\S]*))?$/;
const ELEMENT = /\[([^\s\]="]+)((?: [^\s\]="]+="(?:\\.|[^"\\])*")*)\]/g;
const PARAMETER = / ([^\s\]="]+)="((?:\\.|[^"\\])*)"/g;
/** With what ours reads as well: years, fractions, ISO 8601, Cisco's marks; host and tag may be missing. */
const RFC3164 =
  /^(?:<(\d{1,3})>)?(?:\d+: )?[*.]?((?:([A-Z][a-z]{2}) +(\d{1,2}) (?:(\d{4}) )?(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?: (\d{4})(?= ))?(?: [A-Z]{2,5}(?=:))?|(\d{4}-\d\d-\d\d[T ]\S+)))?:? *(?:([^\s[%"{]*[^\s[%"{:]) )?(?:([^\s:[]+)(?:\[([^\]]*)\])?:? )?([\s\S]*)$/;
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** NILVALUE is no value. */
const value = (field: string | undefined): string | undefined => (field === '-' ? undefined : field);

function regex5424(line: string): unknown {
  const found = RFC5424.exec(line);
  if (found === null) return undefined;
  const [, priority, time = '', host, app, pid, msgid, data = '', message = ''] = found;
  const number = Number(priority);
  if (number > 191) return undefined;
  let structured: { id: string; parameters: [string, string][] }[] | undefined;
  if (data !== '-') {
    structured = [];
    for (const [, id = '', pairs = ''] of data.matchAll(ELEMENT)) {
      const parameters: [string, string][] = [];
      for (const [, name = '', text = ''] of pairs.matchAll(PARAMETER))
        parameters.push([name, text.includes('\\') ? text.replaceAll(/\\(["\\\]])/g, '$1') : text]);
      structured.push({ id, parameters });
    }
  }
  return {
    facility: number >> 3,
    severity: number & 7,
    timeMs: time === '-' ? undefined : Date.parse(time),
    originalTime: value(time),
    host: value(host),
    app: value(app),
    pid: value(pid),
    msgid: value(msgid),
    structured,
    message,
  };
}

function regex3164(line: string): unknown {
  const found = RFC3164.exec(line);
  if (found === null) return undefined;
  const [
    ,
    priority,
    originalTime,
    month,
    day,
    before,
    hour,
    minute,
    second,
    fraction,
    after,
    iso,
    host,
    app,
    pid,
    message,
  ] = found;
  const number = priority === undefined ? undefined : Number(priority);
  if (number !== undefined && number > 191) return undefined;
  if (number === undefined && originalTime === undefined) return undefined;
  let timeMs: number | undefined;
  if (iso !== undefined) timeMs = Date.parse(iso);
  else if (month !== undefined) {
    const at = MONTHS.indexOf(month) / 3;
    const milliseconds = fraction === undefined ? 0 : Number(fraction.padEnd(3, '0').slice(0, 3));
    const inYear = (year: number): number =>
      Date.UTC(year, at, Number(day), Number(hour), Number(minute), Number(second), milliseconds);
    const said = before ?? after;
    timeMs = inYear(said === undefined ? latestYear : Number(said));
    if (said === undefined && timeMs > latestMs) timeMs = inYear(latestYear - 1);
  }
  return {
    facility: number === undefined ? undefined : number >> 3,
    severity: number === undefined ? undefined : number & 7,
    timeMs,
    originalTime,
    host,
    app,
    pid,
    msgid: undefined,
    structured: undefined,
    message,
  };
}

const receivedAtMs = Date.UTC(2026, 10, 26, 4);
/** A time without a year is of the latest that does not lie further ahead than a day: known once, as ours does. */
const latestMs = receivedAtMs + 86_400_000;
const latestYear = new Date(latestMs).getUTCFullYear();
const context = { uid: 'uid', receivedAtMs, peer: undefined };
const flat = flatEvents(COUNT);
const eve = eveEvents(COUNT);
const bsd = bsdLines(COUNT);
const syslog = syslogLines(COUNT);
const parsed = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;
// As text only: where many events outlive their making, the engine puts all later ones among the long-lived.
const ocsf = eve.map((line) => JSON.stringify(parseSuricata(parsed(line), context).event));
const [suricata = { name: '', paths: {} }] = SURICATA_MAPPINGS;
const generated = mapperOf(suricata);
const table = tableMapper(suricata);
const mapped = (mapper: typeof generated, record: Record<string, unknown>): unknown => {
  const event: Record<string, unknown> = { metadata: {}, device: {} };
  event['unmapped'] = mapper(record, event);
  return event;
};

for (const line of syslog) deepStrictEqual(regex5424(line), parseRfc5424(line));
for (const line of bsd) deepStrictEqual(regex3164(line), parseRfc3164(line, receivedAtMs));
for (const line of ocsf) deepStrictEqual(validateOcsf(parsed(line)), { ok: true });

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Of each side, its last result: nothing is optimised away, and the shapes of its objects stay known. */
const kept = new Map<unknown, unknown>();
// Processor time: on a busy machine the wall clock tells of the neighbours.
const processorMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** @param pass does all once, and returns the milliseconds that count; @returns seconds of one pass */
function sampled(pass: () => number): () => Promise<number> {
  return () => {
    collect();
    let passes = 0;
    let ms = 0;
    for (; ms < SAMPLE_MS_MIN; passes += 1) ms += pass();
    return Promise.resolve(ms / passes / 1_000);
  };
}

const each = <T>(items: readonly T[], work: (item: T) => unknown): (() => Promise<number>) =>
  sampled(() => {
    let last: unknown;
    const before = processorMs();
    for (const item of items) last = work(item);
    const ms = processorMs() - before;
    kept.set(work, last);
    return ms;
  });

/** Only `work` counts, not the parsing before it. */
const eachParsed = (
  lines: readonly string[],
  work: (record: Record<string, unknown>) => unknown,
): (() => Promise<number>) =>
  sampled(() => {
    let last: unknown;
    let ms = 0;
    for (let at = 0; at < lines.length; at += BATCH) {
      const records = lines.slice(at, at + BATCH).map(parsed);
      const before = processorMs();
      for (const record of records) last = work(record);
      ms += processorMs() - before;
    }
    kept.set(work, last);
    return ms;
  });

const hostile = (length: number): readonly string[] =>
  [
    `<1>1 - - - - - [${'a="'.repeat(length / 3)}`,
    `<1>1 - - - - - [a ${String.raw`b="\\" `.repeat(length / 7)}`,
    `<38>Nov 26 02:48:04 h sshd[1]: Failed password for ${' from '.repeat(length / 6)}`,
    `<38>Nov 26 02:48:04 h sshd[1]: Disconnected from ${' port '.repeat(length / 6)}`,
    `<85>Nov 26 02:48:04 h sudo[1]: a : ${'A=b ; '.repeat(length / 6)}USER=x ; COMMAND=y`,
    `<85>Nov 26 02:48:04 h x[1]: pam_unix(x:y): authentication failure; ${' user='.repeat(length / 6)}`,
    `<4>Nov 26 02:48:04 h kernel: IN=a OUT=b SRC=192.0.2.1 DST=192.0.2.2 ${'A=b '.repeat(length / 4)}`,
    `CEF:0|a|b|c|d|e|1|${'a=b '.repeat(length / 4)}`,
    `type=EXECVE msg=audit(1.000:1): ${'a0="b" '.repeat(length / 7)}`,
    `192.0.2.1 - - [26/Nov/2026:02:52:59 +0000] "${String.raw`\" `.repeat(length / 3)}`,
    `<30>Nov 26 02:48:04 h named[1]: client @0x1 192.0.2.1#1 (a): ${'query: '.repeat(length / 7)}`,
  ] as const;
const long = hostile(HOSTILE_LENGTH);
const half = hostile(HOSTILE_LENGTH / 2);

const sides = [
  { name: 'JSON.parse, flat', run: each(flat, parsed) },
  { name: 'RFC 5424, regular expressions', run: each(syslog, regex5424) },
  { name: 'RFC 5424, ours', run: each(syslog, parseRfc5424) },
  { name: 'RFC 3164, regular expression', run: each(bsd, regex3164) },
  { name: 'RFC 3164, ours', run: each(bsd, (line) => parseRfc3164(line, receivedAtMs)) },
  { name: 'RFC 5424 to OCSF', run: each(syslog, (line) => normalise(line, context)) },
  { name: 'RFC 3164 to OCSF', run: each(bsd, (line) => normalise(line, context)) },
  { name: 'JSON.parse, EVE', run: each(eve, (line) => parsed(line)) },
  { name: 'JSON.parse, EVE as OCSF', run: each(ocsf, (line) => parsed(line)) },
  { name: 'EVE, generated mapper', run: eachParsed(eve, (record) => mapped(generated, record)) },
  { name: 'EVE, table', run: eachParsed(eve, (record) => mapped(table, record)) },
  { name: 'EVE, whole event', run: eachParsed(eve, (record) => parseSuricata(record, context)) },
  { name: 'validator', run: eachParsed(ocsf, validateOcsf) },
  { name: 'hostile lines', run: each(long, (line) => normalise(line, context)) },
  { name: 'hostile lines, half', run: each(half, (line) => normalise(line, context)) },
] as const;
type Name = (typeof sides)[number]['name'];

const seconds = await interleaved(sides, ROUNDS);
for (const { name } of sides) {
  const values = seconds.get(name) ?? [];
  const count = name.startsWith('hostile') ? long.length : COUNT;
  show(
    name,
    values,
    `${(count / median(values)).toFixed(0)} records/s, ${((median(values) / count) * 1e6).toFixed(2)} µs`,
  );
}
const of = (name: Name): number => median(seconds.get(name) ?? []);
ratio(
  'RFC 5424, regular expressions / ours',
  of('RFC 5424, regular expressions') / of('RFC 5424, ours'),
  '>= 3',
);
ratio(
  'RFC 3164, regular expression / ours',
  of('RFC 3164, regular expression') / of('RFC 3164, ours'),
  '>= 3',
);
ratio('RFC 5424 to valid OCSF / JSON.parse, flat', of('RFC 5424 to OCSF') / of('JSON.parse, flat'), '<= 3');
ratio('RFC 3164 to valid OCSF / JSON.parse, flat', of('RFC 3164 to OCSF') / of('JSON.parse, flat'), '<= 3');
ratio('generated mapper / JSON.parse, EVE', of('EVE, generated mapper') / of('JSON.parse, EVE'), '<= 0.25');
ratio('mapper by a table / JSON.parse, EVE', of('EVE, table') / of('JSON.parse, EVE'), 'for comparison');
ratio(
  'generated mapper and validator / JSON.parse, same event as OCSF',
  (of('EVE, generated mapper') + of('validator')) / of('JSON.parse, EVE as OCSF'),
  '<= 0.25',
);
ratio(
  'generated mapper and validator / JSON.parse, EVE',
  (of('EVE, generated mapper') + of('validator')) / of('JSON.parse, EVE'),
  'for comparison',
);
ratio(
  'hostile lines: twice as long / as they are',
  of('hostile lines') / of('hostile lines, half'),
  '<= 2.5',
);
if (kept.size === 0) throw new Error('nothing was parsed');
