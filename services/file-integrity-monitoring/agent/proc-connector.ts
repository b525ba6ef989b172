/**
 * The kernel's process connector (connector(7), linux/cn_proc.h): forks, execs and changes of user as they
 * happen, so that a process that lived for a millisecond still has a parent and a user.
 *
 * There is one for the whole machine, in its first network and process namespaces only; where it is missing,
 * /proc and fanotify are what there is, and the room's health says so.
 */
import { readlinkSync } from 'node:fs';
import {
  bindNetlink,
  close,
  lastErrno,
  lastError,
  read,
  sendBytes,
  setSocketOption,
  socket,
} from './libc.ts';

const AF_NETLINK = 16;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 0x2 | 0x800 | 0x80000;
const NETLINK_CONNECTOR = 11;
const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;
const PROC_CN_MCAST_LISTEN = 1;
const NLMSG_DONE = 3;
const NETLINK_HEADER_BYTES = 16;
const CONNECTOR_HEADER_BYTES = 20;
const EVENT_HEADER_BYTES = 16;
const WHAT = { FORK: 0x1, EXEC: 0x2, UID: 0x4 } as const;
const BUFFER_BYTES = 65_536;
const ENOBUFS = 105;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const RECEIVE_BUFFER_BYTES = 8_388_608; // 8 MiB
/** PROC_PID_INIT_INO (linux/proc_ns.h): from any other the kernel takes the request and never answers. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

export interface ProcessEvents {
  forked(parent: number, child: number): void;
  executed(pid: number): void;
  userChanged(pid: number, uid: number): void;
  /** Some of the above was lost. */
  lost(): void;
}

export class ProcConnector {
  readonly fd: number;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** Or why there is none here. */
  static open(): ProcConnector | string {
    if (readlinkSync('/proc/self/ns/pid') !== FIRST_PID_NAMESPACE)
      return 'this is not the first process namespace of the machine';
    const fd = socket(AF_NETLINK, SOCK_DGRAM_NONBLOCK_CLOEXEC, NETLINK_CONNECTOR);
    if (fd < 0) return `no process connector: ${lastError()}`;
    // A burst of short-lived processes must fit while files are looked at; the usual buffer holds a few hundred.
    const size = Buffer.alloc(4);
    size.writeInt32LE(RECEIVE_BUFFER_BYTES, 0);
    setSocketOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, size.length);
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(CN_IDX_PROC, 8);
    const message = Buffer.alloc(NETLINK_HEADER_BYTES + CONNECTOR_HEADER_BYTES + 4);
    message.writeUInt32LE(message.length, 0);
    message.writeUInt16LE(NLMSG_DONE, 4);
    message.writeUInt32LE(CN_IDX_PROC, NETLINK_HEADER_BYTES);
    message.writeUInt32LE(CN_VAL_PROC, NETLINK_HEADER_BYTES + 4);
    message.writeUInt16LE(4, NETLINK_HEADER_BYTES + 16);
    message.writeUInt32LE(PROC_CN_MCAST_LISTEN, NETLINK_HEADER_BYTES + CONNECTOR_HEADER_BYTES);
    if (
      bindNetlink(fd, address, address.length) !== 0 ||
      Number(sendBytes(fd, message, message.length, 0)) !== message.length
    ) {
      const because = `the process connector refused: ${lastError()}`;
      close(fd);
      return because;
    }
    return new ProcConnector(fd);
  }

  /** Everything that waits. */
  drain(events: ProcessEvents): void {
    for (;;) {
      const length = Number(read(this.fd, this.#buffer, BUFFER_BYTES));
      if (length > 0) parseProcessEvents(this.#buffer, length, events);
      // A full socket loses events and says so once; what they would have told is then not known (netlink(7)).
      else if (length < 0 && lastErrno() === ENOBUFS) events.lost();
      else return;
    }
  }

  close(): void {
    close(this.fd);
  }
}

export function parseProcessEvents(bytes: Buffer, length: number, events: ProcessEvents): void {
  let at = 0;
  while (at + NETLINK_HEADER_BYTES <= length) {
    const messageLength = bytes.readUInt32LE(at);
    if (messageLength < NETLINK_HEADER_BYTES || at + messageLength > length) return;
    const event = at + NETLINK_HEADER_BYTES + CONNECTOR_HEADER_BYTES;
    const data = event + EVENT_HEADER_BYTES;
    if (data + 16 <= at + messageLength) {
      const what = bytes.readUInt32LE(event);
      if (what === WHAT.FORK) {
        const child = bytes.readInt32LE(data + 8);
        // A thread is a fork with the same group: no new process.
        if (child === bytes.readInt32LE(data + 12)) events.forked(bytes.readInt32LE(data + 4), child);
      } else if (what === WHAT.EXEC) events.executed(bytes.readInt32LE(data + 4));
      else if (what === WHAT.UID)
        events.userChanged(bytes.readInt32LE(data + 4), bytes.readUInt32LE(data + 12));
    }
    // Messages are aligned to four bytes (netlink(7)).
    at += (messageLength + 3) & ~3;
  }
}
