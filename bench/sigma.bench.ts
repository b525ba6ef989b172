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
import { cpuMs, measured } from './support/interleaved-cpu.ts';
import { ratio, smoke } from './support/measure.ts';
import { baitEvents, stuffedEvents } from './support/sigma-crafted.ts';
import { measureMemory, PRODUCT_OPTIONS } from './support/sigma-memory.ts';
import { CLOSURES, ENGINE, measurePeer, PARSE } from './support/sigma-peers.ts';
import { sigmaHqFiles } from './support/sigma-rules.ts';
import { compareWorkers } from './support/sigma-workers.ts';
import { attackEvents, linesOf, processEvents } from './support/windows-events.ts';
import { PROGRAMS } from './support/windows-programs.ts';

const EVENTS = smoke ? 2_000 : 20_000;
/** The closures take hundreds of microseconds for each. */
const CLOSURE_EVENTS = smoke ? 20 : 200;
const SAMPLE = smoke ? 1_000 : 5_000;

const files = sigmaHqFiles();
if (files.length === 0) {
  console.log('SigmaHQ’s rules are not at ../shared/corpora/sigma: nothing was measured');
  process.exit(0);
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

const fewLines = linesOf(events.slice(0, CLOSURE_EVENTS));
for (const [name, isLowered, goal] of [
  ["closures, fields lower-cased once (b')", true, '>= 80, stretch 150'],
  ['closures, lower-casing in each predicate (b)', false, 'recorded'],
] as const) {
  const { times, matches } = measurePeer({
    isLowered,
    tables: trainedTables,
    rules: ofGroup.map((rule) => ({ ...rule, text: '' })),
    lines: fewLines,
  });
  const peer = new Map(times);
  shown(`Against ${name}, in a process of their own`, peer, CLOSURE_EVENTS);
  ratio(`${name} / trained`, per(peer, CLOSURES) / per(peer, ENGINE), goal);
  ratio(`${name} / JSON.parse`, per(peer, CLOSURES) / per(peer, PARSE), 'recorded');
  console.log(`  matches: ${matches.engine} by the engine, ${matches.closures} by closures`);
}

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
