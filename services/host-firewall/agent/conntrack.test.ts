import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { connectionsIn } from './conntrack.ts';

const attribute = (type: number, value: Buffer, flags = 0): Buffer => {
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type | flags, 2);
  value.copy(bytes, 4);
  return bytes;
};
const NESTED = 0x8000;
const port = (number: number): Buffer => Buffer.of(number >> 8, number & 255);

function message(type: number, ip: readonly Buffer[], proto: readonly Buffer[]): Buffer {
  const tuple = Buffer.concat([
    attribute(1, Buffer.concat(ip), NESTED),
    attribute(2, Buffer.concat(proto), NESTED),
  ]);
  const body = Buffer.concat([Buffer.of(2, 0, 0, 0), attribute(1, tuple, NESTED)]);
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeUInt16LE(type, 4);
  return Buffer.concat([head, body]);
}

test('a new connection is read, and what is not new is not', (t: TestContext) => {
  const ip4 = [attribute(1, Buffer.of(10, 0, 0, 1)), attribute(2, Buffer.of(10, 0, 0, 2))];
  const tcp = [attribute(1, Buffer.of(6)), attribute(2, port(40_000)), attribute(3, port(443))];
  const ip6 = [attribute(3, Buffer.alloc(16, 1)), attribute(4, Buffer.alloc(16, 2))];
  const echo = [attribute(1, Buffer.of(58)), attribute(8, Buffer.of(128)), attribute(9, Buffer.of(0))];
  const bytes = Buffer.concat([
    message(0x100, ip4, tcp),
    message(0x102, ip4, tcp),
    message(0x100, ip6, echo),
  ]);
  t.assert.deepEqual(
    [...connectionsIn(bytes)],
    [
      {
        family: 4,
        source: '10.0.0.1',
        destination: '10.0.0.2',
        protocol: 6,
        sourcePort: 40_000,
        destinationPort: 443,
      },
      {
        family: 6,
        source: '101:101:101:101:101:101:101:101',
        destination: '202:202:202:202:202:202:202:202',
        protocol: 58,
        icmpType: 128,
        icmpCode: 0,
      },
    ],
  );
});

test('whatever the bytes are, it ends and throws nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      const body = Buffer.from(noise);
      const head = Buffer.alloc(16);
      head.writeUInt32LE(16 + body.length, 0);
      head.writeUInt16LE(0x100, 4);
      return (
        [...connectionsIn(Buffer.concat([head, body]))].length <= 1 && [...connectionsIn(body)].length >= 0
      );
    }),
  );
});
