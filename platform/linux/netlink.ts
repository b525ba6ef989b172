/**
 * Netlink sockets through koffi: Node has no door to them, and a compiler on the machine is nothing to count on.
 *
 * @see netlink(7); constants are from the kernel's uapi headers (linux/netlink.h, asm-generic/socket.h)
 */
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)') as (
  family: number,
  type: number,
  protocol: number,
) => number;
const bind = libc.func('int bind(int, const void*, unsigned int)') as (
  fd: number,
  address: Uint8Array,
  length: number,
) => number;
const setsockopt = libc.func('int setsockopt(int, int, int, const void*, unsigned int)') as (
  fd: number,
  level: number,
  name: number,
  value: Uint8Array,
  length: number,
) => number;
const send = libc.func('int64_t send(int, const void*, size_t, int)') as (
  fd: number,
  bytes: Uint8Array,
  length: number,
  flags: number,
) => number | bigint;
const recv = libc.func('int64_t recv(int, uintptr_t, size_t, int)') as (
  fd: number,
  address: number,
  size: number,
  flags: number,
) => number | bigint;
const pollFds = libc.func('int poll(void*, unsigned long, int)') as (
  fds: Uint8Array,
  count: number,
  timeoutMs: number,
) => number;
const closeFd = libc.func('int close(int)') as (fd: number) => number;
const strerror = libc.func('const char* strerror(int)') as (code: number) => string;

const AF_NETLINK = 16;
/** SOCK_DGRAM, SOCK_NONBLOCK, SOCK_CLOEXEC. */
const DATAGRAMS = 0x2 | 0x800 | 0x80000;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const POLLIN = 1;
const ENOBUFS = 105;
const EAGAIN = 11;
const EINTR = 4;

export const NETLINK = { CONNECTOR: 11, NETFILTER: 12 } as const;
/** Of every netlink message: length, type, flags, sequence, port. */
export const NETLINK_HEADER_BYTES = 16;

/** One datagram, nothing waiting, some were lost because nobody read (ENOBUFS), or no more ever. */
export type Received = 'nothing' | 'overrun' | 'closed' | number;

/** A socket that never blocks but in `wait`. Its memory is its own and stays where it is. */
export class NetlinkSocket {
  readonly fd: number;
  /** What `receive` fills, from the start; overwritten by the next. */
  readonly bytes: Buffer<ArrayBuffer>;
  readonly #address: number;
  readonly #pollFd = Buffer.alloc(8);

  private constructor(fd: number, bytesMax: number) {
    const memory = new ArrayBuffer(bytesMax);
    this.fd = fd;
    this.bytes = Buffer.from(memory);
    this.#address = Number(koffi.address(memory));
    this.#pollFd.writeInt32LE(fd, 0);
    this.#pollFd.writeInt16LE(POLLIN, 4);
  }

  /**
   * @param groups the multicast groups as a bit mask; 0 for none
   * @param bytesMax of one datagram; what is longer is cut by the kernel
   * @param queueBytes how much waits in the kernel while nobody reads; more is lost and said once
   * @returns the socket, or why there is none here
   */
  static open(
    protocol: number,
    groups: number,
    bytesMax: number,
    queueBytes: number,
  ): NetlinkSocket | string {
    const fd = socket(AF_NETLINK, DATAGRAMS, protocol);
    if (fd < 0) return lastError();
    const size = Buffer.alloc(4);
    size.writeInt32LE(queueBytes, 0);
    // Without CAP_NET_ADMIN it stays at the usual size; then more is lost, and that is counted like any loss.
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, size.length);
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(groups, 8);
    if (bind(fd, address, address.length) === 0) return new NetlinkSocket(fd, bytesMax);
    const because = lastError();
    closeFd(fd);
    return because;
  }

  /** @returns why it could not be sent */
  send(message: Uint8Array): string | undefined {
    return Number(send(this.fd, message, message.length, 0)) === message.length ? undefined : lastError();
  }

  /** Blocks this thread until something waits, or for so long. */
  wait(timeoutMs: number): boolean {
    this.#pollFd.writeInt16LE(0, 6);
    return pollFds(this.#pollFd, 1, timeoutMs) > 0;
  }

  /** The next datagram into `bytes`; says how long it is. */
  receive(): Received {
    const length = Number(recv(this.fd, this.#address, this.bytes.length, 0));
    if (length > 0) return length;
    if (length === 0) return 'nothing';
    const code = koffi.errno();
    if (code === ENOBUFS) return 'overrun';
    return code === EAGAIN || code === EINTR ? 'nothing' : 'closed';
  }

  close(): void {
    closeFd(this.fd);
  }
}

/** In words, for an error number as netlink answers it (negative) or libc keeps it. */
export function errorText(code: number): string {
  return strerror(Math.abs(code));
}

function lastError(): string {
  return strerror(koffi.errno());
}
