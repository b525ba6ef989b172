/** Loads one nftables JSON file over and over through the agent’s own thread: `load.ts FILE COUNT`; prints ms each. */
import { readFileSync } from 'node:fs';
import { openNft } from '@demarc/platform/netfilter';
import { startNftWorker } from '@demarc/platform/netfilter/testing';

const [file = '', count = ''] = process.argv.slice(2);
const rules = readFileSync(file, 'utf8');
await using nft = openNft(startNftWorker());
await nft.run('list tables');
const tookMs: number[] = [];
for (let round = 0; round < Number(count); round += 1) {
  const startedAt = performance.now();
  await nft.run(rules);
  tookMs.push(performance.now() - startedAt);
}
console.log(JSON.stringify(tookMs));
