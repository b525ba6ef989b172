/** Ordinary and odd traffic, of every kind that Zeek's authors thought worth keeping: nobody is blocked for it. */
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { framesOf, replay } from './testing/replay.ts';

/** Zeek's test traces (corpora/README.md), beside the project. */
const CAPTURES = join(import.meta.dirname, '../../../../shared/corpora/pcap');
const isMissing = existsSync(CAPTURES)
  ? false
  : `no captures at ${CAPTURES}: no false blocks were looked for`;

test('no capture of ordinary traffic blocks anybody', { skip: isMissing }, (t: TestContext) => {
  const files = globSync('**/*.pcap{,ng}', { cwd: CAPTURES }).sort();
  let packets = 0;
  const blocked = files.flatMap((file) => {
    const replayed = replay(framesOf(join(CAPTURES, file)));
    packets += replayed.packets;
    return replayed.blocked.map(
      (address) => `${file}: ${address} ${replayed.detections.map(({ kind }) => kind).join()}`,
    );
  });
  t.diagnostic(`${packets} packets of ${files.length} captures`);
  t.assert.deepEqual(blocked, []);
  t.assert.ok(packets > 20_000);
});
