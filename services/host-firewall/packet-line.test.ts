import { test } from 'node:test';
import { packetText, readPacket } from './packet-line.ts';

const NOW_MS = Date.UTC(2026, 0, 5);

test('a packet is what its words say, in whatever order', (t) => {
  const whole = readPacket('tcp 10.0.0.1:1234 > 10.0.0.2:22 in flags=S state=new iface=eth0', NOW_MS);
  t.assert.deepEqual(whole, {
    packet: {
      atMs: NOW_MS,
      family: 4,
      source: '10.0.0.1',
      destination: '10.0.0.2',
      protocol: 6,
      direction: 'in',
      bytes: 60,
      sourcePort: 1234,
      destinationPort: 22,
      tcpFlags: 2,
      interfaceName: 'eth0',
    },
    state: 'new',
  });
  for (const same of [
    'iface=eth0 10.0.0.1:1234->10.0.0.2:22 TCP',
    'IN tcp new 10.0.0.1:1234 to 10.0.0.2:22 dev=eth0 flags=syn',
    'proto=6 src=10.0.0.1 sport=1234 dst=10.0.0.2 dport=22 flags=0x02 interface=eth0',
    '{"protocol":"tcp","source":"10.0.0.1","sourcePort":1234,"destination":"10.0.0.2","destinationPort":22,"interfaceName":"eth0"}',
  ])
    t.assert.deepEqual(readPacket(same, NOW_MS), whole, same);
});

test('flags are letters, words or a number', (t) => {
  const flagsOf = (flags: string): number | undefined =>
    readPacket(`tcp 10.0.0.1:1 > 10.0.0.2:2 flags=${flags}`, NOW_MS).packet.tcpFlags;
  for (const [written, bits] of [
    ['SA', 18],
    ['S.', 18],
    ['syn,ack', 18],
    ['SYN|ACK', 18],
    ['FPU', 41],
    ['0x29', 41],
    ['none', 0],
    ['0', 0],
  ] as const)
    t.assert.equal(flagsOf(written), bits, written);
  t.assert.equal(readPacket('tcp 10.0.0.1:1 > 10.0.0.2:2 established', NOW_MS).packet.tcpFlags, 16);
});

test('IPv6, ICMP and bare protocols', (t) => {
  const six = readPacket('udp [fd00::1]:53 > [fd00::2]:5353 out state=established', NOW_MS);
  t.assert.deepEqual(
    [six.packet.family, six.packet.sourcePort, six.packet.destinationPort, six.packet.direction, six.state],
    [6, 53, 5353, 'out', 'established'],
  );
  const echo = readPacket('icmp fd00::1 > fd00::2', NOW_MS).packet;
  t.assert.deepEqual([echo.protocol, echo.icmpType, echo.icmpCode], [58, 128, 0]);
  const unreachable = readPacket('icmp 10.0.0.1 > 10.0.0.2 type=3 code=1', NOW_MS).packet;
  t.assert.deepEqual([unreachable.protocol, unreachable.icmpType, unreachable.icmpCode], [1, 3, 1]);
  t.assert.equal(readPacket('gre 10.0.0.1 > 10.0.0.2', NOW_MS).packet.protocol, 47);
  t.assert.equal(readPacket('tcp 10.0.0.1 > 10.0.0.2 fragment', NOW_MS).packet.sourcePort, undefined);
});

test('what is no packet is refused with the reason', (t) => {
  for (const [text, because] of [
    ['', /no word|no protocol/],
    ['tcp 10.0.0.1:1 > fd00::2', /two families/],
    ['10.0.0.1 > 10.0.0.2', /no protocol/],
    ['tcp 10.0.0.1:70000 > 10.0.0.2:1', /sourcePort/],
    ['tcp 10.0.0.999 > 10.0.0.2', /no word/],
    ['icmp 10.0.0.1:1 > 10.0.0.2', /ports/],
    ['udp 10.0.0.1:1 > 10.0.0.2:2 flags=S', /flags/],
    ['tcp 10.0.0.1:1 > 10.0.0.2:2 flags=XYZ', /no flags/],
    ['tcp 10.0.0.1:1 > 10.0.0.2:2 colour=red', /no field/],
    ['tcp 10.0.0.1:1 > 10.0.0.2:2 in out', /twice/],
    ['tcp 10.0.0.1:1 > 10.0.0.2:2 state=old', /state/],
    ['nonsense 10.0.0.1 > 10.0.0.2', /no word/],
    ['{"protocol":', /JSON/],
  ] as const)
    t.assert.throws(
      () => readPacket(text, NOW_MS),
      { code: 'HFW_PACKET_UNREADABLE', message: because },
      text,
    );
});

test('what is written of a packet is read as that packet', (t) => {
  for (const text of [
    'tcp 10.0.0.1:1234 > 10.0.0.2:22 in flags=SA established iface=eth0 mac=02:00:00:00:00:01',
    'icmp fd00::1 > fd00::2 out type=3 code=1',
    'proto=1 fd00::1 > fd00::2',
    'udp [fd00::1]:53 > [fd00::2]:5353',
    'tcp 10.0.0.1 > 10.0.0.2 fragment',
    'proto=99 10.0.0.1 > 10.0.0.2',
  ]) {
    const read = readPacket(text, NOW_MS);
    t.assert.deepEqual(readPacket(packetText(read.packet, read.state), 0), read, text);
  }
});
