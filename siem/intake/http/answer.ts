/** What a protocol is given of a request, and what it gives back. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Block } from '../record.ts';

export interface IntakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly peer: string;
  readonly receivedAtMs: number;
}

/** A record that is not taken while others of its request are. */
export interface RefusedRecord {
  readonly reason: string;
  readonly sample: Uint8Array;
}

export interface Decoded {
  readonly blocks: readonly Block[];
  readonly refused: readonly RefusedRecord[];
  /** Said once the blocks are on disk. */
  readonly answer: Answer;
}

export interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes as JSON. */
  readonly body: object | string | Uint8Array;
}

/** Nested deeper, an event would cost whoever walks it as much stack as its sender likes. */
export const JSON_DEPTH_MAX = 64;
