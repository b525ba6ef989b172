import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Deps } from '../main.ts';

export function register(program: Command, { config }: Deps): void {
  for (const [name, description] of [
    ['test', 'run everything: static checks, unit, integration, end to end, benchmarks in small'],
    ['bench', 'run the benchmarks, all or by name'],
  ] as const) {
    program
      .command(name)
      .description(description)
      .allowUnknownOption()
      .allowExcessArguments()
      .helpOption(false)
      .action((_options, command: Command) => {
        const root = fileURLToPath(new URL('../../../', import.meta.url));
        const { status } = spawnSync(
          process.execPath,
          ['--disable-warning=ExperimentalWarning', `tools/${name}.ts`, ...command.args],
          {
            cwd: root,
            stdio: 'inherit',
            env: config.childEnvironment,
          },
        );
        process.exitCode = status ?? 1;
      });
  }
}
