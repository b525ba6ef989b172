/** Runs inside a namespace for the tests of the block-list: all steps, or `block ADDRESS SECONDS`. */
import { DemarcError } from '@demarc/platform/errors';
import { openNft } from '@demarc/platform/netfilter';
import { startNftWorker } from '@demarc/platform/netfilter/testing';
import { block, listBlocks, swap, unblock } from '../agent/blocks.ts';
import { compile } from '../compile/compile.ts';
import { HostFirewallPolicy } from '../policy.ts';

const [what, address = '', seconds = ''] = process.argv.slice(2);
await using nft = openNft(startNftWorker());
const { run } = nft;
const rules = compile(HostFirewallPolicy.parse({ mode: 'inline' }));
const addresses = async (): Promise<readonly string[]> => (await listBlocks(run)).map((one) => one.address);
const codeOf = async (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'nothing',
    (error: unknown) => (error instanceof DemarcError ? error.code : String(error)),
  );

if (what === 'block') {
  await run(JSON.stringify(rules));
  await block(nft, address, Number(seconds));
} else {
  const before = await addresses();
  await run(JSON.stringify(rules));
  const first = await block(nft, '192.0.2.7', 60);
  const again = await block(nft, '192.0.2.7', 90);
  const wider = await block(nft, '192.0.2.0/24', 120);
  const { expiresInSeconds, ...covered } = { expiresInSeconds: 0, ...(await block(nft, '192.0.2.9', 60)) };
  if (expiresInSeconds < 100) throw new Error(`covered for ${expiresInSeconds} s only`);
  const six = await block(nft, '2001:db8::/64', 60);
  const listed = await addresses();
  // A block made meanwhile is in its turn before or after, and lost in neither.
  await Promise.all([swap(nft, rules), block(nft, '198.51.100.1', 60), swap(nft, rules)]);
  const afterChange = await addresses();
  const removed = [await unblock(nft, '192.0.2.0/24'), await unblock(nft, '192.0.2.0/24')];
  const left = await addresses();
  const refused = [
    await codeOf(block(nft, 'nonsense', 60)),
    await codeOf(block(nft, '192.0.2.1', 0)),
    await codeOf(
      run(
        '{"nftables":[{"delete":{"table":{"family":"inet","name":"demarc"}}},{"delete":{"table":{"family":"inet","name":"nobody"}}}]}',
      ),
    ),
  ];
  const afterRefusal = await addresses();
  console.log(
    JSON.stringify({
      before,
      first,
      again,
      wider,
      covered,
      six,
      listed,
      afterChange,
      removed,
      left,
      refused,
      afterRefusal,
    }),
  );
}
