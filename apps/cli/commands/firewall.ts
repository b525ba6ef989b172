/** `demarc firewall`: policies without a platform, for the people who write them and for their CI. */
import type { Command } from 'commander';
import { registerPolicyCommands } from '../firewall/policy-commands.ts';
import { registerReplay } from '../firewall/replay-command.ts';
import type { Deps } from '../main.ts';

export function register(program: Command, deps: Deps): void {
  const firewall = program.command('firewall').description('Firewall policies, without a platform');
  registerPolicyCommands(firewall, deps);
  registerReplay(firewall, deps);
}
