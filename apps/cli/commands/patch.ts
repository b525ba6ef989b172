/** `demarc patch`: what is installed when, without a platform: for those who plan, and for their CI. */
import type { Command } from 'commander';
import type { Deps } from '../main.ts';
import { registerPlan } from '../patch/plan.ts';

export function register(program: Command, deps: Deps): void {
  const patch = program.command('patch').description('patch plans: which change in which maintenance window');
  registerPlan(patch, deps);
}
