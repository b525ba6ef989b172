/**
 * The kernel's process connector (connector(7), linux/cn_proc.h): forks, execs and changes of user as they
 * happen, so that a process that lived for a millisecond still has a parent and a user.
 *
 * There is one for the whole machine, in its first network and process namespaces only; where it is missing,
 * /proc and fanotify are what there is, and the room's health says so.
 */
import { readlinkSync } from 'node:fs';
import { NETLINK, NETLINK_HEADER_BYTES, NetlinkSocket } from '../linux/netlink.ts';

const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;
const PROC_CN_MCAST_LISTEN = 1;
const NLMSG_DONE = 3;
const CONNECTOR_HEADER_BYTES = 20;
const EVENT_HEADER_BYTES = 16;
const WHAT = { FORK: 0x1, EXEC: 0x2, UID: 0x4 } as const;
const BUFFER_BYTES = 65_536;
/** A burst of short-lived processes must fit while files are looked at; the usual buffer holds a few hundred. */
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
  readonly #socket: NetlinkSocket;

  private constructor(socket: NetlinkSocket) {
    this.fd = socket.fd;
    this.#socket = socket;
  }

  /** Or why there is none here. */
  static open(): ProcConnector | string {
    if (readlinkSync('/proc/self/ns/pid') !== FIRST_PID_NAMESPACE)
      return 'this is not the first process namespace of the machine';
    const socket = NetlinkSocket.open(NETLINK.CONNECTOR, CN_IDX_PROC, BUFFER_BYTES, RECEIVE_BUFFER_BYTES);
    if (typeof socket === 'string') return `no process connector: ${socket}`;
    const message = Buffer.alloc(NETLINK_HEADER_BYTES + CONNECTOR_HEADER_BYTES + 4);
    message.writeUInt32LE(message.length, 0);
    message.writeUInt16LE(NLMSG_DONE, 4);
    message.writeUInt32LE(CN_IDX_PROC, NETLINK_HEADER_BYTES);
    message.writeUInt32LE(CN_VAL_PROC, NETLINK_HEADER_BYTES + 4);
    message.writeUInt16LE(4, NETLINK_HEADER_BYTES + 16);
    message.writeUInt32LE(PROC_CN_MCAST_LISTEN, NETLINK_HEADER_BYTES + CONNECTOR_HEADER_BYTES);
    const refused = socket.send(message);
    if (refused === undefined) return new ProcConnector(socket);
    socket.close();
    return `the process connector refused: ${refused}`;
  }

  /** Blocks this thread until something happens, or for so long. */
  wait(timeoutMs: number): boolean {
    return this.#socket.wait(timeoutMs);
  }

  /** Everything that waits. */
  drain(events: ProcessEvents): void {
    for (;;) {
      const length = this.#socket.receive();
      if (typeof length === 'number') parseProcessEvents(this.#socket.bytes, length, events);
      // A full socket loses events and says so once; what they would have told is then not known (netlink(7)).
      else if (length === 'overrun') events.lost();
      else return;
    }
  }

  close(): void {
    this.#socket.close();
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
