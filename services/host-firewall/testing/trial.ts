/**
 * An agent that puts a lock-out on trial: `trial.ts DIRECTORY SECONDS`. Prints `applied ID`, then does what its
 * standard input says: `confirm`. Whoever runs it may kill it at any time, which is the point.
 */
import { createInterface } from 'node:readline';
import { apply, confirm, recover } from '../agent/commit.ts';
import { openNft } from '../agent/nft.ts';
import { ChangeFiles } from '../agent/pending.ts';
import { compile } from '../compile/compile.ts';
import { HostFirewallPolicy } from '../policy.ts';

const [directory = '', seconds = '', what = 'lock-out'] = process.argv.slice(2);
await using nft = openNft();
const files = new ChangeFiles(directory);
const recovered = await recover(files, nft.run);
console.log(`recovered ${JSON.stringify(recovered)}`);
if (what !== 'recover') {
  const policy = HostFirewallPolicy.parse(
    what === 'lock-out'
      ? { mode: 'inline', stateful: { established: 'judge' }, defaultAction: { in: 'deny', out: 'deny' } }
      : { mode: 'inline' },
  );
  const { id } = await apply(files, nft.run, compile(policy), Number(seconds));
  console.log(`applied ${id}`);
  for await (const line of createInterface(process.stdin)) {
    if (line === 'confirm') console.log(confirm(files, id));
    if (line === 'end') break;
  }
}
