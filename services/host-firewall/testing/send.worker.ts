/**
 * Sends the frames of standard input (one a line, in hexadecimal) out of one interface: `frame` below any firewall, as
 * another machine would; `packet` without their Ethernet header and through this machine's own, as a program would.
 */
import { createInterface } from 'node:readline';
import koffi from 'koffi';

const [AF_INET, AF_INET6, AF_PACKET, SOCK_RAW, IPPROTO_RAW] = [2, 10, 17, 3, 255];
const ETHERNET_BYTES = 14;
const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)');
const indexOf = libc.func('unsigned int if_nametoindex(const char*)');
const sendto = libc.func('int64_t sendto(int, const void*, size_t, int, const void*, uint32_t)');

const [, , how = 'frame', name = ''] = process.argv;
const send = how === 'frame' ? frames(name) : packets();
for await (const line of createInterface({ input: process.stdin })) send(Buffer.from(line, 'hex'));

/** packet(7): with a whole frame only the interface counts of the address. */
function frames(interfaceName: string): (frame: Buffer) => void {
  const descriptor: number = socket(AF_PACKET, SOCK_RAW, 0);
  const index: number = indexOf(interfaceName);
  if (descriptor < 0 || index === 0) throw new Error('no packet socket, or no such interface');
  const to = Buffer.alloc(20);
  to.writeUInt16LE(AF_PACKET, 0);
  to.writeInt32LE(index, 4);
  return (frame) => {
    if (Number(sendto(descriptor, frame, frame.length, 0, to, to.length)) !== frame.length)
      throw new Error('not sent');
  };
}

/** raw(7) and raw(7)'s IPv6: the header is part of what is given. What the kernel will not route is left out. */
function packets(): (frame: Buffer) => void {
  const [four, six] = [AF_INET, AF_INET6].map((family): number => socket(family, SOCK_RAW, IPPROTO_RAW));
  return (frame) => {
    const packet = frame.subarray(ETHERNET_BYTES);
    const isFour = (packet[0] ?? 0) >> 4 === 4;
    const to = Buffer.alloc(isFour ? 16 : 28);
    to.writeUInt16LE(isFour ? AF_INET : AF_INET6, 0);
    packet.copy(to, isFour ? 4 : 8, isFour ? 16 : 24, isFour ? 20 : 40);
    sendto((isFour ? four : six) ?? -1, packet, packet.length, 0, to, to.length);
  };
}
