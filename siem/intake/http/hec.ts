/**
 * Splunk's HTTP event collector: events as JSON objects one after the other, raw lines, health, acknowledgement.
 *
 * An acknowledgement is true as soon as it is asked for: nothing is answered here before it is on disk.
 *
 * @see https://docs.splunk.com/Documentation/Splunk/latest/Data/TroubleshootHTTPEventCollector
 */
import { linesOf } from '../framing/lines.ts';
import { objectsOf } from '../framing/objects.ts';
import { BoundsList, RECORD_BYTES_MAX } from '../record.ts';
import {
  type Answer,
  type Decoded,
  type IntakeRequest,
  JSON_DEPTH_MAX,
  type RefusedRecord,
} from './answer.ts';

const BASE = /^\/services\/collector(?:\/(event|raw|health|ack|mint)(?:\/1\.0)?)?$/;
const CHANNEL = /^[0-9a-fA-F-]{36}$/;
/** Asked for in one request. */
const ACKS_MAX = 10_000;
const RAW_ABOUT = ['host', 'source', 'sourcetype', 'index'] as const;
const ABOUT_CHARACTERS_MAX = 255;

export type HecRoute = 'event' | 'raw' | 'health' | 'ack';

export function hecRoute({ path }: Pick<IntakeRequest, 'path'>): HecRoute | undefined {
  const found = BASE.exec(path);
  if (found === null || found[1] === 'mint') return undefined;
  return (found[1] as HecRoute | undefined) ?? 'event';
}

const say = (status: number, text: string, code: number, more: object = {}): Answer => ({
  status,
  body: { text, code, ...more },
});

export const HEC_HEALTHY: Answer = say(200, 'HEC is healthy', 17);

/** Acknowledgement ids follow each other by channel; they need not be remembered, for all of them are true. */
export class HecAcks {
  #last = 0;

  next(): number {
    this.#last += 1;
    return this.#last;
  }

  answer(body: Buffer): Answer {
    try {
      const { acks } = JSON.parse(body.toString('utf8')) as { readonly acks?: unknown };
      if (!Array.isArray(acks) || acks.length > ACKS_MAX) throw new Error('no list of ids');
      return {
        status: 200,
        body: { acks: Object.fromEntries(acks.map((id) => [String(Number(id)), true])) },
      };
    } catch {
      return say(400, 'Invalid data format', 6);
    }
  }
}

/** Whole requests are refused, as Splunk does: with the number of the first event that is wrong. */
export function decodeHecEvents(request: IntakeRequest, body: Buffer, acks: HecAcks): Decoded {
  const { bounds, strayAt } = objectsOf(body, JSON_DEPTH_MAX);
  const kept = new BoundsList();
  for (const [number, [start, end]] of bounds.entries()) {
    const sample = body.subarray(start, end);
    const wrong = end - start > RECORD_BYTES_MAX ? TOO_LARGE : wrongWith(sample);
    if (wrong !== undefined) return refusal(bounds.length, sample, wrong, number);
    kept.add(start, end);
  }
  if (strayAt !== undefined)
    return refusal(bounds.length + 1, body.subarray(strayAt), MALFORMED, bounds.length);
  if (kept.count === 0) return { blocks: [], refused: [], answer: say(400, 'No data', 5) };
  const { peer, receivedAtMs } = request;
  return {
    blocks: [{ format: 'hec', receivedAtMs, peer, about: {}, bounds: kept.take(), bytes: body }],
    refused: [],
    answer: success(request, acks),
  };
}

export function decodeHecRaw(request: IntakeRequest, body: Buffer, acks: HecAcks): Decoded {
  const { bounds, tooLong } = linesOf(body);
  if (bounds.length === 0 && tooLong.length === 0)
    return { blocks: [], refused: [], answer: say(400, 'No data', 5) };
  const about: Record<string, string> = {};
  for (const name of RAW_ABOUT) {
    const value = request.query.get(name);
    if (value !== null) about[name] = value.slice(0, ABOUT_CHARACTERS_MAX);
  }
  const { peer, receivedAtMs } = request;
  return {
    blocks: [{ format: 'text', receivedAtMs, peer, about, bounds, bytes: body }],
    refused: tooLong.map(([start, end]) => ({ reason: 'too-large', sample: body.subarray(start, end) })),
    answer: success(request, acks),
  };
}

interface Wrong {
  readonly reason: string;
  readonly text: string;
  readonly code: number;
}

const MALFORMED: Wrong = { reason: 'malformed', text: 'Invalid data format', code: 6 };
const TOO_LARGE: Wrong = { reason: 'too-large', text: 'Invalid data format', code: 6 };
const NO_EVENT: Wrong = { reason: 'no-event', text: 'Event field is required', code: 12 };
const BLANK: Wrong = { reason: 'no-event', text: 'Event field cannot be blank', code: 13 };

function wrongWith(bytes: Buffer): Wrong | undefined {
  try {
    const { event } = JSON.parse(bytes.toString('utf8')) as { readonly event?: unknown };
    if (event === undefined || event === null) return NO_EVENT;
    return event === '' ? BLANK : undefined;
  } catch {
    return MALFORMED;
  }
}

function refusal(count: number, sample: Uint8Array, { reason, text, code }: Wrong, number: number): Decoded {
  const refused: RefusedRecord[] = Array.from({ length: count }, () => ({ reason, sample }));
  return { blocks: [], refused, answer: say(400, text, code, { 'invalid-event-number': number }) };
}

function success({ headers, query }: IntakeRequest, acks: HecAcks): Answer {
  const channel = headers['x-splunk-request-channel'] ?? query.get('channel');
  const isAsked = typeof channel === 'string' && CHANNEL.test(channel);
  return say(200, 'Success', 0, isAsked ? { ackId: acks.next() } : {});
}

/** An error in the words that these senders read; 9 is what they come back after. */
export function hecError(status: number): object {
  if (status === 401) return { text: 'Invalid token', code: 4 };
  if (status === 403) return { text: 'Token disabled', code: 1 };
  if (status === 429 || status >= 500) return { text: 'Server is busy', code: 9 };
  return { text: 'Invalid data format', code: 6 };
}
