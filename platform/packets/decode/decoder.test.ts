import { test } from 'node:test';
import fc from 'fast-check';
import { type Arp, type Packet, TCP_FLAGS } from '../packet.ts';
import { hex, ipv4, tcp, udp } from '../testing.ts';
import { ipv6Text } from './addresses.ts';
import { PacketDecoder } from './decoder.ts';
import { LINK } from './link.ts';

const SYN = ipv4({ body: tcp({ from: 40_000, to: 22, flags: TCP_FLAGS.syn, sequence: 7 }) });

function decodeOne(linkType: number, bytes: Uint8Array): Packet | undefined {
  return new PacketDecoder().decode({ atMs: 1, linkType, bytes, originalBytes: bytes.length });
}
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

test('a SYN is read with its flags, ports and numbers', (t) => {
  const { payload, ...packet } = decodeOne(LINK.raw, SYN) ?? {};
  t.assert.deepEqual(packet, {
    atMs: 1,
    family: 4,
    source: '10.0.0.1',
    destination: '10.0.0.2',
    protocol: 6,
    bytes: 40,
    sourcePort: 40_000,
    destinationPort: 22,
    sequence: 7,
    acknowledgement: 0,
    tcpFlags: TCP_FLAGS.syn,
    window: 1_024,
    tcpOptionsBytes: 0,
    payloadBytes: 0,
  });
  t.assert.equal(payload?.length, 0);
});

const MACS = hex('02 00 00 00 00 0b  02 00 00 00 00 0a');
const FRAMED: Readonly<Record<string, readonly [linkType: number, before: Uint8Array]>> = {
  Ethernet: [LINK.ethernet, joined(MACS, hex('0800'))],
  '802.1Q': [LINK.ethernet, joined(MACS, hex('8100 0064 0800'))],
  QinQ: [LINK.ethernet, joined(MACS, hex('88a8 0001 8100 0064 0800'))],
  'Linux cooked': [LINK.linuxCooked, hex('0000 0001 0006 020000000000 0a00 0800')],
  'Linux cooked v2': [LINK.linuxCooked2, hex('0800 0000 00000002 0001 00 06 0200000000000a00')],
  'BSD loopback': [LINK.null, hex('02000000')],
  'OpenBSD loopback': [LINK.loop, hex('00000002')],
  'raw IPv4': [LINK.ipv4, new Uint8Array(0)],
};
for (const [name, [linkType, before]] of Object.entries(FRAMED))
  test(`${name} carries packets`, (t) => {
    const packet = decodeOne(linkType, joined(before, SYN));
    t.assert.equal(packet?.destinationPort, 22);
    t.assert.equal(packet?.bytes, 40);
    if (linkType === LINK.ethernet) {
      t.assert.equal(packet?.sourceMac, '02:00:00:00:00:0a');
      t.assert.equal(packet?.destinationMac, '02:00:00:00:00:0b');
    }
  });

test('padding of a short Ethernet frame is no payload', (t) => {
  const packet = decodeOne(LINK.ethernet, joined(MACS, hex('0800'), SYN, new Uint8Array(6)));
  t.assert.equal(packet?.payload?.length, 0);
});

test('IPv6 extension headers are walked', (t) => {
  const addresses = '20010db8000000000000000000000001 20010db8000000000000000000000002';
  const extensions = '3c00 0502 0000 0000  2b00 0104 0000 0000  0600 0000 0000 0000';
  const segment = tcp({ from: 1, to: 2, flags: TCP_FLAGS.ack });
  const packet = decodeOne(LINK.ipv6, joined(hex(`60000000 002c 00 40 ${addresses} ${extensions}`), segment));
  t.assert.equal(packet?.source, '2001:db8::1');
  t.assert.equal(packet?.protocol, 6);
  t.assert.equal(packet?.destinationPort, 2);
  t.assert.equal(packet?.bytes, 84);
});

test('IPv6 addresses are written as RFC 5952 wants', (t) => {
  for (const [bytes, text] of [
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['fe800000000000000000000000000000', 'fe80::'],
    ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
  ] as const)
    t.assert.equal(ipv6Text(hex(bytes), 0), text);
});

const whole = udp(
  53,
  5_353,
  new Uint8Array(40).map((_, at) => at),
);
const pieces = [
  ipv4({ protocol: 17, body: whole.subarray(0, 16), fragment: [0, true] }),
  ipv4({ protocol: 17, body: whole.subarray(16, 32), fragment: [16, true] }),
  ipv4({ protocol: 17, body: whole.subarray(32), fragment: [32, false] }),
];
const frameOf = (bytes: Uint8Array, atMs = 1) => ({
  atMs,
  linkType: LINK.raw,
  bytes,
  originalBytes: bytes.length,
});

