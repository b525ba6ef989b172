/** A request's body within bounds: as it comes, and as it unfolds. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate, zstdDecompress } from 'node:zlib';
import { intakeErrors } from '../errors.ts';

export const BODY_BYTES_MAX = 16_777_216; // 16 MiB
export const UNFOLDED_BYTES_MAX = 67_108_864 - 1_048_576; // 63 MiB: one block of the spool
/** Logs unfold to some fifty times; what unfolds to more is made to. */
const UNFOLDED_SHARE_MAX = 300;
const UNFOLDED_BYTES_FREE = 1_048_576;
const BODY_SECONDS = 30;

const UNFOLD = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  zstd: promisify(zstdDecompress),
} as const;

/** @throws INTAKE_BODY_TOO_LARGE, INTAKE_BODY_SLOW, INTAKE_BODY_INVALID, INTAKE_ENCODING_UNKNOWN */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const body = await arrived(request);
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  return encoding === 'identity' || encoding === '' ? body : unfold(body, encoding);
}

/** @throws INTAKE_BODY_TOO_LARGE, INTAKE_BODY_INVALID, INTAKE_ENCODING_UNKNOWN */
export async function unfold(body: Buffer, encoding: string): Promise<Buffer> {
  const with_ = UNFOLD[encoding as keyof typeof UNFOLD];
  if (with_ === undefined)
    throw intakeErrors.make('INTAKE_ENCODING_UNKNOWN', { encoding: encoding.slice(0, 40) });
  const maxOutputLength = Math.min(
    UNFOLDED_BYTES_MAX,
    body.length * UNFOLDED_SHARE_MAX + UNFOLDED_BYTES_FREE,
  );
  try {
    return await with_(body, { maxOutputLength });
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw intakeErrors.make('INTAKE_BODY_TOO_LARGE', { bytesMax: maxOutputLength }, { cause: error });
    throw intakeErrors.make('INTAKE_BODY_INVALID', { because: `it is not ${encoding}` }, { cause: error });
  }
}

async function arrived(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX)
    throw intakeErrors.make('INTAKE_BODY_TOO_LARGE', { bytesMax: BODY_BYTES_MAX });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(intakeErrors.make('INTAKE_BODY_SLOW', { seconds: BODY_SECONDS })),
    BODY_SECONDS * 1_000,
  );
  try {
    return await Promise.race([collected(request), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function collected(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not destroyed when it is too large: the answer still has to go out.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX)
      throw intakeErrors.make('INTAKE_BODY_TOO_LARGE', { bytesMax: BODY_BYTES_MAX });
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}
