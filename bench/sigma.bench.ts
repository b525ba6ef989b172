/**
 * Sigma: from bytes to matches, with all of SigmaHQ's rules of the events' log source.
 *
 * Every ratio has both sides in one run, interleaved, in CPU time of the thread: `JSON.parse` of the same
 * lines; the engine with pivots from a sample of the same programs, from a sample of other programs, and from
 * none; closures indexed by log source, lower-casing in each predicate (b) and once per event (b'); command
 * lines of 8 KB made to be slow; two workers against one. Rules and attacks are SigmaHQ's, from the corpora.
 *
 * `node bench/sigma.bench.ts [--smoke]`
 */
import { cpus, loadavg } from 'node:os';
import { compileEngine, compileTables, Engine } from '../platform/sigma/engine/engine.ts';
import { looksAt } from '../platform/sigma/event.ts';
import { loadRules } from '../platform/sigma/rules/rules.ts';
import { median, ratio, smoke } from './support/measure.ts';
import { closuresFor, loweredClosuresFor } from './support/sigma-closures.ts';
import { baitEvents, stuffedEvents } from './support/sigma-crafted.ts';
import { measureMemory, PRODUCT_OPTIONS } from './support/sigma-memory.ts';
import { sigmaHqFiles } from './support/sigma-rules.ts';
import { compareWorkers } from './support/sigma-workers.ts';
import { attackEvents, type FlatEvent, linesOf, processEvents } from './support/windows-events.ts';
import { PROGRAMS } from './support/windows-programs.ts';

const ROUNDS = smoke ? 1 : 9;
const EVENTS = smoke ? 2_000 : 20_000;
/** The closures take hundreds of microseconds for each. */
const CLOSURE_EVENTS = smoke ? 20 : 200;
const SAMPLE = smoke ? 1_000 : 5_000;
/** So that the clock's steps (4 ms) do not count. */
const MEASURED_MS_MIN = smoke ? 20 : 120;

const files = sigmaHqFiles();
if (files.length === 0) {
  console.log('SigmaHQ’s rules are not at ../shared/corpora/sigma: nothing was measured');
  process.exit(0);
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

type Sides = Readonly<Record<string, () => unknown>>;

/** Milliseconds of CPU per run of each side, A B C A B C; the first round warms up. */
function measured(sides: Sides): ReadonlyMap<string, number> {
  const all = new Map<string, number[]>(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(sides)) {
      const from = cpuMs();
      let runs = 0;
      do {
        run();
        runs += 1;
      } while (cpuMs() - from < MEASURED_MS_MIN);
      if (round > 0) all.get(name)?.push((cpuMs() - from) / runs);
    }
  }
  return new Map([...all].map(([name, values]) => [name, median(values)]));
}

function shown(title: string, times: ReadonlyMap<string, number>, events: number): void {
  console.log(`\n${title}`);
  for (const [name, ms] of times)
    console.log(
      `  ${name.padEnd(52)} ${((ms * 1_000) / events).toFixed(2).padStart(9)} µs/event ${Math.round(
        (events / ms) * 1_000,
      )
        .toLocaleString('en')
        .padStart(10)} events/s`,
    );
}

function timed<T>(what: string, work: () => T): T {
  const from = cpuMs();
  const result = work();
  console.log(`${what}: ${Math.round(cpuMs() - from)} ms of CPU`);
  return result;
}

console.log(
  `machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)}`,
);
const { detections: rules, refused } = timed(`load ${files.length} rule files from YAML`, () =>
  loadRules(files),
);
const attacks = attackEvents();
const options = PRODUCT_OPTIONS;
const events = processEvents(EVENTS, 1, attacks);
const lines = linesOf(events);
const texts = lines.toString().trim().split('\n');
const sample = linesOf(processEvents(SAMPLE, 2, attacks));
const half = (rest: number) => PROGRAMS.filter((_, at) => at % 2 === rest);
const foreign = linesOf(processEvents(SAMPLE, 3, attacks, half(0)));
const familiar = processEvents(EVENTS, 4, attacks, half(1));

const untrainedTables = timed('compile without a sample', () => compileTables(rules, options));
const trainedTables = timed(`compile with a sample of ${SAMPLE} events`, () =>
  compileTables(rules, { ...options, sample }),
);
const untrained = timed('instantiate from tables', () => Engine.fromTables(untrainedTables));
const trained = Engine.fromTables(trainedTables);
const foreignTrained = compileEngine(rules, { ...options, sample: foreign });
const ofGroup = rules.filter(({ logsource }) =>
  looksAt(logsource, [{ product: 'windows', category: 'process_creation', service: 'sysmon' }]),
);
console.log(
  `${rules.length} rules (${refused.length} refused), ${ofGroup.length} of the log source; ${trainedTables.atomCount} predicates; ${Math.round(lines.length / EVENTS)} bytes per event, ${attacks.length} kinds of attacks`,
);

