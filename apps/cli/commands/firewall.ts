/** `demarc firewall`: policies, for the people who write them and for their CI; all but `simulate` without a platform. */
import type { Command } from 'commander';
import { registerPolicyCommands } from '../firewall/policy-commands.ts';
import { registerReplay } from '../firewall/replay-command.ts';
import { registerSimulate } from '../firewall/simulate-command.ts';
import type { Deps } from '../main.ts';

export function register(program: Command, deps: Deps): void {
  const firewall = program
    .command('firewall')
    .description('firewall policies; all but simulate without a platform');
  registerPolicyCommands(firewall, deps);
  registerReplay(firewall, deps);
  registerSimulate(firewall, deps);
}
