/** What single SMB commands hold: shares, names, tokens, transactions, buffers for pipes. */
import { u16, u32, utf16, zeroTerminated } from './bytes.ts';
import { SMB1, SMB2, type SmbCommand } from './message.ts';

/** [MS-FSCC] 2.3: write to a pipe and read its answer. */
const PIPE_TRANSCEIVE = 0x0011c017;
const TRANSACT_PIPE = 0x26;

/** `\\host\share` of a tree connect request. */
export function sharePath(command: SmbCommand): string | undefined {
  const { bytes, bodyAt, version } = command;
  if (command.isResponse) return undefined;
  if (version === 2 && command.command === SMB2.treeConnect)
    return utf16(bytes, u16(bytes, bodyAt + 4), u16(bytes, bodyAt + 6));
  if (version !== 1 || command.command !== SMB1.treeConnect || bytes[bodyAt] !== 4) return undefined;
  const passwordBytes = u16(bytes, bodyAt + 7);
  let at = bodyAt + 11 + passwordBytes;
  // Unicode strings start at even offsets of the header.
  if (command.isUnicode && at % 2 === 1) at += 1;
  return zeroTerminated(bytes, at, command.isUnicode);
}

/** Of a create request: a file, or a pipe on IPC$. */
export function openedName(command: SmbCommand): string | undefined {
  const { bytes, bodyAt, version } = command;
  if (command.isResponse) return undefined;
  if (version === 2 && command.command === SMB2.create)
    return utf16(bytes, u16(bytes, bodyAt + 44), u16(bytes, bodyAt + 46));
  if (version !== 1 || command.command !== SMB1.ntCreate || bytes[bodyAt] !== 24) return undefined;
  const length = u16(bytes, bodyAt + 6);
  let at = bodyAt + 1 + 48 + 2;
  if (command.isUnicode && at % 2 === 1) at += 1;
  return command.isUnicode ? utf16(bytes, at, length) : zeroTerminated(bytes, at, false);
}

/** Bytes that go to a pipe or come from it: where remote procedure calls are. */
export function pipeBytes(command: SmbCommand): Uint8Array | undefined {
  const { bytes, bodyAt, version, isResponse } = command;
  const part = (at: number, length: number): Uint8Array | undefined =>
    length > 0 && at >= bodyAt && at < bytes.length ? bytes.subarray(at, at + length) : undefined;
  if (version === 2)
    switch (command.command) {
      case SMB2.ioctl:
        if (u32(bytes, bodyAt + 4) !== PIPE_TRANSCEIVE) return undefined;
        return isResponse
          ? part(u32(bytes, bodyAt + 32), u32(bytes, bodyAt + 36))
          : part(u32(bytes, bodyAt + 24), u32(bytes, bodyAt + 28));
      case SMB2.write:
        return isResponse ? undefined : part(u16(bytes, bodyAt + 2), u32(bytes, bodyAt + 4));
      case SMB2.read:
        return isResponse ? part(bytes[bodyAt + 2] ?? 0, u32(bytes, bodyAt + 4)) : undefined;
      default:
        return undefined;
    }
  const words = bytes[bodyAt] ?? 0;
  const word = (index: number): number => u16(bytes, bodyAt + 1 + 2 * index);
  switch (command.command) {
    case SMB1.transaction:
      if (isResponse) return words >= 10 ? part(word(7), word(6)) : undefined;
      return words >= 16 && word(14) === TRANSACT_PIPE ? part(word(12), word(11)) : undefined;
    case SMB1.writeAndX:
      return !isResponse && words >= 12 ? part(word(11), word(10)) : undefined;
    case SMB1.readAndX:
      return isResponse && words >= 12 ? part(word(6), word(5)) : undefined;
    default:
      return undefined;
  }
}

export interface Transaction {
  readonly family: 'transaction' | 'transaction2' | 'nt-transact';
  readonly isSecondary: boolean;
  readonly totalDataBytes: number;
  readonly dataBytes: number;
  /** Of a secondary, where in the whole its data goes. */
  readonly displacement: number;
  /** What is asked for: the subcommand of Trans2, the function of a pipe transaction. */
  readonly setup: readonly number[];
}

/** Of a transaction request. [MS-CIFS] 2.2.4.33, .34, .46, .47, .62 and .63 */
export function transactionOf({
  version,
  command,
  isResponse,
  bytes,
  bodyAt,
}: SmbCommand): Transaction | undefined {
  if (version !== 1 || isResponse) return undefined;
  const words = bytes[bodyAt] ?? 0;
  const word = (index: number): number => u16(bytes, bodyAt + 1 + 2 * index);
  const long = (byte: number): number => u32(bytes, bodyAt + 1 + byte);
  switch (command) {
    case SMB1.transaction:
    case SMB1.transaction2:
      if (words < 14) return undefined;
      return {
        family: command === SMB1.transaction ? 'transaction' : 'transaction2',
        isSecondary: false,
        totalDataBytes: word(1),
        dataBytes: word(11),
        displacement: 0,
        setup: Array.from({ length: Math.min(words - 14, (bytes[bodyAt + 27] ?? 0) & 0xff) }, (_, at) =>
          word(14 + at),
        ),
      };
    case SMB1.transactionSecondary:
    case SMB1.transaction2Secondary:
      if (words < 8) return undefined;
      return {
        family: command === SMB1.transactionSecondary ? 'transaction' : 'transaction2',
        isSecondary: true,
        totalDataBytes: word(1),
        dataBytes: word(5),
        displacement: word(7),
        setup: [],
      };
    case SMB1.ntTransact:
      if (words < 19) return undefined;
      return {
        family: 'nt-transact',
        isSecondary: false,
        totalDataBytes: long(7),
        dataBytes: long(27),
        displacement: 0,
        setup: [u16(bytes, bodyAt + 1 + 36)],
      };
    case SMB1.ntTransactSecondary:
      if (words < 18) return undefined;
      return {
        family: 'nt-transact',
        isSecondary: true,
        totalDataBytes: long(7),
        dataBytes: long(23),
        displacement: long(31),
        setup: [],
      };
    default:
      return undefined;
  }
}

/** Of a session setup without extended security, as Windows 2000 and older programs send it. [MS-CIFS] 2.2.4.53 */
export function plainUser({
  version,
  command,
  isResponse,
  isUnicode,
  bytes,
  bodyAt,
}: SmbCommand): string | undefined {
  if (version !== 1 || command !== SMB1.sessionSetup || isResponse || bytes[bodyAt] !== 13) return undefined;
  let at = bodyAt + 29 + u16(bytes, bodyAt + 15) + u16(bytes, bodyAt + 17);
  if (isUnicode && at % 2 === 1) at += 1;
  return zeroTerminated(bytes, at, isUnicode);
}

const NTLMSSP = Uint8Array.from('NTLMSSP\0', (character) => character.charCodeAt(0));

/** The user of an NTLM authenticate message, wherever in the token it is; '' is nobody. [MS-NLMP] 2.2.1.3 */
export function ntlmUser({ bytes, bodyAt }: SmbCommand): string | undefined {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(NTLMSSP, bodyAt);
  if (at < 0 || u32(bytes, at + 8) !== 3) return undefined;
  const length = u16(bytes, at + 36);
  const offset = u32(bytes, at + 40);
  const isUnicode = (u32(bytes, at + 60) & 1) !== 0;
  if (length === 0) return '';
  if (isUnicode) return utf16(bytes, at + offset, length);
  return zeroTerminated(bytes.subarray(0, at + offset + length), at + offset, false);
}
