/**
 * Runs every benchmark of `bench/`, one after the other; `--smoke` keeps each small, for the test run, and has three at a
 * time: it is about whether they run, and no figure of it counts.
 */
import { globSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { basename } from 'node:path';
import { run, runApart } from './run.ts';

const [...args] = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
const flags = args.filter((arg) => arg.startsWith('--'));
const files = globSync('bench/*.bench.ts')
  .sort()
  .filter((file) => names.length === 0 || names.some((name) => basename(file).startsWith(name)));

const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
console.log(
  `machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${gibibytes} GiB, Linux ${release()}, Node ${process.version}`,
);
let failures = files.length === 0 ? 1 : 0;
const waiting = [...files];
if (flags.includes('--smoke')) await Promise.all([smoked(), smoked(), smoked()]);
else
  for (const file of files) {
    console.log(`\n# ${file}`);
    if ((await run(process.execPath, [file, ...flags])) !== 0) failures += 1;
  }
if (files.length === 0) console.error('no benchmark matches');
process.exitCode = failures === 0 ? 0 : 1;

async function smoked(): Promise<void> {
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const { code, output } = await runApart(process.execPath, [file, ...flags]);
    console.log(`\n# ${file}\n${output}`);
    if (code === 0) continue;
    console.error(`${file} ended with ${code}`);
    failures += 1;
  }
}
