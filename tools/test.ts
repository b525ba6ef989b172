/**
 * `npm test` and `./demarc test`: everything. Static checks, unit, integration against the real engines,
 * end to end, and a smoke run of each benchmark. `--only NAME` runs one stage, by the start of its name.
 *
 * The last line is `N passed, N failed, N skipped` over all stages.
 */
import { parseArgs } from 'node:util';
import { run, runStage } from './run-stage.ts';
import { endToEndStage, integrationStage, type Stage, unitStage } from './stages.ts';

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const wanted = (name: string): boolean => values.only === undefined || name.startsWith(values.only);

const total = { passed: 0, failed: 0, skipped: 0 };
const broken: string[] = [];

if (wanted('check')) await command('check', ['tools/check.ts', '--static']);
for (const stage of [unitStage(), integrationStage(), endToEndStage()]) {
  if (wanted(stage.name)) await count(stage);
}
if (wanted('bench')) await command('bench', ['tools/bench.ts', '--smoke']);

if (broken.length > 0) console.log(`\nbroken: ${broken.join(', ')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = broken.length === 0 && total.failed === 0 && total.passed > 0 ? 0 : 1;

async function count(stage: Stage): Promise<void> {
  console.log(`\n== ${stage.name}: ${stage.files.length} files`);
  if (stage.files.length === 0) {
    broken.push(`${stage.name} (no files)`);
    return;
  }
  const result = await runStage(stage);
  total.passed += result.passed;
  total.failed += result.failed;
  total.skipped += result.skipped;
  if (!result.ok) broken.push(stage.name);
}

async function command(name: string, args: readonly string[]): Promise<void> {
  console.log(`\n== ${name}`);
  if ((await run(process.execPath, args)) !== 0) broken.push(name);
}
