import { type TestContext, test } from 'node:test';
import type { Packet } from '@demarc/platform/packets';
import fc from 'fast-check';
import { NetworkDetector } from '../network.ts';
import { NetworkDetectionPolicy } from '../policy.ts';
import {
  ACK,
  ATTACKER,
  answer,
  detect,
  FIN,
  HOST,
  icmp,
  PSH,
  RST,
  range,
  SYN,
  served,
  tcp,
  URG,
  udp,
} from '../testing/packets.ts';
import { Scans } from './scans.ts';

const kinds = (packets: Iterable<Packet>, policy = {}): readonly string[] =>
  detect(packets, policy).map(({ kind }) => kind);
const RAW = { tcpOptionsBytes: 4 };

/** One packet to each of so many ports, each answered by a reset if `refused`. */
function probes(flags: number, ports: number, made: Partial<Packet> = {}, refused = true): readonly Packet[] {
  return range(ports).flatMap((port) => {
    const probe = tcp(port * 20, flags, { destinationPort: 1 + port, ...made });
    return refused ? [probe, answer(probe, RST | ACK)] : [probe];
  });
}

for (const [kind, flags, made] of [
  ['syn-scan', SYN, RAW],
  ['connect-scan', SYN, {}],
  ['null-scan', 0, {}],
  ['xmas-scan', FIN | PSH | URG, {}],
  ['fin-scan', FIN, {}],
  ['xmas-scan', SYN | RST, {}],
  ['syn-fin-scan', SYN | FIN, {}],
  ['syn-fin-scan', SYN | FIN | RST | PSH | ACK | URG, {}],
  ['ack-scan', ACK, {}],
  ['maimon-scan', FIN | ACK, {}],
] as const)
  for (const refused of [true, false])
    test(`${refused ? 'refused' : 'dropped'} probes with flags ${flags} are a ${kind}`, (t: TestContext) => {
      const [found, ...others] = detect(probes(flags, 12, made, refused));
      t.assert.equal(found?.kind, kind);
      t.assert.deepEqual(found?.sources, [ATTACKER]);
      t.assert.deepEqual(found?.targets, [HOST]);
      t.assert.ok((found?.lastAtMs ?? Infinity) - (found?.firstAtMs ?? 0) <= 2_000);
      t.assert.deepEqual(others, []);
    });

test('forged sources that each ask many ports push out each other, and one that goes on is still found', (t: TestContext) => {
  const probesMax = 300;
  const scans = new Scans(NetworkDetectionPolicy.parse({}), probesMax);
  let found: readonly string[] = [];
  for (let source = 0; source < 200; source += 1)
    for (let port = 0; port < 6; port += 1) {
      const forged = { source: `198.18.0.${source}`, destinationPort: 1 + port };
      scans.observe(tcp(source * 60 + port, 0, forged), undefined);
      t.assert.ok(scans.probes <= probesMax, `${scans.probes} probes`);
      // The attacker among them asks one port each time.
      const probe = tcp(source * 60 + port, 0, { destinationPort: 100 + source * 6 + port });
      found = [...found, ...scans.observe(probe, undefined).flatMap(({ sources }) => sources)];
    }
  t.assert.ok(scans.evicted > 0);
  t.assert.ok(found.includes(ATTACKER));
});

test('a SYN scan of open ports is known by how it hangs up', (t: TestContext) => {
  const packets = range(12).flatMap((port) => {
    const opening = tcp(port * 20, SYN, { destinationPort: 1 + port });
    return [opening, answer(opening, SYN | ACK), tcp(port * 20 + 2, RST, { destinationPort: 1 + port })];
  });
  const [found] = detect(packets);
  t.assert.equal(found?.kind, 'syn-scan');
  // A host whose address is forged resets as well: no proof of who it was.
  t.assert.equal(found?.sourceIsProved, false);
});

test('a connect scan that was answered is proved', (t: TestContext) => {
  const open = range(3).flatMap((port) =>
    served(port, { destinationPort: 8_000 + port, sourcePort: 50_000 + port }).slice(0, 3),
  );
  t.assert.equal(detect([...open, ...probes(SYN, 12)])[0]?.sourceIsProved, true);
});

test('datagrams to many ports are a UDP scan; answered ones, replies and traceroute are not', (t: TestContext) => {
  t.assert.deepEqual(kinds(range(12).map((port) => udp(port, { destinationPort: port + 1 }))), ['udp-scan']);
  const answered = range(40).flatMap((port) => {
    const asked = udp(port * 10, { destinationPort: port + 1 });
    return [asked, answer(asked, 0)];
  });
  t.assert.deepEqual(kinds(answered), []);
  t.assert.deepEqual(
    kinds(range(40).map((port) => udp(port, { sourcePort: 53, destinationPort: 30_000 + port }))),
    [],
  );
  t.assert.deepEqual(kinds(range(40).map((hop) => udp(hop, { destinationPort: 33_434 + hop }))), []);
});

test('many IP protocols are a protocol scan', (t: TestContext) => {
  t.assert.deepEqual(kinds(range(40).map((protocol) => icmp(protocol, 0, { protocol: 60 + protocol }))), [
    'protocol-scan',
  ]);
});