const parseOnly = (all: readonly string[]) => () => {
  let last: unknown;
  for (const text of all) last = JSON.parse(text);
  return last;
};

const main = measured({
  'JSON.parse of the same lines': parseOnly(texts),
  'bytes to matches, trained': () => trained.matchLines(lines),
  'bytes to matches, untrained': () => untrained.matchLines(lines),
});
shown('Process events', main, EVENTS);
const per = (times: ReadonlyMap<string, number>, name: string): number => times.get(name) ?? Number.NaN;
const base = per(main, 'JSON.parse of the same lines');
ratio('trained / JSON.parse', per(main, 'bytes to matches, trained') / base, '<= 2.0, stretch 1.2');
ratio('untrained / JSON.parse', per(main, 'bytes to matches, untrained') / base, '<= 4.0, stretch 3.0');
for (const [name, engine] of [
  ['trained', trained],
  ['untrained', untrained],
] as const)
  console.log(
    `  rules evaluated per event, ${name}: ${(engine.figures.candidates / engine.figures.events).toFixed(1)}`,
  );

const familiarLines = linesOf(familiar);
const other = measured({
  'JSON.parse of the same lines': parseOnly(familiarLines.toString().trim().split('\n')),
  'bytes to matches, trained on other programs': () => foreignTrained.matchLines(familiarLines),
});
shown('Process events of programs that were not in the sample', other, EVENTS);
ratio(
  'trained on other programs / JSON.parse',
  per(other, 'bytes to matches, trained on other programs') / per(other, 'JSON.parse of the same lines'),
  '<= 2.5, stretch 2.0',
);

const few = events.slice(0, CLOSURE_EVENTS);
const fewLines = linesOf(few);
const fewTexts = fewLines.toString().trim().split('\n');
const plain = closuresFor(ofGroup);
const lowered = loweredClosuresFor(ofGroup);
const closures = measured({
  "closures, fields lower-cased once (b'), with JSON.parse": () =>
    fewTexts.map((text) => lowered(JSON.parse(text) as FlatEvent)),
  'closures, lower-casing in each predicate (b), with JSON.parse': () =>
    fewTexts.map((text) => plain(JSON.parse(text) as FlatEvent)),
  'bytes to matches, trained': () => trained.matchLines(fewLines),
});
shown('Against closures indexed by log source', closures, CLOSURE_EVENTS);
const ours = per(closures, 'bytes to matches, trained');
ratio(
  "closures (b') / trained",
  per(closures, "closures, fields lower-cased once (b'), with JSON.parse") / ours,
  '>= 80, stretch 150',
);
ratio(
  'closures (b) / trained',
  per(closures, 'closures, lower-casing in each predicate (b), with JSON.parse') / ours,
  'recorded',
);
const count = (found: { readonly line: Uint32Array }) => found.line.length;
console.log(
  `  matches: ${count(trained.matchLines(fewLines))} by the engine, ${few.reduce((sum, event) => sum + lowered(event), 0)} by closures`,
);

for (const [name, crafted] of [
  ['8 KB stuffed with texts of rules', stuffedEvents(events, ofGroup)],
  ['8 KB of bait for regular expressions', baitEvents(events)],
] as const) {
  const craftedLines = linesOf(crafted);
  const times = measured({
    'JSON.parse of the same lines': parseOnly(craftedLines.toString().trim().split('\n')),
    'bytes to matches': () => trained.matchLines(craftedLines),
  });
  shown(`Crafted command lines: ${name}`, times, crafted.length);
  const found = trained.matchLines(craftedLines);
  console.log(`  ${found.line.length} matches, ${found.incomplete.length} of ${crafted.length} incomplete`);
  ratio(
    `${name} / JSON.parse`,
    per(times, 'bytes to matches') / per(times, 'JSON.parse of the same lines'),
    '<= 50, stretch 20',
  );
}

console.log('\nWorkers, each with its own engine from the same tables');
await compareWorkers(trainedTables, lines);

const memory = measureMemory(sample, lines);
console.log(
  `\nmemory: tables ${(trainedTables.memory.length / 1e6).toFixed(1)} MB, one engine with its working space ${(trained.memoryBytes / 1e6).toFixed(1)} MB`,
);
console.log(
  `memory with ${memory.rules} rules: the process that matches ${memory.engineResident.toFixed(0)} MB resident, ${memory.enginePeak.toFixed(0)} MB at most (goal: <= 600); the process that reads YAML and compiles ${memory.compilerPeak.toFixed(0)} MB at most`,
);
