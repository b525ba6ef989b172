/**
 * A network device of our own (a tun of the kernel), through which a few packets come in as from a wire: a scan of
 * ports that nobody has, by an address that nobody has.
 *
 * @see https://docs.kernel.org/networking/tuntap.html, netdevice(7); constants of linux/if_tun.h, linux/sockios.h
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import koffi from 'koffi';
import { CANARY_DEVICE, CANARY_TARGET } from './control.ts';

const libc = koffi.load('libc.so.6');
const ioctl = libc.func('int ioctl(int, unsigned long, void*)') as (
  fd: number,
  request: number,
  argument: Uint8Array,
) => number;
const socket = libc.func('int socket(int, int, int)') as (
  family: number,
  type: number,
  protocol: number,
) => number;
/** Not of Node: it warns about descriptors that it did not open. */
const closeFd = libc.func('int close(int)') as (fd: number) => number;
const strerror = libc.func('const char* strerror(int)') as (code: number) => string;

const TUNSETIFF = 0x400454ca;
const SIOCSIFFLAGS = 0x8914;
/** IFF_TUN, IFF_NO_PI: IP packets and nothing before them. */
const TUN_PACKETS = 0x1001;
/** IFF_UP, IFF_RUNNING. */
const UP = 0x41;
const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 0x2 | 0x80000;
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;
/** More than any policy asks for by default; beyond 48 the canary would be a load. */
const PORTS = 48;
const FIRST_PORT = 20_001;
const IP_BYTES = 20;
/** With the options that every operating system sends. */
const TCP_BYTES = 24;

export class CanaryDevice implements Disposable {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** @returns the device, or why there can be none here */
  static open(): CanaryDevice | string {
    let fd: number;
    try {
      fd = openSync('/dev/net/tun', 'r+');
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    const refused = setUp(fd);
    if (refused === undefined) return new CanaryDevice(fd);
    closeSync(fd);
    return refused;
  }

  /** @param source of the scan; in TEST-NET-2 */
  scan(source: string): void {
    for (let at = 0; at < PORTS; at += 1) writeSync(this.#fd, synPacket(source, FIRST_PORT + at));
  }

  [Symbol.dispose](): void {
    // The kernel takes the device away with its descriptor.
    closeSync(this.#fd);
  }
}

function setUp(fd: number): string | undefined {
  const request = Buffer.alloc(IFREQ_BYTES);
  request.write(CANARY_DEVICE, 0, 'latin1');
  request.writeUInt16LE(TUN_PACKETS, NAME_BYTES);
  if (ioctl(fd, TUNSETIFF, request) !== 0) return `no device: ${strerror(koffi.errno())}`;
  const control = socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
  if (control < 0) return `no socket: ${strerror(koffi.errno())}`;
  request.writeUInt16LE(UP, NAME_BYTES);
  const failed = ioctl(control, SIOCSIFFLAGS, request) !== 0 ? strerror(koffi.errno()) : undefined;
  closeFd(control);
  return failed === undefined ? undefined : `the device does not come up: ${failed}`;
}

function synPacket(source: string, port: number): Buffer {
  const packet = Buffer.alloc(IP_BYTES + TCP_BYTES);
  packet.writeUInt8(0x45, 0);
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt16BE(port & 0xffff, 4);
  packet.writeUInt8(64, 8);
  packet.writeUInt8(6, 9);
  packet.set(source.split('.').map(Number), 12);
  packet.set(CANARY_TARGET.split('.').map(Number), 16);
  packet.writeUInt16BE(checksum(packet.subarray(0, IP_BYTES)), 10);
  const tcp = packet.subarray(IP_BYTES);
  tcp.writeUInt16BE(40_000, 0);
  tcp.writeUInt16BE(port, 2);
  tcp.writeUInt32BE(1, 4);
  tcp.writeUInt8((TCP_BYTES / 4) << 4, 12);
  tcp.writeUInt8(0x02, 13);
  tcp.writeUInt16BE(1_024, 14);
  // Maximum segment size 1460, as nmap's.
  tcp.set([2, 4, 0x05, 0xb4], 20);
  const pseudo = Buffer.concat([packet.subarray(12, 20), Buffer.of(0, 6, 0, TCP_BYTES), tcp]);
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
