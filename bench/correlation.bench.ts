/**
 * Correlation: a million groups in memory, and matches a second.
 *
 * Three sides in one run, interleaved, on the same matches: `JSON.parse` of a match record and nothing else;
 * the naive way, a Map of arrays of matches by group; the engine, with identical verdicts. Then what a million
 * groups take in memory, each way in a process of its own, and what a flood that nobody should mind costs.
 *
 * `node bench/correlation.bench.ts [--smoke]`
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { type BaseMatch, CorrelationEngine, linkCorrelations } from '@demarc/platform/sigma/correlation';
import { correlationOf, detection } from '@demarc/platform/sigma/correlation/testing';
import { interleaved, median, ratio, show, smoke } from './support/measure.ts';

const ROUNDS = smoke ? 1 : 7;
const MATCHES = smoke ? 20_000 : 300_000;
const GROUPS = smoke ? 20_000 : 1_000_000;
const TIMESPAN_MS = 600_000;
const THRESHOLD = 10;
const START_MS = Date.parse('2026-11-20T12:00:00Z');
/** A clock that is moved with every batch, as the road does. */
const BATCH = 500;

function engineOf(condition: object): CorrelationEngine {
  const rule = correlationOf({ rules: ['d0'], 'group-by': ['user'], timespan: '10m', ...condition });
  return new CorrelationEngine(linkCorrelations([rule], [detection('d0')]).correlations, {
    latenessMs: 300_000,
  });
}

const failedLogins = { type: 'event_count', condition: { gte: THRESHOLD } };
const manyHosts = { type: 'value_count', condition: { field: 'host', gte: THRESHOLD } };

function matchOf(at: number, user: string, host = 'db-1'): BaseMatch {
  return {
    ruleId: 'd0',
    eventUid: createHash('md5').update(String(at)).digest('hex'),
    timeMs: START_MS + at * 3,
    fields: { user, host },
  };
}

/** Findings of the naive way, which must be as many. */
class Naive {
  readonly #groups = new Map<string, { matches: BaseMatch[]; told: number }>();
  found = 0;

  add(match: BaseMatch): void {
    const key = String(match.fields['user']);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { matches: [], told: -1 };
      this.#groups.set(key, group);
    }
    group.matches = group.matches.filter(({ timeMs }) => timeMs > match.timeMs - TIMESPAN_MS);
    if (group.matches.some(({ eventUid }) => eventUid === match.eventUid)) return;
    group.matches.push(match);
    const slot = Math.floor(match.timeMs / TIMESPAN_MS);
    if (group.matches.length < THRESHOLD || slot === group.told) return;
    group.told = slot;
    this.found += 1;
  }
}

function run(engine: CorrelationEngine, matches: readonly BaseMatch[]): number {
  let found = 0;
  for (const [at, match] of matches.entries()) {
    found += engine.add(match).length;
    if (at % BATCH === 0) found += engine.advance(match.timeMs).length;
  }
  return found;
}

/** A million groups in this process; prints bytes of heap and of array buffers. */
function fill(how: string): void {
  const engine = engineOf(failedLogins);
  const naive = new Naive();
  const measure = (): number => {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = measure();
  for (let at = 0; at < GROUPS; at += 1) {
    // As from the wire: no text is shared with another match.
    const record = JSON.stringify({ ...matchOf(at, `user-${at}@example.com`), timeMs: START_MS + at / 10 });
    const parsed = JSON.parse(record) as BaseMatch;
    if (how === 'naive') naive.add(parsed);
    else engine.add(parsed);
  }
  const bytes = measure() - before;
  // Both are still asked afterwards, so that neither is collected before.
  const { groups } = engine.figures();
  console.log(JSON.stringify({ bytes, groups, found: naive.found }));
}

if (process.argv.includes('--fill')) {
  fill(process.argv.at(-1) ?? '');
} else {
  // Most people fail once or twice; one match in twenty is of somebody who is being guessed at.
  const userOf = (at: number): string =>
    at % 20 === 0 ? `victim-${at % 97}` : `user-${(at * 7_919) % 100_003}`;
  const matches = Array.from({ length: MATCHES }, (_, at) => matchOf(at, userOf(at)));
  const records = matches.map((match) => JSON.stringify(match));
  const flood = Array.from({ length: MATCHES }, (_, at) => matchOf(at, 'one'));
  const sizes = { parsed: 0, naive: 0, engine: 0 };

  const seconds = await interleaved(
    [
      {
        name: 'JSON.parse of the matches',
        run: async () => {
          for (const record of records) sizes.parsed += JSON.parse(record) === null ? 0 : 1;
          return undefined;
        },
      },
      {
        name: 'naive: a Map of arrays',
        run: async () => {
          const naive = new Naive();
          for (const match of matches) naive.add(match);
          sizes.naive = naive.found;
          return undefined;
        },
      },
      { name: 'engine', run: async () => void (sizes.engine = run(engineOf(failedLogins), matches)) },
      { name: 'engine, one group flooded', run: async () => void run(engineOf(failedLogins), flood) },
      {
        name: 'engine, one value of one group flooded',
        run: async () => void run(engineOf(manyHosts), flood),
      },
    ],
    ROUNDS,
  );
  if (sizes.naive !== sizes.engine) throw new Error(`${sizes.naive} findings, and ${sizes.engine}`);
  const of = (name: string): number => median(seconds.get(name) ?? []);
  for (const [name, values] of seconds)
    show(name, values, `${Math.round(MATCHES / of(name)).toLocaleString('en')} matches/s`);
  console.log(`findings ${sizes.engine}, the same both ways`);
  const parse = of('JSON.parse of the matches');
  ratio('engine to JSON.parse of a match', of('engine') / parse, '≤ 3');
  ratio('engine to naive', of('engine') / of('naive: a Map of arrays'), '≤ 1');
  ratio('a flooded group to JSON.parse', of('engine, one group flooded') / parse, '≤ 3');
  ratio('a flooded value to JSON.parse', of('engine, one value of one group flooded') / parse, '≤ 3');

  const filled = (how: string): { readonly bytes: number; readonly groups: number } =>
    JSON.parse(
      execFileSync(process.execPath, [
        '--expose-gc',
        import.meta.filename,
        ...(smoke ? ['--smoke'] : []),
        '--fill',
        how,
      ]).toString(),
    ) as { readonly bytes: number; readonly groups: number };
  const [engine, naive] = [filled('engine'), filled('naive')];
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  console.log(
    `${engine.groups.toLocaleString('en')} groups of one match: engine ${megabytes(engine.bytes)} ` +
      `(${Math.round(engine.bytes / GROUPS)} bytes a group), naive ${megabytes(naive.bytes)}`,
  );
  ratio('memory of a million groups to the naive way', engine.bytes / naive.bytes, '≤ 0.6');
}
