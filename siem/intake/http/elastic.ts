/**
 * As much of Elasticsearch's API as senders use: its greeting, licence and health, and the bulk request.
 *
 * Documents are taken, never changed: `index` and `create` are answered as created, `update` and `delete` as
 * refused, each in its place. Templates, policies and pipelines are acknowledged and mean nothing here.
 *
 * @see https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
 */
import { createHash, randomUUID } from 'node:crypto';
import { intakeErrors } from '../errors.ts';
import { isTooDeep } from '../framing/objects.ts';
import { type Block, BoundsList, RECORD_BYTES_MAX } from '../record.ts';
import {
  type Answer,
  type Decoded,
  type IntakeRequest,
  JSON_DEPTH_MAX,
  type RefusedRecord,
} from './answer.ts';

const LF = 0x0a;
const ACTIONS = ['index', 'create', 'update', 'delete'] as const;
type ActionName = (typeof ACTIONS)[number];
/** Senders look at it before they send: new enough for all of them, and an interface that is stable. */
const VERSION = '8.19.0';
const INDEX_DEFAULT = 'logs';
const NAME_CHARACTERS_MAX = 255;
/** Every answer has it: the official clients refuse to talk to what does not say so. */
export const PRODUCT = { 'x-elastic-product': 'Elasticsearch' } as const;

const BULK = /^(?:\/([^/]{1,255}))?\/_bulk$/;

export const isBulk = ({ method, path }: IntakeRequest): boolean =>
  (method === 'POST' || method === 'PUT') && BULK.test(path);

/** What senders ask before and beside. Undefined when it is none of that. */
export function greet({ method, path }: IntakeRequest): Answer | undefined {
  const ok = (body: object): Answer => ({ status: 200, headers: PRODUCT, body });
  if (path === '/' && (method === 'GET' || method === 'HEAD')) return ok(greeting());
  switch (path.split('/')[1] ?? '') {
    case '_license':
      return ok({ license: { status: 'active', uid: LICENCE_UID, type: 'basic', mode: 'basic' } });
    case '_xpack':
      return ok({ license: { status: 'active', type: 'basic', mode: 'basic' }, features: {} });
    case '_cluster':
      return ok({ cluster_name: 'demarc', status: 'green', number_of_nodes: 1, timed_out: false });
    case '_nodes':
      return ok({ cluster_name: 'demarc', nodes: {} });
    case '_ilm':
    case '_index_template':
    case '_component_template':
    case '_template':
    case '_ingest':
    case '_data_stream':
    case '_alias':
      return ok({ acknowledged: true });
    default:
      return undefined;
  }
}

const LICENCE_UID = '00000000-0000-4000-8000-000000000000';

function greeting(): object {
  return {
    name: 'demarc',
    cluster_name: 'demarc',
    cluster_uuid: 'demarc',
    version: {
      number: VERSION,
      build_flavor: 'default',
      build_type: 'deb',
      lucene_version: '9.12.1',
      minimum_wire_compatibility_version: '7.17.0',
      minimum_index_compatibility_version: '7.0.0',
    },
    tagline: 'You Know, for Search',
  };
}

interface Action {
  readonly name: ActionName;
  readonly index: string;
  readonly id: string | undefined;
}

interface Item {
  readonly action: Action;
  readonly refusal?: { readonly reason: string; readonly says: string };
}

/** @throws INTAKE_BODY_INVALID when it cannot be told which line is what */
export function decodeBulk(request: IntakeRequest, body: Buffer): Decoded {
  const indexOfPath = decodeURIComponent(BULK.exec(request.path)?.[1] ?? INDEX_DEFAULT);
  const byIndex = new Map<string, BoundsList>();
  const items: Item[] = [];
  const refused: RefusedRecord[] = [];
  let known: { readonly line: Buffer; readonly action: Action } | undefined;
  for (let at = 0; at < body.length; ) {
    const lineEnd = endOf(body, at);
    const line = body.subarray(at, lineEnd);
    at = lineEnd + 1;
    if (isBlank(line)) continue;
    // Nearly all of a request's action lines are the same bytes.
    if (known === undefined || !known.line.equals(line))
      known = { line, action: actionOf(line, indexOfPath) };
    const { action } = known;
    if (action.name === 'delete') {
      items.push({ action, refusal: { reason: 'not-supported', says: 'documents are never deleted here' } });
      refused.push({ reason: 'not-supported', sample: line });
      continue;
    }
    if (at >= body.length)
      throw intakeErrors.make('INTAKE_BODY_INVALID', { because: 'the last action has no document' });
    const [start, end] = [at, endOf(body, at)];
    at = end + 1;
    const refusal = refusalOf(action, body.subarray(start, end));
    items.push({ action, ...(refusal === undefined ? {} : { refusal }) });
    if (refusal !== undefined) refused.push({ reason: refusal.reason, sample: body.subarray(start, end) });
    else {
      const bounds = byIndex.get(action.index) ?? new BoundsList();
      byIndex.set(action.index, bounds);
      bounds.add(start, end);
    }
  }
  const blocks = [...byIndex].map(([index, bounds]) =>
    blockOf(request, body, { index, bounds: bounds.take(), isOnly: byIndex.size === 1 }),
  );
  return { blocks, refused, answer: { status: 200, headers: PRODUCT, body: answerOf(items) } };
}

