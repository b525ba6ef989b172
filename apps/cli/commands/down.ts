import type { Command } from 'commander';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { print } from '../output.ts';
import { supervisorPid } from '../state.ts';

const DOWN_SECONDS_MAX = 120;

export function register(program: Command, { config, output }: Deps): void {
  program
    .command('down')
    .description('stop the platform, in order')
    .action(async () => {
      const pid = supervisorPid(config);
      if (pid === undefined)
        throw cliErrors.make('CLI_NOT_RUNNING', { dataDirectory: config.settings.DEMARC_DATA_DIR });
      process.kill(pid, 'SIGTERM');
      const deadline = Date.now() + DOWN_SECONDS_MAX * 1_000;
      while (supervisorPid(config) === pid) {
        if (Date.now() > deadline)
          throw cliErrors.make('CLI_START_SLOW', { part: 'the stop', seconds: DOWN_SECONDS_MAX });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      print(output, { stopped: true }, () => 'stopped');
    });
}
