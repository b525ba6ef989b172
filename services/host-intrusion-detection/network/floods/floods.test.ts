import { type TestContext, test } from 'node:test';
import type { Packet } from '@demarc/platform/packets';
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
  udp,
} from '../testing/packets.ts';

const kinds = (packets: Iterable<Packet>, policy = {}): readonly string[] =>
  detect(packets, policy).map(({ kind }) => kind);
const forged = (at: number): string => `${1 + (at % 200)}.${(at >> 8) & 255}.${at & 255}.${at % 251}`;

test('connections that are never completed are a SYN flood, from a source', (t: TestContext) => {
  const packets = range(600).map((at) => tcp(at * 2, SYN, { sourcePort: 1_000 + at }));
  const found = detect(packets).find(({ kind }) => kind === 'syn-flood');
  t.assert.deepEqual(found?.sources, [ATTACKER]);
  t.assert.equal(found?.evidence['packetsPerSecond'], 500);
  t.assert.ok((found?.lastAtMs ?? Infinity) - (found?.firstAtMs ?? 0) <= 2_000);
});

test('a SYN flood that resets its own connections is one as well', (t: TestContext) => {
  const packets = range(600).flatMap((at) => {
    const opening = tcp(at * 2, SYN, { sourcePort: 1_000 + at });
    return [
      opening,
      answer(opening, 18, { atMs: at * 2 + 0.1 }),
      tcp(at * 2 + 0.2, RST, { sourcePort: 1_000 + at }),
    ];
  });
  t.assert.ok(kinds(packets).includes('syn-flood'));
});

test('a flood from forged addresses names nobody, and asks for protection', (t: TestContext) => {
  const found = detect(
    range(3_000).map((at) => tcp(at * 0.5, SYN, { source: forged(at), sourcePort: 1_000 + at })),
  );
  t.assert.deepEqual(
    found.map(({ kind, sources, response }) => [kind, sources, response]),
    [['syn-flood', [], 'protect']],
  );
  t.assert.ok((found[0]?.sourceCount ?? 0) > 400);
});

test('a benchmark of completed connections is no flood', (t: TestContext) => {
  const packets = range(3_000).flatMap((at) => served(at * 0.5, { sourcePort: 1_000 + at }));
  t.assert.deepEqual(kinds(packets.sort((a, b) => a.atMs - b.atMs)), []);
});

test('a fast scan of ports is no flood', (t: TestContext) => {
  const packets = range(3_000).map((at) =>
    tcp(at * 0.5, SYN, { destinationPort: 1 + at, tcpOptionsBytes: 0 }),
  );
  t.assert.ok(!kinds(packets).includes('syn-flood'));
});

test('ICMP in masses is a flood; what it makes the target answer is not', (t: TestContext) => {
  const asked = range(1_500).flatMap((at) => [
    icmp(at, 8),
    icmp(at + 0.1, 0, { source: HOST, destination: ATTACKER }),
  ]);
  const found = detect(asked);
  t.assert.deepEqual(
    found.map(({ kind, sources }) => [kind, sources]),
    [['icmp-flood', [ATTACKER]]],
  );
  t.assert.deepEqual(kinds(range(60).map((at) => icmp(at * 16, 8))), []);
});

test('answers that nobody asked for are an ICMP flood', (t: TestContext) => {
  t.assert.deepEqual(kinds(range(1_500).map((at) => icmp(at, 0))), ['icmp-flood']);
});

test('datagrams in masses are a flood, unless somebody answers', (t: TestContext) => {
  const made = (at: number): Packet => udp(at * 0.25, { destinationPort: 53, sourcePort: 1_000 + at });
  t.assert.deepEqual(kinds(range(4_000).map(made)), ['udp-flood']);
  const conversation = range(4_000).flatMap((at) =>
    at % 10 === 0 ? [made(at), answer(made(at), 0, { atMs: at * 0.25 })] : [made(at)],
  );
  t.assert.deepEqual(kinds(conversation), []);
});

test('a stream from one port that is taken, as syslog and flow records are, is a flood at ten times the rate', (t: TestContext) => {
  const stream = (everyMs: number): readonly Packet[] =>
    range(1_000 / everyMs).map((at) => udp(at * everyMs, { destinationPort: 514 }));
  t.assert.deepEqual(kinds(stream(0.25)), []);
  t.assert.deepEqual(kinds(stream(0.04)), ['udp-flood']);
  const refused = icmp(100, 3, { source: HOST, destination: ATTACKER, icmpCode: 3 });
  t.assert.deepEqual(kinds([...stream(0.25), { ...refused, atMs: 600 }].sort((a, b) => a.atMs - b.atMs)), [
    'udp-flood',
  ]);
});

