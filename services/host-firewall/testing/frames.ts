/** A packet as the bytes of an Ethernet frame, carrying a number that is read back from its IP header. */
import { addressOf, type Family } from '../elements.ts';
import type { DirectedPacket } from '../oracle/oracle.ts';

/** @param id in the identification of IPv4, or the flow label of IPv6: 1 to 65535 */
export function frameOf(packet: DirectedPacket, id: number, destinationMac: string): Buffer {
  const layer4 = layer4Of(packet);
  const ethernet = Buffer.concat([
    macOf(destinationMac),
    macOf(packet.sourceMac ?? '02:00:00:00:00:99'),
    Buffer.from(packet.family === 4 ? [0x08, 0x00] : [0x86, 0xdd]),
  ]);
  const ip =
    packet.family === 4 ? fourHeader(packet, id, layer4.length) : sixHeader(packet, id, layer4.length);
  return Buffer.concat([ethernet, ip, layer4]);
}

const macOf = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');

/** Checksums of layer 4 are left out: the namespace that receives does not look at them. */
function layer4Of({
  protocol,
  sourcePort = 0,
  destinationPort = 0,
  tcpFlags,
  icmpType,
  icmpCode,
}: DirectedPacket): Buffer {
  const bytes = Buffer.alloc(protocol === 6 ? 20 : 8);
  if (protocol === 6 || protocol === 17) {
    bytes.writeUInt16BE(sourcePort, 0);
    bytes.writeUInt16BE(destinationPort, 2);
  }
  if (protocol === 6) bytes.set([0x50, tcpFlags ?? 0, 0x20, 0x00], 12);
  if (protocol === 17) bytes.writeUInt16BE(8, 4);
  if (icmpType !== undefined) bytes.set([icmpType, icmpCode ?? 0], 0);
  return bytes;
}

/** RFC 791 section 3.1. */
function fourHeader({ source, destination, protocol }: DirectedPacket, id: number, length: number): Buffer {
  const header = Buffer.from([0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt16BE(20 + length, 2);
  header.writeUInt16BE(id, 4);
  header.set(bytesOf(source, 4), 12);
  header.set(bytesOf(destination, 4), 16);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  header.writeUInt16BE(~sum & 0xffff, 10);
  return header;
}

/** RFC 8200 section 3. */
function sixHeader({ source, destination, protocol }: DirectedPacket, id: number, length: number): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt32BE(0x6000_0000 + id, 0);
  header.writeUInt16BE(length, 4);
  header.set([protocol, 255], 6);
  header.set(bytesOf(source, 6), 8);
  header.set(bytesOf(destination, 6), 24);
  return header;
}

function bytesOf(address: string, family: Family): Buffer {
  const value = addressOf(address)?.value ?? 0n;
  return Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex');
}
