/** `demarc vuln`: what is installed, what is known of it, and which weaknesses follow. Each command is a file in `vulnerability/`. */
import type { Command } from 'commander';
import type { Deps } from '../main.ts';
import { registerCompare } from '../vulnerability/compare.ts';
import { registerFeeds } from '../vulnerability/feeds.ts';
import { registerInventory } from '../vulnerability/inventory.ts';
import { registerMatch } from '../vulnerability/match.ts';
import { registerReport } from '../vulnerability/report.ts';
import { registerScan } from '../vulnerability/scan.ts';

export function register(program: Command, deps: Deps): void {
  const vuln = program.command('vuln').description('vulnerabilities: scan, match, compare versions, report');
  registerScan(vuln, deps);
  registerMatch(vuln, deps);
  registerInventory(vuln, deps);
  registerCompare(vuln, deps);
  registerFeeds(vuln, deps);
  registerReport(vuln, deps);
}