/** Only the documents of this index, where there are others: a block keeps all of its bytes. */
function blockOf(
  { peer, receivedAtMs }: IntakeRequest,
  body: Buffer,
  { index, bounds, isOnly }: { index: string; bounds: Uint32Array; isOnly: boolean },
): Block {
  const about = { index };
  if (isOnly) return { format: 'elastic', receivedAtMs, peer, about, bounds, bytes: body };
  const parts: Buffer[] = [];
  const moved = new BoundsList();
  let length = 0;
  for (let at = 0; at < bounds.length; at += 2) {
    const part = body.subarray(bounds[at], bounds[at + 1]);
    parts.push(part);
    moved.add(length, length + part.length);
    length += part.length;
  }
  return { format: 'elastic', receivedAtMs, peer, about, bounds: moved.take(), bytes: Buffer.concat(parts) };
}

/** @throws INTAKE_BODY_INVALID */
function actionOf(line: Buffer, indexOfPath: string): Action {
  const because = 'an action line is not { "index" | "create" | "update" | "delete": { … } }';
  const parsed = jsonOf(line);
  const [only, ...more] = Object.entries(isRecord(parsed) ? parsed : {});
  const name = ACTIONS.find((known) => known === only?.[0]);
  const given = only?.[1];
  if (name === undefined || more.length > 0 || !isRecord(given))
    throw intakeErrors.make('INTAKE_BODY_INVALID', { because });
  const { _index: index, _id: id } = given;
  return {
    name,
    index: typeof index === 'string' && index !== '' ? index.slice(0, NAME_CHARACTERS_MAX) : indexOfPath,
    id: typeof id === 'string' ? id.slice(0, NAME_CHARACTERS_MAX * 2) : undefined,
  };
}

function refusalOf({ name }: Action, document: Buffer): Item['refusal'] {
  if (name === 'update') return { reason: 'not-supported', says: 'documents are never changed here' };
  if (document.length > RECORD_BYTES_MAX)
    return { reason: 'too-large', says: `the document is longer than ${RECORD_BYTES_MAX} bytes` };
  if (isTooDeep(document, JSON_DEPTH_MAX))
    return { reason: 'too-deep', says: `the document is nested deeper than ${JSON_DEPTH_MAX}` };
  if (!isRecord(jsonOf(document))) return { reason: 'malformed', says: 'the document is no JSON object' };
  return undefined;
}

function answerOf(items: readonly Item[]): object {
  return {
    took: 0,
    errors: items.some(({ refusal }) => refusal !== undefined),
    items: items.map(({ action, refusal }, index) => {
      const { name, index: _index, id } = action;
      if (refusal !== undefined) {
        const error = { type: 'document_parsing_exception', reason: refusal.says };
        return { [name]: { _index, _id: id ?? null, status: 400, error } };
      }
      const done = {
        _index,
        _id: id ?? newId(),
        _version: 1,
        result: 'created',
        _shards: { total: 1, successful: 1, failed: 0 },
        _seq_no: index,
        _primary_term: 1,
        status: 201,
      };
      return { [name]: done };
    }),
  };
}

const newId = (): string => createHash('sha1').update(randomUUID()).digest('base64url').slice(0, 20);

function endOf(body: Buffer, at: number): number {
  const end = body.indexOf(LF, at);
  return end === -1 ? body.length : end;
}

const isBlank = (line: Buffer): boolean =>
  line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09);

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An error in the words that these clients read. */
export function elasticError(status: number, reason: string): object {
  const type =
    status === 429 ? 'es_rejected_execution_exception' : status === 401 ? 'security_exception' : 'exception';
  return { error: { type, reason, root_cause: [{ type, reason }] }, status };
}