test('one port in 15 seconds is a slow scan, in bounded memory and through a flood of forged addresses', (t: TestContext) => {
  const found = detect(slowly());
  const slow = found.find(({ kind }) => kind === 'slow-scan');
  t.assert.deepEqual(slow?.sources, [ATTACKER]);
  t.assert.equal(slow?.portCount, 10);
  t.assert.ok((slow?.lastAtMs ?? 0) - (slow?.firstAtMs ?? 0) > 120_000);

  function* slowly(): Generator<Packet> {
    for (const port of range(12)) {
      yield tcp(port * 15_000, SYN, { destinationPort: port + 1, ...RAW });
      for (const noise of range(4_000))
        yield tcp(port * 15_000 + noise, SYN, {
          source: `100.${port}.${noise >> 8}.${noise & 255}`,
          destinationPort: 80,
        });
    }
  }
});

test('sources that share the ports among them are a distributed scan', (t: TestContext) => {
  const packets = range(30).map((port) =>
    tcp(port * 50, SYN, { source: `198.51.100.${1 + (port % 10)}`, destinationPort: 1 + port, ...RAW }),
  );
  const [found, ...others] = detect(packets);
  t.assert.equal(found?.kind, 'distributed-scan');
  t.assert.equal(found?.sourceCount, 10);
  t.assert.deepEqual(others, []);
});

test('who asks thousands a second, and goes on, is told within two seconds', (t: TestContext) => {
  const everyMs = 0.2;
  for (const [kind, made] of [
    [
      'tcp-sweep',
      (at: number) =>
        tcp(at * everyMs, SYN, { destination: `10.${at >> 14}.${(at >> 7) & 127}.${at & 127}` }),
    ],
    [
      'ping-sweep',
      (at: number) => icmp(at * everyMs, 8, { destination: `10.${at >> 14}.${(at >> 7) & 127}.${at & 127}` }),
    ],
    ['ack-scan', (at: number) => tcp(at * everyMs, ACK, { destinationPort: 1 + at })],
  ] as const) {
    const detector = new NetworkDetector(NetworkDetectionPolicy.parse({}));
    const found = range(10_000).flatMap((at) => detector.observe(made(at)));
    t.assert.deepEqual(
      found.map((one) => one.kind),
      [kind],
    );
  }
});

test('many hosts asked for one thing are a sweep', (t: TestContext) => {
  const host = (at: number): string => `10.0.1.${1 + at}`;
  t.assert.deepEqual(
    kinds(range(20).map((at) => tcp(at, SYN, { destination: host(at), destinationPort: 445 }))),
    ['tcp-sweep'],
  );
  t.assert.deepEqual(kinds(range(20).map((at) => udp(at, { destination: host(at), destinationPort: 161 }))), [
    'udp-sweep',
  ]);
  t.assert.deepEqual(kinds(range(20).map((at) => icmp(at, 8, { destination: host(at) }))), ['ping-sweep']);
  const browsing = range(200).flatMap((at) =>
    served(at * 30, { destination: host(at), destinationPort: 443 }),
  );
  t.assert.deepEqual(kinds(browsing), []);
});

test('a client that is served is never a scanner, however many ports it uses', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 5, max: 50 })), {
        maxLength: 80,
      }),
      (uses) => {
        let atMs = 0;
        const packets = uses.flatMap(([destinationPort, pause], at) => {
          atMs += pause;
          return served(atMs, { destinationPort, sourcePort: 30_000 + at });
        });
        return detect(packets).length === 0;
      },
    ),
  );
});

test('a capture that starts in the middle of connections is no scan', (t: TestContext) => {
  // A server’s segments to ports that its clients have, of connections that were opened before.
  const packets = range(60).map((client) =>
    tcp(client, ACK, { sourcePort: 443, destinationPort: 40_000 + client }),
  );
  t.assert.deepEqual(kinds(packets), []);
});

test('where this machine is named, its own scans block nobody, and those of others are none of its business', (t: TestContext) => {
  const own = detect(probes(SYN, 12, RAW), { protect: [ATTACKER] });
  t.assert.deepEqual(
    own.map(({ response }) => response),
    ['observe'],
  );
  t.assert.deepEqual(kinds(probes(SYN, 12, RAW), { protect: ['192.0.2.1'] }), []);
  t.assert.deepEqual(kinds(probes(SYN, 12, RAW), { protect: ['10.0.0.0/8'] }), ['syn-scan']);
});

test('an attack that goes on is said again, not all the time', (t: TestContext) => {
  const packets = range(1_400).flatMap((port) => {
    const opening = tcp(port * 100, SYN, { destinationPort: 1 + port, ...RAW });
    return [opening, answer(opening, RST | ACK)];
  });
  t.assert.deepEqual(kinds(packets), ['syn-scan', 'syn-scan', 'syn-scan']);
});

test('any packets are taken, and memory is bounded', () => {
  const anyPacket = fc.record({
    protocol: fc.constantFrom(6, 17, 1, 58, 47, 255),
    tcpFlags: fc.nat(255),
    source: fc.constantFrom(ATTACKER, HOST, '::1', '224.0.0.1'),
    destination: fc.constantFrom(ATTACKER, HOST, '::1', '224.0.0.1'),
    destinationPort: fc.nat(65_535),
    icmpType: fc.nat(255),
    payloadBytes: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(anyPacket), (packets) => {
      const detector = new NetworkDetector(NetworkDetectionPolicy.parse({}));
      packets.forEach((made, at) => detector.observe(tcp(at * 7, made.tcpFlags, made)));
      return detector.counts.packets === packets.length;
    }),
  );
});
