import { type TestContext, test } from 'node:test';
import type { HostIdentity } from '@demarc/platform/contract/agent';
import { validateOcsf } from '@demarc/platform/ocsf';
import type { Packet } from '@demarc/platform/packets';
import { recordedOf } from '../analysis/recorded.ts';
import { changedOutcomes } from '../analysis/simulate.ts';
import { HostFirewallPolicy } from '../policy.ts';
import { FLOW_KEYS_MAX, FlowTally, LOGGED_KEYS_MAX, LoggedTally } from './tally.ts';
import { flowToOcsf, loggedToOcsf, tamperedToOcsf } from './to-ocsf.ts';

const host: HostIdentity = {
  assetId: '7f3c',
  hostname: 'web-1',
  machineId: 'm',
  os: { name: 'Debian', version: '12', kernel: '6.1', family: 'debian' },
};
const syn: Packet = {
  atMs: 1_700_000_000_000.5,
  family: 4,
  source: '203.0.113.9',
  destination: '10.0.0.2',
  protocol: 6,
  sourcePort: 40_000,
  destinationPort: 22,
  tcpFlags: 2,
  bytes: 60,
  interfaceName: 'eth0',
};
const rules = [{ id: 'ssh', direction: 'in', action: 'deny', protocol: 'tcp', destinationPorts: [22] }];

test('a flood of one source is one event with its number', (t: TestContext) => {
  const tally = new LoggedTally();
  for (let at = 0; at < 5_000; at += 1)
    tally.packet('demarc drop ssh ', { ...syn, sourcePort: at, atMs: syn.atMs + at }, 'in');
  t.assert.equal(tally.packet('somebody else', syn, 'in'), false);
  const { entries, beyond } = tally.take();
  t.assert.deepEqual([entries.length, beyond, tally.isEmpty], [1, 0, true]);
  const event = loggedToOcsf(
    entries[0] as (typeof entries)[number],
    HostFirewallPolicy.parse({ rules }),
    host,
  );
  t.assert.deepEqual(validateOcsf(event), { ok: true });
  t.assert.equal(event['message'], 'tcp 203.0.113.9 > 10.0.0.2 port 22 in dropped by rule ssh, 5000 packets');
  t.assert.deepEqual([event['count'], event['action_id'], event['disposition_id']], [5_000, 2, 2]);
});

test('a flood of many sources is bounded, and what is beyond is counted', (t: TestContext) => {
  const [logged, flows] = [new LoggedTally(), new FlowTally()];
  for (let at = 0; at < 10_000; at += 1) {
    const source = `10.1.${at >> 8}.${at & 255}`;
    logged.packet('demarc tap :default ', { ...syn, source }, 'in');
    flows.connection({ ...syn, source }, new Set([syn.destination]), 0);
  }
  const { entries, beyond } = logged.take();
  t.assert.deepEqual([entries.length, beyond], [LOGGED_KEYS_MAX, 10_000 - LOGGED_KEYS_MAX]);
  const counted = flows.take();
  t.assert.deepEqual([counted.entries.length, counted.beyond], [FLOW_KEYS_MAX, 10_000 - FLOW_KEYS_MAX]);
});

test('what passes through or stays on the machine is no flow of it', (t: TestContext) => {
  const flows = new FlowTally();
  flows.connection(syn, new Set(), 0);
  flows.connection(syn, new Set([syn.source, syn.destination]), 0);
  t.assert.equal(flows.isEmpty, true);
});

test('events come back as the packets that they were, and say what a proposal would change', (t: TestContext) => {
  const [logged, flows] = [new LoggedTally(), new FlowTally()];
  logged.packet('demarc drop ssh ', syn, 'in');
  logged.packet('demarc drop :blocked ', syn, 'in');
  logged.packet('demarc tap web ', { ...syn, destinationPort: 80 }, 'in');
  flows.connection({ ...syn, destinationPort: 443 }, new Set([syn.destination]), syn.atMs);
  const events = [
    ...logged.take().entries.map((entry) => loggedToOcsf(entry, undefined, host)),
    ...flows.take().entries.map((flow) => flowToOcsf(flow, host)),
  ];
  for (const event of events) t.assert.deepEqual(validateOcsf(event), { ok: true });
  const recorded = events.flatMap((event) => recordedOf(event) ?? []);
  t.assert.deepEqual(
    recorded.map(({ packet, wasDropped }) => [packet.destinationPort, wasDropped]),
    [
      [22, true],
      [80, false],
      [443, false],
    ],
  );
  // An event’s time has no fractions.
  t.assert.deepEqual(recorded[0]?.packet, { ...syn, direction: 'in', atMs: Math.round(syn.atMs) });
  const proposed = HostFirewallPolicy.parse({
    defaultAction: { in: 'deny' },
    rules: [{ ...rules[0], id: 'https', action: 'allow', destinationPorts: [22, 443] }],
  });
  t.assert.deepEqual(
    changedOutcomes(proposed, recorded).map(({ flow, after }) => [
      flow.packet.destinationPort,
      after.verdict,
    ]),
    [
      [22, 'accept'],
      [80, 'drop'],
    ],
  );
});

test('the same twice is one event; tampering says what became of the rules', (t: TestContext) => {
  const found = { atMs: 1_700_000_000_000, what: 'removed', confirmedDigest: 'a', putBack: true } as const;
  const [one, two] = [found, found].map((each) =>
    tamperedToOcsf({ ...each, presentDigest: undefined }, host),
  );
  t.assert.deepEqual(validateOcsf(one), { ok: true });
  t.assert.equal(one?.metadata.uid, two?.metadata.uid);
});
