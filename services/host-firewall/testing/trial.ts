/**
 * An agent that puts a policy on trial: `trial.ts DIRECTORY SECONDS [lock-out|open|recover] [stopped]`. Prints
 * `applied ID`, then does what its standard input says: `confirm`, `end`. Whoever runs it may kill it at any time, which
 * is the point. `stopped`: its watchdog stops it (SIGSTOP) before the kernel hears of the rules.
 */
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openNft } from '@demarc/platform/netfilter';
import { startNftWorker } from '@demarc/platform/netfilter/testing';
import { openHostFirewall } from '../agent/firewall.ts';
import { HostFirewallPolicy } from '../policy.ts';

const [directory = '', seconds = '', what = 'lock-out', when] = process.argv.slice(2);
const watchdog = [process.execPath, fileURLToPath(new URL('../agent/watchdog.ts', import.meta.url))];
// In the shell, "$0" and "$@" are what stands behind its program.
const stopping = ['sh', '-c', 'kill -STOP $PPID; exec "$0" "$@"', ...watchdog];
const [file = '', ...args] = when === 'stopped' ? stopping : watchdog;
await using firewall = await openHostFirewall(directory, openNft(startNftWorker()), { file, args });
console.log(`recovered ${JSON.stringify(firewall.recovered)}`);
if (what !== 'recover') {
  const lockOut = { stateful: { established: 'judge' }, defaultAction: { in: 'deny', out: 'deny' } } as const;
  const policy = HostFirewallPolicy.parse({ mode: 'inline', ...(what === 'lock-out' && lockOut) });
  // Below what a tenant may ask for: a trial of a test need not last.
  const { id } = await firewall.propose({ ...policy, confirmSeconds: Number(seconds) }, []);
  console.log(`applied ${id}`);
  for await (const line of createInterface(process.stdin)) {
    if (line === 'confirm') console.log(firewall.confirm(id));
    if (line === 'end') break;
  }
}
