/** The `demarc` command. Each command is a file in `commands/`. */
import { Command } from 'commander';
import { register as registerAssets } from './commands/assets.ts';
import { register as registerAssurance } from './commands/assurance.ts';
import { register as registerAudit } from './commands/audit.ts';
import { register as registerBackup } from './commands/backup.ts';
import { register as registerDown } from './commands/down.ts';
import { register as registerEvents } from './commands/events.ts';
import { register as registerExceptions } from './commands/exceptions.ts';
import { register as registerHandover } from './commands/handover.ts';
import { register as registerFrameworks } from './commands/frameworks.ts';
import { register as registerMatrix } from './commands/matrix.ts';
import { register as registerOscal } from './commands/oscal.ts';
import { register as registerRisks } from './commands/risks.ts';
import { register as registerResponsibility } from './commands/responsibility.ts';
import { register as registerService } from './commands/service.ts';
import { register as registerStandards } from './commands/standards.ts';
import { register as registerSimulate } from './commands/simulate.ts';
import { register as registerStatus } from './commands/status.ts';
import { register as registerSupervise } from './commands/supervise.ts';
import { register as registerTenant } from './commands/tenant.ts';
import { register as registerTest } from './commands/test.ts';
import { register as registerUp } from './commands/up.ts';
import { register as registerWorkbook } from './commands/workbook.ts';
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
  for (const register of [
    registerUp,
    registerDown,
    registerStatus,
    registerTenant,
    registerAssets,
    registerEvents,
    registerMatrix,
    registerAssurance,
    registerAudit,
    registerService,
    registerWorkbook,
    registerRisks,
    registerExceptions,
    registerStandards,
    registerSimulate,
    registerHandover,
    registerResponsibility,
    registerOscal,
    registerFrameworks,
    registerBackup,
    registerTest,
    registerSupervise,
  ]) {
    register(program, deps);
  }
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
