/** The room in a network namespace, with the real nftables, NFLOG, connection tracking and a TUN device. Needs root. */
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { validateOcsf } from '@demarc/platform/ocsf';
import { type Pair, PEER_ADDRESS } from '../testing/namespace.ts';
import { listen, PATIENCE_MS, RoomAgent, withPair } from '../testing/room-agent.ts';

function isReached({ inside, hostAddress }: Pair, where: 'host' | 'peer' = 'peer'): boolean {
  try {
    inside(where, ['ping', '-c', '1', '-W', '1', where === 'peer' ? hostAddress : PEER_ADDRESS]);
    return true;
  } catch {
    return false;
  }
}

const nft = ({ inside }: Pair, ...command: readonly string[]): string => inside('host', ['nft', ...command]);
const tables = (pair: Pair): string => nft(pair, 'list', 'tables');

const closed = {
  mode: 'inline',
  // Meters and blocks fill while packets pass.
  stateful: {
    synPerSource: { perSecond: 100, burst: 100 },
    newConnectionsPerSource: { perSecond: 100, burst: 100 },
  },
  defaultAction: { in: 'deny', out: 'allow' },
  rules: [
    {
      id: 'no-telnet',
      name: 'Telnet',
      direction: 'in',
      action: 'deny',
      protocol: 'tcp',
      destinationPorts: [23],
    },
  ],
  checkSeconds: 5,
  confirmSeconds: 20,
};

test('a closed policy is confirmed, proved, watched, put back, and stays over a restart', async (t: TestContext) => {
  await withPair(async (pair, directory) => {
    using agent = new RoomAgent(pair, directory);
    const health = await agent.apply(closed);
    t.assert.equal(health.state, 'healthy', health.because);
    t.assert.equal(isReached(pair), false);

    const proved = await agent.until(({ finding }) => finding?.rule === 'VMS-07.1');
    t.assert.equal(proved.finding?.result, 'pass', proved.finding?.because);
    const canary = await agent.until(({ finding }) => finding?.rule === 'VMS-07.2');
    t.assert.equal(canary.finding?.result, 'pass', canary.finding?.because);
    t.assert.match(canary.finding?.because ?? '', /dropped by :default/);
    t.assert.doesNotMatch(pair.inside('host', ['ip', 'link']), /demarc0/);

    // What the ping above was, and what comes now.
    pair.inside('peer', [
      'sh',
      '-c',
      `for i in 1 2 3; do timeout 0.2 bash -c '</dev/tcp/${pair.hostAddress}/23'; done; true`,
    ]);
    const drop = await agent.until(({ event }) => event?.firewall_rule?.uid === 'no-telnet');
    t.assert.deepEqual(validateOcsf(drop.event), { ok: true });
    t.assert.match(
      drop.event?.message ?? '',
      /^tcp 10\.99\.0\.2 > 10\.99\.0\.1 port 23 in dropped by rule no-telnet/,
    );
    await agent.until(({ event }) => event?.firewall_rule?.uid === ':default');

    const before = agent.said.length;
    nft(pair, 'add', 'rule', 'inet', 'demarc', 'always_in', 'accept');
    const told = await agent.until(({ event }) => event?.class_uid === 3_004, before);
    t.assert.deepEqual(validateOcsf(told.event), { ok: true });
    const failed = await agent.until(
      ({ finding }) => finding?.rule === 'VMS-07.1' && finding.result === 'fail',
      before,
    );
    t.assert.match(failed.finding?.because ?? '', /Somebody else changed.*put back/);
    t.assert.equal(isReached(pair), false);
    await agent.until(({ finding }) => finding?.rule === 'VMS-07.1' && finding.result === 'pass', before);

    await agent.ask('block', '10.99.0.64/28');
    const then = agent.said.length;
    nft(pair, 'delete', 'table', 'inet', 'demarc');
    await agent.until(({ event }) => /removed.*put back/.test(event?.message ?? ''), then);
    t.assert.equal(isReached(pair), false);
    t.assert.match(nft(pair, 'list', 'set', 'inet', 'demarc', 'blocked4'), /10\.99\.0\.64\/28/);

    await agent.ask('dispose');
    t.assert.match(tables(pair), /inet demarc/, 'rules stay while the agent is away');
    const changed = agent.said.filter(({ event }) => event?.class_uid === 3_004);
    t.assert.equal(changed.length, 2, 'what changes by itself is no change of rules');
    const again = await agent.apply(closed);
    t.assert.equal(again.state, 'healthy');
    t.assert.equal(
      agent.said.filter(({ log }) => log === 'rules are in force').length,
      1,
      'nothing is tried twice',
    );
    await agent.ask('dispose');
    await agent.ask('withdraw');
    t.assert.equal(tables(pair), '');
  });
});

test('rules under which the platform is not reached are taken back, and health says so', async (t: TestContext) => {
  await withPair(async (pair, directory) => {
    // The agent believes that the platform is elsewhere, so nothing that it adds by itself saves it.
    using agent = new RoomAgent(pair, directory, 'https://10.99.0.7:1');
    await agent.apply({ mode: 'inline', checkSeconds: 5 });
    const health = await agent.apply({
      ...closed,
      defaultAction: { in: 'deny', out: 'deny' },
      stateful: { established: 'judge' },
      confirmSeconds: 5,
    });
    t.assert.equal(health.state, 'degraded');
    t.assert.match(health.because, /taken back.*the platform was not reached under them/);
    t.assert.equal(isReached(pair), true, 'the rules before are in force');
    const finding = await agent.until(
      (said) => said.finding?.rule === 'VMS-07.1' && /not in force/.test(said.finding.because),
    );
    t.assert.equal(finding.finding?.result, 'fail');
  });
});

