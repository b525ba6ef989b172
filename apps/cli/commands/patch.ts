/** `demarc patch`: what is installed when, and doing it, without a platform: for those who plan, those who patch, and their CI. */
import type { Command } from 'commander';
import type { Deps } from '../main.ts';
import { registerPlan } from '../patch/plan.ts';
import { registerRun } from '../patch/run.ts';

export function register(program: Command, deps: Deps): void {
  const patch = program
    .command('patch')
    .description('patch plans: which change in which maintenance window; and carrying them out');
  registerPlan(patch, deps);
  registerRun(patch, deps);
}
