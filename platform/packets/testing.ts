/** Frames made by hand, for tests of what reads them. */

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/[\s:]/g, ''), 'hex'));
}

export interface Made {
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: number;
  readonly body: Uint8Array;
  readonly id?: number;
  /** In bytes, with whether more follow. */
  readonly fragment?: readonly [offset: number, more: boolean];
}

/** An IPv4 packet without a link layer. */
export function ipv4(made: Made): Uint8Array {
  const out = Buffer.alloc(20 + made.body.length);
  out[0] = 0x45;
  out.writeUInt16BE(out.length, 2);
  out.writeUInt16BE(made.id ?? 1, 4);
  const [offset, more] = made.fragment ?? [0, false];
  out.writeUInt16BE((more ? 0x2000 : 0) | (offset / 8), 6);
  out[8] = 64;
  out[9] = made.protocol ?? 6;
  out.set((made.source ?? '10.0.0.1').split('.').map(Number), 12);
  out.set((made.destination ?? '10.0.0.2').split('.').map(Number), 16);
  out.set(made.body, 20);
  return out;
}

export function tcp(made: {
  readonly from: number;
  readonly to: number;
  readonly flags: number;
  readonly sequence?: number;
  readonly payload?: Uint8Array;
}): Uint8Array {
  const out = Buffer.alloc(20 + (made.payload?.length ?? 0));
  out.writeUInt16BE(made.from, 0);
  out.writeUInt16BE(made.to, 2);
  out.writeUInt32BE(made.sequence ?? 0, 4);
  out[12] = 0x50;
  out[13] = made.flags;
  out.writeUInt16BE(1_024, 14);
  out.set(made.payload ?? [], 20);
  return out;
}

export function udp(from: number, to: number, payload: Uint8Array): Uint8Array {
  const out = Buffer.alloc(8 + payload.length);
  out.writeUInt16BE(from, 0);
  out.writeUInt16BE(to, 2);
  out.writeUInt16BE(out.length, 4);
  out.set(payload, 8);
  return out;
}
