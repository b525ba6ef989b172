/** Remote procedure calls, as far as which interface is bound and which operation is called. C706 chapter 12, [MS-RPCE]. */
import { u16, u32 } from './bytes.ts';
import { isRpcHeader } from './framing.ts';

export const RPC = { request: 0, bind: 11, alterContext: 14 } as const;

export interface RpcPdu {
  readonly type: number;
  readonly callId: number;
  /** Of a request: which of the bound interfaces, and which of its operations. */
  readonly contextId?: number;
  readonly operation?: number;
  /** The operation is in each fragment of the request; it is called once. */
  readonly isFirst?: boolean;
  /** Of a bind: interface by context. */
  readonly interfaces?: readonly (readonly [contextId: number, uuid: string])[];
}

/** Of one buffer; each has at least 16 bytes. */
const PDUS_MAX = 256;
const FIRST_FRAGMENT = 1;

export function readPdus(bytes: Uint8Array): readonly RpcPdu[] {
  const found: RpcPdu[] = [];
  for (let at = 0; isRpcHeader(bytes, at) && found.length < PDUS_MAX; at += u16(bytes, at + 8))
    found.push(readPdu(bytes.subarray(at, at + u16(bytes, at + 8))));
  return found;
}

function readPdu(bytes: Uint8Array): RpcPdu {
  const type = bytes[2] ?? 0;
  const flags = bytes[3] ?? 0;
  const callId = u32(bytes, 12);
  if (type === RPC.request && bytes.length >= 24) {
    const isFirst = (flags & FIRST_FRAGMENT) !== 0;
    return { type, callId, isFirst, contextId: u16(bytes, 20), operation: u16(bytes, 22) };
  }
  if ((type === RPC.bind || type === RPC.alterContext) && bytes.length >= 28)
    return { type, callId, interfaces: readContexts(bytes) };
  return { type, callId };
}

function readContexts(bytes: Uint8Array): readonly (readonly [number, string])[] {
  const found: (readonly [number, string])[] = [];
  const count = bytes[24] ?? 0;
  for (let at = 28; found.length < count && at + 24 <= bytes.length; ) {
    found.push([u16(bytes, at), uuidText(bytes, at + 4)]);
    at += 24 + (bytes[at + 2] ?? 0) * 20;
  }
  return found;
}

/** The first three parts are little-endian. */
function uuidText(bytes: Uint8Array, at: number): string {
  const order = [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15];
  return order
    .map((byte) => (byte < 0 ? '-' : (bytes[at + byte] ?? 0).toString(16).padStart(2, '0')))
    .join('');
}
