/** SMB messages of every version, taken apart as far as their commands. [MS-CIFS] 2.2.3, [MS-SMB2] 2.2.1 and 2.2.42. */
import { u16, u32 } from './bytes.ts';

export const SMB1 = {
  transaction: 0x25,
  transactionSecondary: 0x26,
  writeAndX: 0x2f,
  readAndX: 0x2e,
  transaction2: 0x32,
  transaction2Secondary: 0x33,
  negotiate: 0x72,
  sessionSetup: 0x73,
  treeConnect: 0x75,
  ntTransact: 0xa0,
  ntTransactSecondary: 0xa1,
  ntCreate: 0xa2,
} as const;
export const SMB2 = {
  negotiate: 0,
  sessionSetup: 1,
  treeConnect: 3,
  create: 5,
  close: 6,
  read: 8,
  write: 9,
  ioctl: 11,
} as const;

/** One command of a message; several may be in one. */
export interface SmbCommand {
  readonly version: 1 | 2;
  readonly command: number;
  readonly isResponse: boolean;
  /** NTSTATUS; of requests it is 0 in version 1, and something else in version 2. */
  readonly status: number;
  /** What ties a response to its request. */
  readonly messageId: number;
  readonly treeId: number;
  readonly processId: number;
  readonly isUnicode: boolean;
  /** The message, from its header on; offsets in it count from here. */
  readonly bytes: Uint8Array;
  /** Where the command’s own structure starts. */
  readonly bodyAt: number;
}

/** A compression transform header, which is where CVE-2020-0796 is. */
export interface Compressed {
  readonly originalBytes: number;
  readonly offset: number;
  readonly messageBytes: number;
}

export interface SmbMessage {
  readonly commands: readonly SmbCommand[];
  readonly compressed?: Compressed;
  readonly isEncrypted?: boolean;
}

/** Of one message. Windows sends up to about ten; more is an attempt to keep us busy. */
const COMMANDS_MAX = 128;
const NO_ANDX = 0xff;
/** Commands whose first word names the next one. [MS-CIFS] 2.2.3.4 */
const ANDX = [0x24, 0x2d, 0x2e, 0x2f, 0x73, 0x74, 0x75, 0xa2];

/** @param length as the framing says; `bytes` may be less */
export function readMessage(bytes: Uint8Array, length: number): SmbMessage | undefined {
  if (bytes[1] !== 0x53 || bytes[2] !== 0x4d || bytes[3] !== 0x42) return undefined;
  switch (bytes[0] ?? 0) {
    case 0xff:
      return { commands: readSmb1(bytes) };
    case 0xfe:
      return { commands: readSmb2(bytes) };
    case 0xfd:
      return { commands: [], isEncrypted: true };
    case 0xfc:
      if (bytes.length < 16) return undefined;
      return {
        commands: [],
        compressed: { originalBytes: u32(bytes, 4), offset: u32(bytes, 12), messageBytes: length - 16 },
      };
    default:
      return undefined;
  }
}

function readSmb1(bytes: Uint8Array): readonly SmbCommand[] {
  if (bytes.length < 33) return [];
  const isResponse = ((bytes[9] ?? 0) & 0x80) !== 0;
  const header = {
    version: 1 as const,
    isResponse,
    status: u32(bytes, 5),
    treeId: u16(bytes, 24),
    processId: u16(bytes, 26),
    messageId: u16(bytes, 30),
    isUnicode: (u16(bytes, 10) & 0x8000) !== 0,
    bytes,
  };
  const commands: SmbCommand[] = [];
  let command = bytes[4] ?? 0;
  for (let at = 32; commands.length < COMMANDS_MAX; ) {
    commands.push({ ...header, command, bodyAt: at });
    // An error response has no words, and none after it.
    if (!ANDX.includes(command) || (bytes[at] ?? 0) < 2 || bytes[at + 1] === NO_ANDX) break;
    const next = u16(bytes, at + 3);
    if (next <= at || next >= bytes.length) break;
    command = bytes[at + 1] ?? NO_ANDX;
    at = next;
  }
  return commands;
}

function readSmb2(bytes: Uint8Array): readonly SmbCommand[] {
  const commands: SmbCommand[] = [];
  for (let at = 0; at + 64 <= bytes.length && commands.length < COMMANDS_MAX; ) {
    const one = bytes.subarray(at);
    if (u32(one, 0) !== 0x424d53fe) break;
    const next = u32(one, 20);
    commands.push({
      version: 2,
      command: u16(one, 12),
      isResponse: ((one[16] ?? 0) & 1) !== 0,
      status: u32(one, 8),
      messageId: u32(one, 24),
      treeId: u32(one, 36),
      processId: 0,
      isUnicode: true,
      bytes: next === 0 ? one : one.subarray(0, next),
      bodyAt: 64,
    });
    if (next < 64) break;
    at += next;
  }
  return commands;
}
