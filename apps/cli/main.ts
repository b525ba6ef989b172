/** The `demarc` command. Each command is a file in `commands/`. */
import { Command } from 'commander';
import { groupsFor } from './commands/all.ts';
import { type CliConfig, readConfig } from './config.ts';
import { EXIT } from './exit-codes.ts';
import { type Output, print, table } from './output.ts';
import { report } from './report.ts';
import { VERSION } from './version.ts';

export interface Deps {
  readonly config: CliConfig;
  readonly output: Output;
}

const output: Output = { json: process.argv.includes('--json') };

// Whoever pipes us into `head` has what they wanted: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await main();
} catch (error) {
  process.exitCode = report(error, output);
}

async function main(): Promise<void> {
  const config = readConfig();
  const deps: Deps = { config, output };
  const program = new Command('demarc')
    .description('Runs security services for tenants and shows, from evidence, who is responsible.')
    .version(VERSION)
    .option('--json', 'print JSON')
    .option('--print-config', 'print every setting with its origin, and stop')
    .exitOverride()
    .addHelpText(
      'after',
      `\nExit codes: ${Object.entries(EXIT)
        .map(([name, code]) => `${code} ${name}`)
        .join(', ')}`,
    );
  for (const group of groupsFor(process.argv.slice(2))) (await group.load()).register(program, deps);
  // `--json` may stand anywhere: people put it last.
  for (const command of everyCommand(program)) command.exitOverride().option('--json', 'print JSON');
  if (process.argv.includes('--print-config')) {
    print(output, config.printed, () =>
      table(
        ['setting', 'value', 'origin', 'what'],
        config.printed.map((line) => [line.name, line.value, line.origin, line.says]),
      ),
    );
    return;
  }
  await program.parseAsync();
}

function everyCommand(parent: Command): readonly Command[] {
  return parent.commands.flatMap((command) => [command, ...everyCommand(command)]);
}
