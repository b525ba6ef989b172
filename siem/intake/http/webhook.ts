/**
 * Webhooks: a body that is signed with a secret that both sides know (HMAC-SHA-256), as GitHub does
 * (`X-Hub-Signature-256: sha256=…`), or over `timestamp.body` where the sender names a time. Who has seen a
 * delivery cannot send it again.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SourceSettings } from '@demarc/platform/contract/intake';
import { expand } from '../../normalise/expand.ts';
import { intakeErrors } from '../errors.ts';
import { isTooDeep } from '../framing/objects.ts';
import { BoundsList, RECORD_BYTES_MAX } from '../record.ts';
import { type Decoded, type IntakeRequest, JSON_DEPTH_MAX } from './answer.ts';

export type WebhookSettings = Extract<SourceSettings, { readonly kind: 'webhook' }>;

/** Deliveries that are remembered by source; the oldest is forgotten first. */
const SEEN_MAX = 20_000;
const SECOND_MS = 1_000;
const HEADERS_KEPT = ['x-github-event', 'content-type', 'user-agent'] as const;
const ABOUT_CHARACTERS_MAX = 255;

/** What was delivered to one source. */
export class Deliveries {
  readonly #seen = new Set<string>();

  /** False when it is there already. */
  add(name: string): boolean {
    if (this.#seen.has(name)) return false;
    const oldest = this.#seen.values().next();
    if (this.#seen.size >= SEEN_MAX && oldest.done !== true) this.#seen.delete(oldest.value);
    this.#seen.add(name);
    return true;
  }

  /** It was not taken after all, and may come again. */
  delete(name: string): void {
    this.#seen.delete(name);
  }
}

/**
 * @returns names of this delivery: its signature, and its id where the sender gives one
 * @throws INTAKE_SIGNATURE_REFUSED
 */
export function checkSignature(
  settings: WebhookSettings,
  secret: string,
  request: IntakeRequest,
  body: Buffer,
): readonly string[] {
  const refuse = (because: string) => intakeErrors.make('INTAKE_SIGNATURE_REFUSED', { because });
  const given = header(request, settings.signatureHeader);
  if (given === undefined) throw refuse(`there is no header ${settings.signatureHeader}`);
  const hmac = createHmac('sha256', secret);
  if (settings.timestampHeader !== null) {
    const timestamp = header(request, settings.timestampHeader);
    if (timestamp === undefined) throw refuse(`there is no header ${settings.timestampHeader}`);
    const ageMs = Math.abs(request.receivedAtMs - timeOf(timestamp));
    if (!(ageMs <= settings.toleranceSeconds * SECOND_MS))
      throw refuse(`its time is more than ${settings.toleranceSeconds} s away from ours`);
    hmac.update(`${timestamp}.`);
  }
  const wanted = hmac.update(body).digest();
  const signature = Buffer.from(given.replace(/^sha256=/, ''), 'hex');
  if (signature.length !== wanted.length || !timingSafeEqual(signature, wanted))
    throw refuse('it is not the signature of this body');
  const delivery = settings.deliveryHeader === null ? undefined : header(request, settings.deliveryHeader);
  // The id is not signed: who has seen a delivery could give it another one.
  return [
    `signature ${wanted.toString('hex')}`,
    ...(delivery === undefined ? [] : [`delivery ${delivery.slice(0, ABOUT_CHARACTERS_MAX)}`]),
  ];
}

/** One body is one record, unless it is a container of records, as clouds send their audit events in. */
export function decodeWebhook(request: IntakeRequest, body: Buffer): Decoded {
  const { peer, receivedAtMs } = request;
  const isDeep = isTooDeep(body, JSON_DEPTH_MAX);
  const contained = isDeep ? undefined : recordsIn(body);
  if (contained === undefined) {
    const reason =
      body.length > RECORD_BYTES_MAX
        ? 'too-large'
        : isDeep
          ? 'too-deep'
          : body.length === 0
            ? 'malformed'
            : undefined;
    if (reason !== undefined)
      return {
        blocks: [],
        refused: [{ reason, sample: body }],
        answer: { status: 400, body: { taken: 0, reason } },
      };
  }
  const kept = new BoundsList();
  const parts: Buffer[] = [];
  const refused: Decoded['refused'][number][] = [];
  let length = 0;
  for (const part of contained ?? [body]) {
    if (part.length > RECORD_BYTES_MAX) refused.push({ reason: 'too-large', sample: part });
    else {
      parts.push(part);
      kept.add(length, length + part.length);
      length += part.length;
    }
  }
  const taken = kept.count;
  const block = {
    format: 'webhook' as const,
    receivedAtMs,
    peer,
    about: aboutOf(request),
    bounds: kept.take(),
    bytes: parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts),
  };
  return {
    blocks: taken === 0 ? [] : [block],
    refused,
    answer: {
      status: taken === 0 ? 400 : 202,
      body: { taken, ...(refused.length === 0 ? {} : { refused: refused.length }) },
    },
  };
}

/** Undefined where the body is no container: then it is the record. */
function recordsIn(body: Buffer): readonly Buffer[] | undefined {
  if (body[0] !== OPENING_BRACE && body[0] !== OPENING_BRACKET) return undefined;
  try {
    const json = JSON.parse(body.toString('utf8')) as Readonly<Record<string, unknown>> | readonly unknown[];
    const { records, leftOutCount } = expand(json);
    // Where something in it is no record, nobody knows what it is: it stays whole.
    if (records.length === 0 || leftOutCount > 0 || records[0] === json) return undefined;
    return records.map((record) => Buffer.from(typeof record === 'string' ? record : JSON.stringify(record)));
  } catch {
    return undefined;
  }
}

const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;

function aboutOf(request: IntakeRequest): Readonly<Record<string, string>> {
  const about: Record<string, string> = {};
  for (const name of HEADERS_KEPT) {
    const value = header(request, name);
    if (value !== undefined) about[name] = value.slice(0, ABOUT_CHARACTERS_MAX);
  }
  return about;
}

/** Seconds or milliseconds since the epoch, or ISO 8601. */
function timeOf(text: string): number {
  if (!/^\d+$/.test(text)) return Date.parse(text);
  return text.length > 11 ? Number(text) : Number(text) * SECOND_MS;
}

function header({ headers }: IntakeRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
