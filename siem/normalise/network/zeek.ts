/**
 * Zeek's logs in JSON (`LogAscii::use_json=T`), one object a line; which log it is says `_path` where the
 * writer adds it, otherwise the fields that only one log has.
 *
 * @see https://docs.zeek.org/en/master/log-formats.html
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Recognition } from '@demarc/platform/sigma/event';
import { isoMs } from '../event/clock.ts';
import { done, draft, keep, type Members } from '../event/draft.ts';
import { mapperOf } from '../event/mapper.ts';
import { fit, isIp } from '../event/text.ts';
import { zeekMapping } from '../json-mappings.ts';
import type { NormaliseContext, Normalised } from '../normaliser.ts';
import { METHODS } from '../web/access.ts';
import { putWebFields, RCODES } from './protocols.ts';

const SERVICES = [
  'conn',
  'dce_rpc',
  'dns',
  'files',
  'http',
  'kerberos',
  'notice',
  'ntlm',
  'rdp',
  'smb_files',
];
const MORE = ['smb_mapping', 'ssh', 'ssl', 'x509', 'weird', 'dhcp', 'smtp', 'ftp', 'software', 'tunnel'];

export const zeekRecognitions: readonly Recognition[] = [
  { when: { 'metadata.product.name': ['Zeek'] }, is: { product: 'zeek' } },
  ...[...SERVICES, ...MORE].map((service) => ({
    when: { 'metadata.product.name': ['Zeek'], 'metadata.log_name': [service] },
    is: {
      product: 'zeek',
      service,
      ...(service === 'dns' ? { category: 'dns' } : service === 'http' ? { category: 'proxy' } : {}),
    },
  })),
];

const split = mapperOf(zeekMapping);

/** Fields that one log alone has, for records without `_path`. */
const TELLING = [
  ['conn_state', 'conn'],
  ['qtype_name', 'dns'],
  ['trans_id', 'dns'],
  ['status_code', 'http'],
  ['user_agent', 'http'],
  ['endpoint', 'dce_rpc'],
  ['request_type', 'kerberos'],
  ['cookie', 'rdp'],
  ['certificate.serial', 'x509'],
  ['share_type', 'smb_mapping'],
  ['action', 'smb_files'],
  ['server_name', 'ssl'],
  ['kex_alg', 'ssh'],
  ['note', 'notice'],
] as const;

export function isZeek(record: Members): boolean {
  return (
    record['ts'] !== undefined && (record['id.orig_h'] !== undefined || typeof record['_path'] === 'string')
  );
}

export function parseZeek(record: Members, context: NormaliseContext): Normalised {
  const path = pathOf(record);
  const { ts } = record;
  const isConnected = isAddress(record['id.orig_h']) || isAddress(record['id.resp_h']);
  const [classUid, activityId] = isConnected ? classOf(path, record) : [OCSF_CLASS.base_event, 99];
  const event = draft(
    context,
    { parser: isConnected ? 'zeek' : 'zeek-plain', product: 'Zeek', logName: path },
    {
      classUid,
      activityId,
      severityId: 1,
      ownMs: typeof ts === 'number' ? ts * 1_000 : isoMs(ts),
      originalTime: typeof ts === 'number' || typeof ts === 'string' ? String(ts) : undefined,
      host: undefined,
    },
  );
  const rest = isConnected ? split(record, event) : { ...record };
  const connection = event['connection_info'] as Members | undefined;
  if (connection !== undefined) connection['direction_id'] = 0;
  if (classUid === OCSF_CLASS.dns_activity) fillDns(event, rest, record);
  if (classUid === OCSF_CLASS.http_activity) fillHttp(event, rest, record);
  return done(keep(event, rest), 'zeek');
}

function pathOf(record: Members): string {
  if (typeof record['_path'] === 'string') return record['_path'];
  for (const [field, path] of TELLING) if (record[field] !== undefined) return path;
  return 'conn';
}

function classOf(path: string, record: Members): readonly [number, number] {
  switch (path) {
    case 'dns':
      return [OCSF_CLASS.dns_activity, record['answers'] === undefined ? 1 : 2];
    case 'http':
      return [OCSF_CLASS.http_activity, METHODS.get(String(record['method'])) ?? 99];
    case 'ssh':
      return [OCSF_CLASS.ssh_activity, 6];
    default:
      return [OCSF_CLASS.network_activity, 6];
  }
}

function fillDns(event: Members, rest: Members, record: Members): void {
  const { query, qtype_name: type, answers, rcode_name: rcode } = record;
  if (typeof query === 'string')
    event['query'] =
      typeof type === 'string' ? { hostname: fit(query), type: fit(type) } : { hostname: fit(query) };
  if (typeof type === 'string') rest['record_type'] = type;
  const code = typeof rcode === 'string' ? RCODES.get(rcode) : undefined;
  if (code !== undefined) event['rcode_id'] = code;
  if (!Array.isArray(answers)) return;
  const texts = answers.filter((each) => typeof each === 'string').slice(0, 256);
  if (texts.length === 0) return;
  event['answers'] = texts.map((rdata) => ({ rdata: fit(rdata) }));
  rest['answer'] = texts;
}

function fillHttp(event: Members, rest: Members, record: Members): void {
  const { method, host, uri, user_agent: agent, referrer: referer, status_code: status } = record;
  const request: Members = {};
  if (typeof method === 'string' && METHODS.has(method)) request['http_method'] = method;
  if (typeof uri === 'string')
    request['url'] =
      typeof host === 'string' ? { url_string: fit(uri), hostname: fit(host) } : { url_string: fit(uri) };
  if (typeof agent === 'string') request['user_agent'] = fit(agent);
  event['http_request'] = request;
  if (Number.isSafeInteger(status)) event['http_response'] = { code: status };
  putWebFields(rest, { method, host, uri, agent, referer, status });
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && isIp(value);
}
