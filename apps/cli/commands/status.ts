import type { Command } from 'commander';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { platformState, supervisorPid } from '../state.ts';

export function register(program: Command, { config, output }: Deps): void {
  program
    .command('status')
    .description('every part, its health and why')
    .action(() => {
      const pid = supervisorPid(config);
      const state = pid === undefined ? undefined : platformState(config, pid);
      if (state === undefined)
        throw cliErrors.make('CLI_NOT_RUNNING', { dataDirectory: config.settings.DEMARC_DATA_DIR });
      print(output, state, () =>
        table(
          ['part', 'state', 'pid', 'restarts', 'why', 'figures'],
          state.parts.map((part) => [
            part.name,
            part.health.state,
            part.pid === null ? '' : String(part.pid),
            String(part.restartCount),
            part.health.because,
            Object.entries(part.health.figures ?? {})
              .map(([name, value]) => `${name}=${value}`)
              .join(' '),
          ]),
        ),
      );
    });
}
