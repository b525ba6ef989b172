/**
 * A packet that comes in from outside, sent by ourselves: through a network device that is there for a moment.
 *
 * A TUN device's other end is a program. What is written to it, the kernel receives like anything from a cable, so it
 * goes the whole way through the rules. The device and its address are gone when its descriptor is closed, also when
 * the agent is killed over it.
 *
 * @see linux/if_tun.h; netdevice(7)
 */
import { randomInt } from 'node:crypto';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import koffi from 'koffi';
import { hostFirewallErrors } from '../errors.ts';

/** TEST-NET-1 (RFC 5737): nobody's addresses, so no machine loses a way to anywhere. */
export const PROBE = { source: '192.0.2.1', destination: '192.0.2.2' } as const;

export interface Probe {
  /** Tells one probe from the next. */
  readonly sourcePort: number;
  [Symbol.dispose](): void;
}

const TUNSETIFF = 0x4004_54ca;
const [SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFDSTADDR] = [0x8913, 0x8914, 0x8916, 0x8918];
/** IFF_TUN: IP packets; IFF_NO_PI: and nothing before them. */
const TUN_FLAGS = 0x0001 | 0x1000;
const IFF_UP = 1;
const [NAME_BYTES, REQUEST_BYTES] = [16, 40];
const [AF_INET, SOCK_DGRAM_CLOEXEC] = [2, 0x80002];

/**
 * Sends a SYN to a port of this machine; the device stays until the probe is disposed.
 *
 * @throws HFW_CANARY_FAILED
 */
export function sendProbe(device: string, port: number): Probe {
  let tun: number;
  try {
    tun = openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK);
  } catch (cause) {
    throw failed(`/dev/net/tun: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  try {
    configure(tun, device);
    const sourcePort = randomInt(32_768, 60_999);
    writeSync(tun, synPacket(sourcePort, port));
    return { sourcePort, [Symbol.dispose]: () => closeSync(tun) };
  } catch (error) {
    closeSync(tun);
    throw error;
  }
}

function configure(tun: number, device: string): void {
  const { ioctl, socket, strerror } = library();
  const call = (fd: number, request: number, bytes: Buffer, what: string): void => {
    if (ioctl(fd, request, bytes) < 0) throw failed(`${what}: ${strerror(koffi.errno())}`);
  };
  const request = (): Buffer => {
    const bytes = Buffer.alloc(REQUEST_BYTES);
    bytes.write(device, 0, NAME_BYTES - 1, 'latin1');
    return bytes;
  };
  const attach = request();
  attach.writeUInt16LE(TUN_FLAGS, NAME_BYTES);
  call(tun, TUNSETIFF, attach, 'the device could not be made');
  const control = socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
  if (control < 0) throw failed(strerror(koffi.errno()));
  try {
    for (const [number, address] of [
      [SIOCSIFADDR, PROBE.destination],
      // A way back to the source, so that a kernel that checks for one (rp_filter) lets the probe in.
      [SIOCSIFDSTADDR, PROBE.source],
    ] as const) {
      const bytes = request();
      bytes.writeUInt16LE(AF_INET, NAME_BYTES);
      bytes.set(address.split('.').map(Number), NAME_BYTES + 4);
      call(control, number, bytes, 'the device could not be given an address');
    }
    const flags = request();
    call(control, SIOCGIFFLAGS, flags, 'the device is gone');
    flags.writeUInt16LE(flags.readUInt16LE(NAME_BYTES) | IFF_UP, NAME_BYTES);
    call(control, SIOCSIFFLAGS, flags, 'the device could not be started');
  } finally {
    closeSync(control);
  }
}

/** RFC 791 section 3.1, RFC 9293 section 3.1. */
export function synPacket(sourcePort: number, port: number): Buffer {
  const packet = Buffer.alloc(40);
  packet.writeUInt8(0x45, 0);
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt8(64, 8);
  packet.writeUInt8(6, 9);
  packet.set(PROBE.source.split('.').map(Number), 12);
  packet.set(PROBE.destination.split('.').map(Number), 16);
  packet.writeUInt16BE(checksum(packet.subarray(0, 20)), 10);
  const tcp = packet.subarray(20);
  tcp.writeUInt16BE(sourcePort, 0);
  tcp.writeUInt16BE(port, 2);
  tcp.writeUInt32BE(randomInt(2 ** 32), 4);
  tcp.writeUInt8(5 << 4, 12);
  tcp.writeUInt8(0x02, 13);
  tcp.writeUInt16BE(1_024, 14);
  const pseudo = Buffer.concat([packet.subarray(12, 20), Buffer.of(0, 6, 0, tcp.length), tcp]);
  tcp.writeUInt16BE(checksum(pseudo), 16);
  return packet;
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const failed = (because: string): Error => hostFirewallErrors.make('HFW_CANARY_FAILED', { because });

interface Libc {
  ioctl(fd: number, request: number, argument: Buffer): number;
  socket(family: number, type: number, protocol: number): number;
  strerror(code: number): string;
}
let loaded: Libc | undefined;

function library(): Libc {
  if (loaded !== undefined) return loaded;
  const libc = koffi.load('libc.so.6');
  loaded = {
    ioctl: libc.func('int ioctl(int, unsigned long, void*)') as Libc['ioctl'],
    socket: libc.func('int socket(int, int, int)') as Libc['socket'],
    strerror: libc.func('const char* strerror(int)') as Libc['strerror'],
  };
  return loaded;
}
