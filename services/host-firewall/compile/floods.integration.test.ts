/** Limits of the kernel under real floods: a client is served, and the state table does not fill. Needs root, hping3. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HostFirewallPolicy, type PolicyInput } from '../policy.ts';
import { openPair, type Pair } from '../testing/namespace.ts';
import { compile } from './compile.ts';

const LISTEN = fileURLToPath(new URL('../testing/listen.ts', import.meta.url));
const HOLD = fileURLToPath(new URL('../testing/hold.ts', import.meta.url));
const FLOOD_MS = 2_000;
const CLIENTS = 10;

function scene(t: TestContext, stateful: PolicyInput['stateful']): Pair {
  const pair = openPair();
  const directory = mkdtempSync(join(tmpdir(), 'demarc-firewall-'));
  t.after(() => {
    pair[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  const policy = HostFirewallPolicy.parse({
    mode: 'inline',
    defaultAction: { in: 'deny', out: 'allow' },
    rules: [{ id: 'web', direction: 'in', action: 'allow', protocol: 'tcp', destinationPorts: [8_080] }],
    stateful,
  });
  const file = join(directory, 'rules.json');
  writeFileSync(file, JSON.stringify(compile(policy)));
  pair.inside('host', ['nft', '-j', '-f', file]);
  // Answers to forged sources leave, as they would on a network with a router.
  pair.inside('host', ['ip', 'route', 'add', 'default', 'via', pair.peerAddress]);
  return pair;
}

const connections = (pair: Pair): number =>
  Number(pair.inside('host', ['sysctl', '-n', 'net.netfilter.nf_conntrack_count']));

test('a flood of SYNs from forged sources fills no state table, and clients are served', async (t: TestContext) => {
  const pair = scene(t, { synProxy: { perSecond: 200, burst: 400 } });
  pair.inside('host', ['sysctl', '-qw', 'net.netfilter.nf_conntrack_tcp_loose=0']);
  await serve(pair);
  const startedAt = performance.now();
  const flood = pair.start('peer', [
    'hping3',
    '-q',
    '-S',
    '--flood',
    '--rand-source',
    '-p',
    '8080',
    pair.hostAddress,
  ]);
  try {
    await sleep(FLOOD_MS);
    for (let client = 0; client < CLIENTS; client += 1)
      t.assert.equal(connected(pair, 1), 1, `client ${client}`);
    const found = connections(pair);
    const seconds = (performance.now() - startedAt) / 1_000;
    // 600 within the first second, 200 in each after it; without cookies it is a quarter of a million by now.
    t.assert.ok(found < 2 * (600 + 200 * seconds), `${found} connections after ${seconds} s`);
  } finally {
    flood.kill('SIGKILL');
  }
  t.assert.match(pair.inside('host', ['nft', 'list', 'chain', 'inet', 'demarc', 'pass_in']), /synproxy/);
});

test('a source has so many connections at a time, and others are let in', async (t: TestContext) => {
  const pair = scene(t, { connectionsPerSource: 5 });
  await serve(pair);
  pair.inside('peer', ['ip', 'address', 'add', '10.99.0.3/24', 'dev', `${pair.peer}0`]);
  t.assert.equal(connected(pair, 8), 5);
  t.assert.equal(connected(pair, 3, '10.99.0.3'), 3);
});

/** How many of so many connections at once come to be. */
function connected(pair: Pair, count: number, ...source: readonly string[]): number {
  return Number(
    pair.inside('peer', [process.execPath, HOLD, pair.hostAddress, '8080', String(count), ...source]),
  );
}

async function serve(pair: Pair): Promise<void> {
  const server = pair.start('host', [process.execPath, LISTEN, '8080'], 'pipe');
  if (server.stdout === null) throw new Error('a pipe was asked for');
  await once(server.stdout, 'data');
}
