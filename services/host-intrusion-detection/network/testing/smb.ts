/** SMB messages made by hand, in their four bytes of length, and connections that carry them. */
import type { Packet } from '@demarc/platform/packets';
import { ACK, answer, PSH, SYN, tcp } from './packets.ts';

export function framed(message: Uint8Array): Buffer {
  const out = Buffer.alloc(4 + message.length);
  out.writeUInt32BE(message.length, 0);
  out.set(message, 4);
  return out;
}

/** @param words two bytes each */
export function smb1(
  command: number,
  words: readonly number[],
  made: {
    readonly isResponse?: boolean;
    readonly status?: number;
    readonly messageId?: number;
    readonly data?: Uint8Array;
  } = {},
): Buffer {
  const { data = new Uint8Array(0) } = made;
  const out = Buffer.alloc(32 + 1 + words.length * 2 + 2 + data.length);
  out.writeUInt32BE(0xff534d42, 0);
  out[4] = command;
  out.writeUInt32LE(made.status ?? 0, 5);
  out[9] = made.isResponse === true ? 0x98 : 0x18;
  out.writeUInt16LE(0xc007, 10);
  out.writeUInt16LE(7, 26);
  out.writeUInt16LE(made.messageId ?? 64, 30);
  out[32] = words.length;
  words.forEach((word, at) => out.writeUInt16LE(word & 0xffff, 33 + 2 * at));
  out.writeUInt16LE(data.length, 33 + 2 * words.length);
  out.set(data, 35 + 2 * words.length);
  return framed(out);
}

export function smb2(
  command: number,
  body: Uint8Array,
  made: { readonly isResponse?: boolean; readonly status?: number; readonly messageId?: number } = {},
): Buffer {
  const out = Buffer.alloc(64 + body.length);
  out.writeUInt32BE(0xfe534d42, 0);
  out.writeUInt16LE(64, 4);
  out.writeUInt32LE(made.status ?? 0, 8);
  out.writeUInt16LE(command, 12);
  out.writeUInt32LE(made.isResponse === true ? 1 : 0, 16);
  out.writeUInt32LE(made.messageId ?? 1, 24);
  out.set(body, 64);
  return framed(out);
}

/** A structure whose string is at its end: tree connect (at 4) and create (at 44). */
export function withName(name: string, at: number): Buffer {
  const text = Buffer.from(name, 'utf16le');
  const out = Buffer.alloc(at + 4 + text.length);
  out.writeUInt16LE(64 + at + 4, at);
  out.writeUInt16LE(text.length, at + 2);
  out.set(text, at + 4);
  return out;
}

/** A write to a pipe that binds an interface or calls an operation of it. */
export function pipeWrite(pdu: Uint8Array): Buffer {
  const body = Buffer.alloc(48 + pdu.length);
  body.writeUInt16LE(49, 0);
  body.writeUInt16LE(64 + 48, 2);
  body.writeUInt32LE(pdu.length, 4);
  body.set(pdu, 48);
  return smb2(9, body);
}

export function rpcBind(uuid: string, contextId = 0): Buffer {
  const out = rpc(11, 72);
  out[24] = 1;
  out.writeUInt16LE(contextId, 28);
  out[30] = 1;
  const [a = '', b = '', c = '', d = '', e = ''] = uuid.split('-');
  out.writeUInt32LE(Number.parseInt(a, 16), 32);
  out.writeUInt16LE(Number.parseInt(b, 16), 36);
  out.writeUInt16LE(Number.parseInt(c, 16), 38);
  out.set(Buffer.from(d + e, 'hex'), 40);
  return out;
}

export function rpcCall(operation: number, contextId = 0): Buffer {
  const out = rpc(0, 32);
  out.writeUInt16LE(contextId, 20);
  out.writeUInt16LE(operation, 22);
  return out;
}

function rpc(type: number, length: number): Buffer {
  const out = Buffer.alloc(length);
  out.set([5, 0, type, 3, 0x10, 0, 0, 0]);
  out.writeUInt16LE(length, 8);
  return out;
}

export type Said = readonly [by: 'client' | 'server', message: Uint8Array];

/** A connection with these messages, each a segment; ports and addresses as `made` says. */
export function connection(
  atMs: number,
  said: readonly Said[],
  made: Partial<Packet> = {},
): readonly Packet[] {
  const opening = tcp(atMs, SYN, { destinationPort: 4_450, sequence: 1_000, ...made });
  const packets: Packet[] = [
    opening,
    answer(opening, SYN | ACK),
    { ...opening, tcpFlags: ACK, atMs: atMs + 2, sequence: 1_001, acknowledgement: 5_001 },
  ];
  let [mine, theirs] = [1_001, 5_001];
  said.forEach(([by, payload], at) => {
    const segment = { atMs: atMs + 3 + at, tcpFlags: ACK | PSH, payload, payloadBytes: payload.length };
    if (by === 'client') packets.push({ ...opening, ...segment, sequence: mine, acknowledgement: theirs });
    else packets.push(answer(opening, ACK | PSH, { ...segment, sequence: theirs, acknowledgement: mine }));
    if (by === 'client') mine += payload.length;
    else theirs += payload.length;
  });
  return packets;
}
