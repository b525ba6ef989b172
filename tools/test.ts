/**
 * `npm test` and `./demarc test`: everything. Static checks, unit, integration against the real engines,
 * end to end, and a smoke run of each benchmark. `--only NAME` runs one stage, by the start of its name.
 *
 * The last line is `N passed, N failed, N skipped` over all stages.
 */
import { parseArgs } from 'node:util';
import { buildConsole, buildPrograms } from '../apps/cli/builds.ts';
import type { Failure } from './count-reporter.ts';
import { run } from './run.ts';
import { type Result, runProcesses, runUnits } from './run-stage.ts';
import { endToEndStage, integrationStage, unitStage } from './stages.ts';

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const wanted = (name: string): boolean => values.only === undefined || name.startsWith(values.only);

const total = { passed: 0, failed: 0, skipped: 0 };
const broken: string[] = [];
const failures: Failure[] = [];

if (wanted('check')) await command('check', ['tools/check.ts', '--static']);
const unit = unitStage();
if (wanted(unit.name)) {
  console.log(`\n== ${unit.name}: ${unit.files.length} files`);
  count(unit, await runUnits(unit));
}
// Side by side: whoever is done with the one helps with the other.
const stages = [endToEndStage(), integrationStage()].filter(({ name }) => wanted(name));
if (stages.length > 0) {
  // Once for all whose platforms begin where a second start does.
  if (wanted('end to end')) {
    const [, because] = await Promise.all([buildConsole(), buildPrograms()]);
    if (because !== undefined) console.log(`each platform builds its own programs: ${because}`);
  }
  console.log(`\n== ${stages.map(({ name, files }) => `${name}: ${files.length} files`).join(', ')}`);
  const results = await runProcesses(stages);
  for (const [at, stage] of stages.entries()) count(stage, results[at]);
}
if (wanted('bench')) await command('bench', ['tools/bench.ts', '--smoke']);

// Once more, where whoever reads the end of a long run finds it.
for (const { name, because } of failures) console.log(`\nfailed: ${name}\n${because}`);
if (broken.length > 0) console.log(`\nbroken: ${broken.join(', ')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = broken.length === 0 && total.failed === 0 && total.passed > 0 ? 0 : 1;

function count(stage: { readonly name: string; readonly files: readonly string[] }, result?: Result): void {
  if (stage.files.length === 0) broken.push(`${stage.name} (no files)`);
  total.passed += result?.passed ?? 0;
  total.failed += result?.failed ?? 0;
  total.skipped += result?.skipped ?? 0;
  failures.push(...(result?.failures ?? []));
  if (result?.ok !== true) broken.push(stage.name);
}

async function command(name: string, args: readonly string[]): Promise<void> {
  console.log(`\n== ${name}`);
  if ((await run(process.execPath, args)) !== 0) broken.push(name);
}
