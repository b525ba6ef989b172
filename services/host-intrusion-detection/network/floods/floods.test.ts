import { type TestContext, test } from 'node:test';
import type { Packet } from '@demarc/platform/packets';
import {
  ATTACKER,
  answer,
  detect,
  HOST,
  icmp,
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
  const made = (at: number): Packet => udp(at * 0.25, { destinationPort: 53 });
  t.assert.deepEqual(kinds(range(4_000).map(made)), ['udp-flood']);
  const conversation = range(4_000).flatMap((at) =>
    at % 10 === 0 ? [made(at), answer(made(at), 0, { atMs: at * 0.25 })] : [made(at)],
  );
  t.assert.deepEqual(kinds(conversation), []);
});

test('more connections than one source may have are said once', (t: TestContext) => {
  const packets = range(40).flatMap((at) => served(at, { sourcePort: 1_000 + at }).slice(0, 5));
  t.assert.deepEqual(kinds(packets, { limits: { connections: 30 } }), ['connection-limit']);
  const waiting = range(40).map((at) => tcp(at, SYN, { sourcePort: 1_000 + at }));
  t.assert.deepEqual(kinds(waiting, { limits: { halfOpen: 30 } }), ['half-open-limit']);
});
