import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { FlowTable } from './flows.ts';
import { ACK, ATTACKER, answer, FIN, HOST, RST, range, SYN, served, tcp, udp } from './testing/packets.ts';

const changes = (packets: readonly Parameters<FlowTable['observe']>[0][]) => {
  const table = new FlowTable();
  return packets.map((packet) => table.observe(packet)?.change);
};

test('a connection is opened, answered, established, served and closed', (t: TestContext) => {
  t.assert.deepEqual(changes(served(0)), ['opened', 'answered', 'established', 'served', 'none', 'closed']);
});

test('refused and withdrawn openings are told apart', (t: TestContext) => {
  const opening = tcp(0, SYN);
  t.assert.deepEqual(changes([opening, answer(opening, RST | ACK)]), ['opened', 'refused']);
  const withdrawn = [opening, answer(opening, SYN | ACK), tcp(2, RST)];
  t.assert.deepEqual(changes(withdrawn), ['opened', 'answered', 'withdrawn']);
});

test('only who got the answer can complete the handshake', (t: TestContext) => {
  const opening = tcp(0, SYN);
  const table = new FlowTable();
  for (const packet of [opening, answer(opening, SYN | ACK)]) table.observe(packet);
  // Sent blindly, the number acknowledged is a guess.
  t.assert.equal(table.observe(tcp(2, ACK, { acknowledgement: 77 }))?.isProved, false);
  t.assert.equal(table.observe(tcp(3, ACK, { acknowledgement: 5_001 }))?.isProved, true);
});

test('per host, half-open and established connections are counted, and counted down', (t: TestContext) => {
  const table = new FlowTable();
  for (const port of range(5)) table.observe(tcp(0, SYN, { sourcePort: 1_000 + port }));
  t.assert.deepEqual(table.countsOf(ATTACKER, HOST), { halfOpen: 5, established: 0 });
  for (const packet of served(1, { sourcePort: 2_000 }).slice(0, 5)) table.observe(packet);
  t.assert.deepEqual(table.countsOf(ATTACKER, HOST), { halfOpen: 5, established: 1 });
  // Long idle, they are forgotten, a few with every packet.
  for (const port of range(20)) table.observe(udp(200_000, { sourcePort: port }));
  t.assert.deepEqual(table.countsOf(ATTACKER, HOST), { halfOpen: 0, established: 1 });
});

test('a flood of openings pushes out openings only, and says how many', (t: TestContext) => {
  const table = new FlowTable({ pendingMax: 100, establishedMax: 100 });
  for (const packet of served(0).slice(0, 5)) table.observe(packet);
  for (const at of range(5_000)) table.observe(tcp(10, SYN, { source: `203.0.${at >> 8}.${at & 255}` }));
  t.assert.equal(table.size, 101);
  t.assert.equal(table.evicted, 4_900);
  t.assert.equal(table.observe(tcp(20, ACK | FIN))?.change, 'closed');
});

test('an answered datagram is no attempt any more', (t: TestContext) => {
  const asked = udp(0);
  t.assert.deepEqual(changes([asked, asked, answer(asked, 0), asked]), ['opened', 'none', 'served', 'none']);
});

test('whatever the packets are, counts and bounds hold', () => {
  const anyPacket = fc.record({
    atMs: fc.nat(400_000),
    flags: fc.nat(63),
    sourcePort: fc.nat(3),
    source: fc.constantFrom(HOST, ATTACKER, '192.0.2.1'),
    destination: fc.constantFrom(HOST, ATTACKER, '192.0.2.1'),
    payloadBytes: fc.nat(2),
    acknowledgement: fc.constantFrom(0, 1_001, 5_001),
    protocol: fc.constantFrom(6, 17, 1),
  });
  fc.assert(
    fc.property(fc.array(anyPacket, { maxLength: 200 }), (packets) => {
      const table = new FlowTable({ pendingMax: 4, establishedMax: 3 });
      let nowMs = 0;
      for (const { flags, atMs, ...made } of packets) {
        nowMs += atMs / 100;
        table.observe(tcp(nowMs, flags, { destinationPort: made.sourcePort ^ 1, ...made }));
        if (table.size > 7) return false;
        for (const one of [HOST, ATTACKER, '192.0.2.1'])
          for (const other of [HOST, ATTACKER, '192.0.2.1']) {
            const { halfOpen, established } = table.countsOf(one, other);
            if (halfOpen < 0 || established < 0 || halfOpen + established > 7) return false;
          }
      }
      return true;
    }),
  );
});