test('who cannot read what rules log says so, and still keeps the rules in force', async (t: TestContext) => {
  await withPair(async (pair, directory) => {
    using first = new RoomAgent(pair, join(directory, 'first'));
    await first.apply({ mode: 'tap' });
    // One reader for each group: the second finds it taken.
    using second = new RoomAgent(pair, join(directory, 'second'));
    const health = await second.apply(closed);
    t.assert.equal(health.state, 'degraded');
    t.assert.match(health.because, /what rules log cannot be read/);
    t.assert.equal(isReached(pair), false);
    const canary = await second.until(({ finding }) => finding?.rule === 'VMS-07.2');
    t.assert.equal(canary.finding?.result, 'error');
  });
});

test('tap mode drops nothing, says what it would, and the canary still proves the way', async (t: TestContext) => {
  await withPair(async (pair, directory) => {
    using agent = new RoomAgent(pair, directory);
    const health = await agent.apply({ ...closed, mode: 'tap' });
    t.assert.equal(health.state, 'healthy', health.because);
    t.assert.equal(isReached(pair), true);
    const tapped = await agent.until(({ event }) => event?.firewall_rule?.uid === ':default');
    t.assert.match(tapped.event?.message ?? '', /would be dropped/);
    t.assert.deepEqual(validateOcsf(tapped.event), { ok: true });
    const canary = await agent.until(({ finding }) => finding?.rule === 'VMS-07.2');
    t.assert.equal(canary.finding?.result, 'pass', canary.finding?.because);
    const state = await agent.until(({ finding }) => finding?.rule === 'VMS-07.1');
    t.assert.match(state.finding?.because ?? '', /watches only/);
  });
});

test('a block drops, an isolation leaves the exceptions, and the kernel ends it when the agent is dead', async (t: TestContext) => {
  await withPair(async (pair, directory) => {
    // Of another address too, which nobody allowed.
    pair.inside('peer', ['ip', 'address', 'add', '10.99.0.3/24', 'dev', `${pair.peer}0`]);
    const from = (address: string): boolean => {
      try {
        pair.inside('peer', ['ping', '-c', '1', '-W', '1', '-I', address, pair.hostAddress]);
        return true;
      } catch {
        return false;
      }
    };
    using agent = new RoomAgent(pair, directory);
    await agent.apply({ mode: 'inline', flowSeconds: 5 });
    t.assert.equal(from(PEER_ADDRESS), true);
    const { drops, allowed } = (await agent.ask('blocking')) as { drops: boolean; allowed: string[] };
    t.assert.equal(drops, true);
    t.assert.ok(allowed.includes(PEER_ADDRESS));
    await agent.ask('block', '10.99.0.3');
    t.assert.equal(from('10.99.0.3'), false);
    await agent.ask('unblock', '10.99.0.3');
    t.assert.equal(from('10.99.0.3'), true);

    const flow = await agent.until(({ event }) => event?.['activity_id'] === 1 && /icmp/.test(event.message));
    t.assert.deepEqual(validateOcsf(flow.event), { ok: true });
    t.assert.match(flow.event?.message ?? '', /^icmp 10\.99\.0\.2 > 10\.99\.0\.1 in: \d+ new connection/);

    await t.assert.rejects(agent.ask('isolate', [['everybody'], 4]), /That cannot be blocked: "everybody"/);
    const isSixReached = (): boolean => {
      try {
        pair.inside('peer', ['ping', '-6', '-c', '1', '-W', '1', 'fd99::1']);
        return true;
      } catch {
        return false;
      }
    };
    await agent.ask('isolate', [['fd99::2'], 60]);
    t.assert.deepEqual([isSixReached(), from('10.99.0.3')], [true, false]);
    await agent.ask('isolate', [null, 0]);
    t.assert.equal(from('10.99.0.3'), true, 'it was taken back');
    await agent.ask('isolate', [['10.99.0.2', '2001:db8::/32'], 8]);
    t.assert.equal(from('10.99.0.2'), true);
    t.assert.equal(isSixReached(), false);
    t.assert.equal(from('10.99.0.3'), false);
    agent.kill();
    pair.powerOff();
    t.assert.equal(from('10.99.0.3'), false, 'the isolation outlives the agent');
    const endMs = Date.now() + PATIENCE_MS;
    while (!from('10.99.0.3') && Date.now() < endMs) await sleep(200);
    t.assert.equal(from('10.99.0.3'), true, 'and ends by itself');
  });
});

test('an administrator who is logged in keeps the way in, others do not', async (t: TestContext) => {
  await withPair(async (pair, directory) => {
    for (const last of [3, 4])
      pair.inside('peer', ['ip', 'address', 'add', `10.99.0.${last}/24`, 'dev', `${pair.peer}0`]);
    await listen(pair, 'host', 22);
    const dial = (from: string, then: string): readonly string[] => [
      process.execPath,
      '--eval',
      `require('net').connect({ host: '${pair.hostAddress}', port: 22, localAddress: '${from}', timeout: 1000 })
        .on('timeout', () => process.exit(1)).on('connect', function () { ${then} })`,
    ];
    const logsIn = (from: string): boolean => {
      try {
        pair.inside('peer', dial(from, 'process.exit(0)'));
        return true;
      } catch {
        return false;
      }
    };
    const session = pair.start('peer', dial('10.99.0.3', "this.setTimeout(0); console.log('in')"), 'pipe');
    await new Promise((resolve) => session.stdout?.once('data', resolve));
    using agent = new RoomAgent(pair, directory);
    await agent.apply(closed);
    t.assert.equal(logsIn('10.99.0.3'), true);
    t.assert.equal(logsIn('10.99.0.4'), false);
  });
});
