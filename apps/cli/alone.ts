/** The commands that work on a file alone: what the others need is not loaded, so they start at once. */
import { Command } from 'commander';
import { register as registerAssurance } from './commands/assurance.ts';
import { register as registerVerify } from './commands/verify.ts';
import { readConfig } from './config.ts';
import type { Output } from './output.ts';
import { report } from './report.ts';
import { VERSION } from './version.ts';

const output: Output = { json: process.argv.includes('--json') };

try {
  const program = new Command('demarc').version(VERSION).exitOverride();
  for (const register of [registerAssurance, registerVerify])
    register(program, { config: readConfig(), output });
  for (const command of program.commands)
    for (const each of [command, ...command.commands]) each.exitOverride().option('--json', 'print JSON');
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error, output);
}