test('each fragment is a packet where nobody puts them together', (t) => {
  const decoder = new PacketDecoder({ fragments: 'each' });
  const packets = pieces.map((piece) => decoder.decode(frameOf(piece)));
  t.assert.deepEqual(
    packets.map((packet) => [packet?.destinationPort, packet?.isLaterFragment]),
    [
      [5_353, undefined],
      [undefined, true],
      [undefined, true],
    ],
  );
});

test('fragments in any order are one packet when the last is there', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 0, 1, 2], { minLength: 6 }), (order) => {
      const decoder = new PacketDecoder();
      const packets = order.flatMap((at) => decoder.decode(frameOf(pieces[at] ?? SYN)) ?? []);
      const [first] = packets;
      return first?.payload?.length === 40 && first.payload[39] === 39 && first.bytes === 68;
    }),
  );
});

test('overlapping fragments are no packet', (t) => {
  const decoder = new PacketDecoder();
  const overlapping = ipv4({ protocol: 17, body: whole.subarray(8, 24), fragment: [8, true] });
  const packets = [pieces[0], overlapping, pieces[1], pieces[2]].map((piece) =>
    decoder.decode(frameOf(piece ?? SYN)),
  );
  t.assert.deepEqual(packets, [undefined, undefined, undefined, undefined]);
  t.assert.equal(decoder.fragmentCounts.refused, 1);
});

test('fragments that wait for others are bounded in time and number', (t) => {
  const decoder = new PacketDecoder();
  for (let id = 0; id < 3_000; id += 1)
    decoder.decode(frameOf(ipv4({ protocol: 17, id, body: whole.subarray(0, 16), fragment: [0, true] })));
  t.assert.equal(decoder.fragmentCounts.abandoned, 3_000 - 1_024);
  decoder.decode(frameOf(pieces[0] ?? SYN, 60_000));
  t.assert.equal(decoder.fragmentCounts.abandoned, 3_000);
});

test('half a TCP header is a packet without ports, and is counted', (t) => {
  const decoder = new PacketDecoder();
  const packet = decoder.decode(frameOf(ipv4({ body: SYN.subarray(20, 32) })));
  t.assert.equal(packet?.destinationPort, undefined);
  t.assert.equal(packet?.protocol, 6);
  t.assert.equal(decoder.counts.transportDamaged, 1);
});

test('questions for hardware addresses are told apart from packets', (t) => {
  const asked: Arp[] = [];
  const decoder = new PacketDecoder({ fragments: 'each', onArp: (arp) => asked.push(arp) });
  const bytes = joined(MACS, hex('0806 0001 0800 06 04 0001 02000000000a 0a000001 000000000000 0a000007'));
  t.assert.equal(decoder.decode({ atMs: 5, linkType: LINK.ethernet, bytes, originalBytes: 42 }), undefined);
  t.assert.deepEqual(asked, [
    { atMs: 5, operation: 'request', source: '10.0.0.1', target: '10.0.0.7', sourceMac: '02:00:00:00:00:0a' },
  ]);
});

test('bytes of any kind are a packet or a count, never an exception', () => {
  const links = fc.constantFrom(...Object.values(LINK), 12, 105, 147);
  const seeds = fc.oneof(
    fc.constantFrom(SYN, ...pieces, ...Object.values(FRAMED).map(([, before]) => joined(before, SYN))),
    fc.uint8Array({ maxLength: 120 }),
  );
  fc.assert(
    fc.property(
      links,
      seeds,
      fc.array(fc.tuple(fc.nat(60), fc.nat(255))),
      fc.nat(80),
      (linkType, seed, changes, cut) => {
        const bytes = Uint8Array.from(seed);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const short = bytes.subarray(0, Math.max(0, bytes.length - (cut > 60 ? cut - 60 : 0)));
        for (const fragments of ['each', 'reassembled'] as const) {
          const decoder = new PacketDecoder({ fragments });
          const packet = decoder.decode({ atMs: 1, linkType, bytes: short, originalBytes: bytes.length });
          const {
            packets,
            arp,
            otherProtocols,
            unknownLinkType,
            linkDamaged,
            ipDamaged,
            fragments: cutUp,
          } = decoder.counts;
          const accounted = packets + arp + otherProtocols + unknownLinkType + linkDamaged + ipDamaged;
          if (accounted !== 1 && cutUp !== 1) return false;
          if ((packet === undefined ? 0 : 1) !== packets) return false;
        }
        return true;
      },
    ),
    { numRuns: 2_000 },
  );
});
