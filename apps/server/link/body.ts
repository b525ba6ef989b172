/** Reads a request's body within bounds, and takes an exchange apart. */
import { createHash } from 'node:crypto';
import type { ServerHttp2Stream } from 'node:http2';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { Evidence } from '@demarc/platform/contract';
import { BATCH_BYTES_MAX, ExchangeHeader } from '@demarc/platform/link';
import { type Records, readRecords } from '@demarc/siem';
import { linkErrors } from './errors.ts';

const decompress = promisify(zstdDecompress);
const HEADER_BYTES_MAX = 1_048_576;
export const COMPRESSED_BYTES_MAX = 8_388_608;
const NEWLINE = 0x0a;
const BODY_SECONDS = 20;

/** @throws LINK_BODY_TOO_LARGE, LINK_BODY_SLOW when it trickles in */
export async function readBody(
  stream: ServerHttp2Stream,
  bytesMax: number,
  seconds = BODY_SECONDS,
): Promise<Buffer> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(linkErrors.make('LINK_BODY_SLOW', { seconds })),
    seconds * 1_000,
  );
  try {
    return await Promise.race([collect(stream, bytesMax), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function collect(stream: ServerHttp2Stream, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not destroyed when it is too large: the answer still has to go out.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw linkErrors.make('LINK_BODY_TOO_LARGE', { bytesMax });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export interface Exchange {
  readonly header: ExchangeHeader;
  readonly events: Records['events'];
  readonly bytesHint: number;
  readonly evidence: readonly { readonly index: number; readonly evidence: Evidence }[];
  /** Lines that are not records; they do not sink the others. */
  readonly rejected: Records['malformed'];
}

/** @throws LINK_BODY_TOO_LARGE, LINK_BODY_INVALID */
export async function parseExchange(compressed: Buffer): Promise<Exchange> {
  let body: Buffer;
  try {
    // The bound is what protects us from a small body that unfolds to gigabytes.
    body = await decompress(compressed, { maxOutputLength: BATCH_BYTES_MAX + HEADER_BYTES_MAX });
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw linkErrors.make('LINK_BODY_TOO_LARGE', { bytesMax: BATCH_BYTES_MAX }, { cause: error });
    }
    throw linkErrors.make('LINK_BODY_INVALID', { because: 'it is not zstd' }, { cause: error });
  }
  const headerEnd = body.indexOf(NEWLINE);
  if (headerEnd === -1 || headerEnd > HEADER_BYTES_MAX)
    throw linkErrors.make('LINK_BODY_INVALID', { because: 'it has no header line' });
  const header = parseHeader(body.subarray(0, headerEnd));
  const lines = body.subarray(headerEnd + 1);
  if (lines.length > 0 && createHash('sha256').update(lines).digest('hex') !== header.batchToken) {
    throw linkErrors.make('LINK_BODY_INVALID', { because: 'the token is not the digest of the records' });
  }
  return { header, ...parseRecords(lines) };
}

function parseHeader(line: Buffer): ExchangeHeader {
  const parsed = ExchangeHeader.safeParse(parseJson(line));
  if (parsed.success) return parsed.data;
  const because =
    `${parsed.error.issues[0]?.path.join('.') ?? ''} ${parsed.error.issues[0]?.message ?? ''}`.trim();
  throw linkErrors.make('LINK_BODY_INVALID', { because: `header: ${because}` });
}

function parseRecords(lines: Buffer): Omit<Exchange, 'header'> {
  // Events are checked against OCSF later, on the road: once is enough.
  const { events, evidence: given, malformed, bytesHint } = readRecords(lines);
  const evidence: { index: number; evidence: Evidence }[] = [];
  const rejected = [...malformed];
  for (const { index, evidence: value } of given) {
    const parsed = Evidence.safeParse(value);
    if (parsed.success) evidence.push({ index, evidence: parsed.data });
    else {
      const detail = parsed.error.issues[0]?.message ?? '';
      rejected.push({ index, code: 'LINK_RECORD_INVALID', detail, raw: JSON.stringify(value) });
    }
  }
  return { events, evidence, rejected, bytesHint };
}

export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
