/** Sends the frames of standard input (one a line, in hexadecimal) out of one interface, below any firewall. */
import { createInterface } from 'node:readline';
import koffi from 'koffi';

const [AF_PACKET, SOCK_RAW] = [17, 3];
const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)');
const indexOf = libc.func('unsigned int if_nametoindex(const char*)');
const sendto = libc.func('int64_t sendto(int, const void*, size_t, int, const void*, uint32_t)');

const descriptor: number = socket(AF_PACKET, SOCK_RAW, 0);
const index: number = indexOf(process.argv[2] ?? '');
if (descriptor < 0 || index === 0) throw new Error('no packet socket, or no such interface');
// sockaddr_ll, packet(7); with a whole frame only the interface counts.
const to = Buffer.alloc(20);
to.writeUInt16LE(AF_PACKET, 0);
to.writeInt32LE(index, 4);
for await (const line of createInterface({ input: process.stdin })) {
  const frame = Buffer.from(line, 'hex');
  if (Number(sendto(descriptor, frame, frame.length, 0, to, to.length)) !== frame.length)
    throw new Error('not sent');
}
