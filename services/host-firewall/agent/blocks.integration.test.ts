import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openPair } from '../testing/namespace.ts';

const SCRIPT = fileURLToPath(new URL('../testing/blocking.ts', import.meta.url));

test('blocks are timed, listed, widened and removed, and outlive a change of rules', (t) => {
  using pair = openPair();
  const steps = JSON.parse(pair.inside('host', [process.execPath, SCRIPT])) as Record<string, unknown>;
  t.assert.deepEqual(steps, {
    before: [],
    first: { outcome: 'blocked', replaced: [] },
    again: { outcome: 'blocked', replaced: ['192.0.2.7'] },
    wider: { outcome: 'blocked', replaced: ['192.0.2.7'] },
    covered: { outcome: 'covered', by: '192.0.2.0/24' },
    six: { outcome: 'blocked', replaced: [] },
    listed: ['192.0.2.0/24', '2001:db8::/64'],
    afterChange: ['192.0.2.0/24', '198.51.100.1', '2001:db8::/64'],
    removed: [true, false],
    left: ['198.51.100.1', '2001:db8::/64'],
    refused: ['HFW_BLOCK_INVALID', 'HFW_BLOCK_INVALID', 'NFT_REFUSED'],
    afterRefusal: ['198.51.100.1', '2001:db8::/64'],
  });
});

test('a blocked peer is not answered, an unblocked one is', (t) => {
  using pair = openPair();
  const ping = (): boolean => {
    try {
      pair.inside('peer', ['ping', '-c', '1', '-W', '1', pair.hostAddress]);
      return true;
    } catch {
      return false;
    }
  };
  t.assert.equal(ping(), true);
  pair.inside('host', [process.execPath, SCRIPT, 'block', pair.peerAddress, '4']);
  t.assert.equal(ping(), false);
  // Time is up: the kernel forgets by itself.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4_500);
  t.assert.equal(ping(), true);
});