for (const [name, flags, payloadBytes] of [
  ['ACK', ACK, 0],
  ['ACK with data', ACK | PSH, 100],
  ['RST', RST, 0],
  ['FIN', FIN, 0],
  ['SYN-ACK', SYN | ACK, 0],
] as const)
  for (const [from, portOf] of [
    ['many ports', (at: number) => 1_000 + at],
    ['one port', () => 1_000],
  ] as const)
    test(`${name} of no connection, from ${from}, is a flood; the resets that it is answered with are none`, (t: TestContext) => {
      const packets = range(4_000).flatMap((at) => {
        const stray = tcp(at * 0.25, flags, { sourcePort: portOf(at), payloadBytes });
        return flags === RST ? [stray] : [stray, answer(stray, RST, { atMs: at * 0.25 })];
      });
      const found = detect(packets);
      t.assert.deepEqual(
        found.map(({ kind, sources, response, sourceIsProved }) => [kind, sources, response, sourceIsProved]),
        [['tcp-flood', [ATTACKER], 'block', false]],
      );
      t.assert.equal(found[0]?.evidence['packetsPerSecond'], 4_000);
      t.assert.ok((found[0]?.lastAtMs ?? Infinity) - (found[0]?.firstAtMs ?? 0) <= 2_000);
    });

// Each forged source is a target of what it is answered: looking at all pairs for each of them took a minute here.
test('a flood of segments from forged addresses names nobody, however many are answered', (t: TestContext) => {
  const packets = range(60_000).flatMap((at) => {
    const stray = tcp(at * 0.02, FIN, { source: forged(at * 7), sourcePort: 1_000 + (at % 50_000) });
    return [stray, answer(stray, RST, { atMs: at * 0.02 })];
  });
  const found = detect(packets);
  t.assert.deepEqual(
    found.map(({ kind, sources, response }) => [kind, sources, response]),
    [['tcp-flood', [], 'protect']],
  );
});

test('answers to openings with our address, which others forged, are a flood of many to many ports', (t: TestContext) => {
  const packets = range(30_000).map((at) =>
    tcp(at * 0.04, SYN | ACK, {
      source: forged(at * 7),
      sourcePort: 443,
      destinationPort: 1_024 + (at % 60_000),
    }),
  );
  t.assert.deepEqual(
    detect(packets).map(({ kind, response }) => [kind, response]),
    [['tcp-flood', 'protect']],
  );
});

test('connections that were there before anyone looked are no flood, however many end at once', (t: TestContext) => {
  const limits = { connections: 100_000 };
  const ending = range(4_000).flatMap((at) => {
    const last = tcp(at * 0.25, FIN | ACK, { sourcePort: 1_000 + at });
    return [last, answer(last, FIN | ACK, { atMs: at * 0.25 })];
  });
  t.assert.deepEqual(kinds(ending, { limits }), []);
  const busy = range(4_000).flatMap((at) => {
    const question = tcp(at * 0.25, ACK | PSH, { sourcePort: 1_000 + (at % 2_000), payloadBytes: 100 });
    return [question, answer(question, ACK | PSH, { atMs: at * 0.25, payloadBytes: 900 })];
  });
  t.assert.deepEqual(kinds(busy, { limits }), []);
});

test('an upload that is reset while much of it is on its way is no flood', (t: TestContext) => {
  const opening = tcp(0, SYN);
  const segment = (at: number): Packet =>
    tcp(2 + at * 0.1, ACK, { sequence: 1_001 + at, payloadBytes: 1_400 });
  const packets = [
    opening,
    answer(opening, SYN | ACK),
    { ...segment(0), atMs: 2 },
    answer(segment(0), ACK, { atMs: 2.05 }),
    answer(segment(1), RST, { atMs: 2.1 }),
    ...range(5_000).map(segment),
  ];
  t.assert.deepEqual(kinds(packets), []);
});

test('more connections than one source may have are said once', (t: TestContext) => {
  const packets = range(40).flatMap((at) => served(at, { sourcePort: 1_000 + at }).slice(0, 5));
  t.assert.deepEqual(kinds(packets, { limits: { connections: 30 } }), ['connection-limit']);
  const waiting = range(40).map((at) => tcp(at, SYN, { sourcePort: 1_000 + at }));
  t.assert.deepEqual(kinds(waiting, { limits: { halfOpen: 30 } }), ['half-open-limit']);
});
