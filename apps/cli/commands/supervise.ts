import type { Command } from 'commander';
import type { Deps } from '../main.ts';
import { supervise } from '../supervise.ts';

export function register(program: Command, { config }: Deps): void {
  program
    .command('supervise', { hidden: true })
    .description('the parent of all parts; `up` starts it')
    .action(() => supervise(config));
}
