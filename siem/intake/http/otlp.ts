/**
 * OTLP over HTTP: an export of log records, as protobuf or as JSON. Each log record becomes one JSON object with
 * what its resource and scope say beside it; attributes become members, as they would be written by hand.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
import { intakeErrors } from '../errors.ts';
import { isTooDeep } from '../framing/objects.ts';
import { BoundsList, RECORD_BYTES_MAX } from '../record.ts';
import { type Decoded, type IntakeRequest, JSON_DEPTH_MAX, type RefusedRecord } from './answer.ts';
import { readLogs } from './otlp-protobuf.ts';
import { encodeBytes, encodeVarint } from './protobuf.ts';

export const PROTOBUF = 'application/x-protobuf';

/** As it is handed on: one log record, and where it comes from. */
export interface OtlpRecord {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope?: { readonly name?: string; readonly version?: string; readonly attributes?: unknown };
  readonly timeUnixNano?: string;
  readonly observedTimeUnixNano?: string;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly eventName?: string;
  readonly body?: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly droppedAttributesCount?: number;
  readonly flags?: number;
  readonly traceId?: string;
  readonly spanId?: string;
}

export const isProtobuf = ({ headers }: Pick<IntakeRequest, 'headers'>): boolean =>
  (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() === PROTOBUF;

/** @throws INTAKE_BODY_INVALID */
export function decodeOtlp(request: IntakeRequest, body: Buffer): Decoded {
  const isBinary = isProtobuf(request);
  const parts: Buffer[] = [];
  const bounds = new BoundsList();
  const refused: RefusedRecord[] = [];
  let length = 0;
  for (const record of recordsOf(body, isBinary)) {
    const text = Buffer.from(JSON.stringify(record));
    const reason =
      text.length > RECORD_BYTES_MAX ? 'too-large' : isTooDeep(text, JSON_DEPTH_MAX) ? 'too-deep' : undefined;
    if (reason !== undefined) {
      refused.push({ reason, sample: text });
      continue;
    }
    parts.push(text);
    bounds.add(length, length + text.length);
    length += text.length;
  }
  const { peer, receivedAtMs } = request;
  return {
    blocks: [
      { format: 'otlp', receivedAtMs, peer, about: {}, bounds: bounds.take(), bytes: Buffer.concat(parts) },
    ],
    refused,
    answer: {
      status: 200,
      type: isBinary ? PROTOBUF : 'application/json',
      body: isBinary ? partialInProtobuf(refused) : partialInJson(refused),
    },
  };
}

function recordsOf(body: Buffer, isBinary: boolean): readonly OtlpRecord[] {
  try {
    if (isBinary) return readLogs(body);
    if (isTooDeep(body, JSON_DEPTH_MAX * 4)) throw new Error('it is nested too deeply');
    return readJson(JSON.parse(body.toString('utf8')));
  } catch (error) {
    const because = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw intakeErrors.make('INTAKE_BODY_INVALID', { because }, { cause: error });
  }
}

const saysOf = (refused: readonly RefusedRecord[]): string =>
  [...new Set(refused.map(({ reason }) => reason))].join(', ');

function partialInJson(refused: readonly RefusedRecord[]): object {
  if (refused.length === 0) return {};
  return { partialSuccess: { rejectedLogRecords: String(refused.length), errorMessage: saysOf(refused) } };
}

function partialInProtobuf(refused: readonly RefusedRecord[]): Buffer {
  if (refused.length === 0) return Buffer.alloc(0);
  const says = encodeBytes(2, Buffer.from(saysOf(refused)));
  return encodeBytes(1, Buffer.concat([encodeVarint(1, refused.length), says]));
}

/** `google.rpc.Status`, which a refusal in protobuf is answered with. */
export function statusInProtobuf(message: string): Buffer {
  return encodeBytes(2, Buffer.from(message));
}

type Json = Readonly<Record<string, unknown>>;

const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const recordOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

/** The JSON form; names are in lower camel case, and 64-bit numbers are texts. */
function readJson(body: unknown): readonly OtlpRecord[] {
  const { resourceLogs } = recordOf(body);
  if (!Array.isArray(resourceLogs)) throw new Error('it has no resourceLogs');
  const records: OtlpRecord[] = [];
  for (const logs of listOf(resourceLogs)) {
    const resource = attributesOf(recordOf(logs['resource'])['attributes']);
    for (const scoped of listOf(logs['scopeLogs'])) {
      const scope = recordOf(scoped['scope']);
      for (const { body: said, attributes, ...record } of listOf(scoped['logRecords']))
        records.push({
          resource,
          ...(Object.keys(scope).length === 0
            ? {}
            : { scope: { ...scope, attributes: attributesOf(scope['attributes']) } }),
          ...record,
          ...(said === undefined ? {} : { body: valueOf(said) }),
          attributes: attributesOf(attributes),
        });
    }
  }
  return records;
}

function attributesOf(list: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(listOf(list).map(({ key, value }) => [String(key), valueOf(value)]));
}

function valueOf(value: unknown): unknown {
  const any = recordOf(value);
  if ('stringValue' in any) return any['stringValue'];
  if ('boolValue' in any) return any['boolValue'];
  if ('intValue' in any) return numberOf(any['intValue']);
  if ('doubleValue' in any) return any['doubleValue'];
  if ('bytesValue' in any) return any['bytesValue'];
  if ('arrayValue' in any) return listOf(recordOf(any['arrayValue'])['values']).map(valueOf);
  if ('kvlistValue' in any) return attributesOf(recordOf(any['kvlistValue'])['values']);
  return null;
}

/** As a number where that is exact, as its digits otherwise. */
export function numberOf(value: unknown): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
