/**
 * Audit logs of clouds and services: somebody called an operation. One table says for each where it keeps who,
 * what, whence and when; the record's own fields stay nested as they are, for the rules.
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { isoMs } from '../event/clock.ts';
import { done, draft, keep, type Members, put } from '../event/draft.ts';
import { mapperOf } from '../event/mapper.ts';
import type { Mapper } from '../event/slot.ts';
import { endpoint, fit, fitted, isIp } from '../event/text.ts';
import type { NormaliseContext, Normalised } from '../normaliser.ts';
import { at, textAt } from './paths.ts';
import type { AuditSource } from './source.ts';
import { SOURCES } from './sources.ts';

const mappers = new Map<AuditSource, Mapper>(SOURCES.map((source) => [source, mapperOf(source.mapping)]));

/** @returns undefined when no source writes records like this */
export function parseAudit(record: Members, context: NormaliseContext): Normalised | undefined {
  for (const source of SOURCES) if (source.is(record)) return auditEvent(source, record, context);
  return undefined;
}

const READ = 2;
const OTHER = 99;
const LOGON = 1;
/** How operations begin that create (1), read (2), change (3) and delete (4), in lower case. */
const VERBS: readonly (readonly [beginning: string, activity: number])[] = [
  ['create', 1],
  ['run', 1],
  ['insert', 1],
  ['add', 1],
  ['get', READ],
  ['list', READ],
  ['watch', READ],
  ['describe', READ],
  ['head', READ],
  ['lookup', READ],
  ['read', READ],
  ['update', 3],
  ['patch', 3],
  ['put', 3],
  ['set', 3],
  ['modify', 3],
  ['attach', 3],
  ['detach', 3],
  ['write', 3],
  ['delete', 4],
  ['remove', 4],
  ['terminate', 4],
];

function auditEvent(source: AuditSource, record: Members, context: NormaliseContext): Normalised {
  const operation = textAt(record, source.operation) ?? 'unknown';
  // An API stands in an authentication only where the profile of clouds brings it.
  const isLogon = source.cloud !== undefined && (source.isLogon?.(record, operation) ?? false);
  const originalTime = textAt(record, source.time);
  const number = at(record, source.time[0] ?? '');
  const event = draft(
    context,
    {
      parser: source.mapping.name,
      product: source.product,
      vendor: source.vendor,
      logName: source.logName(record),
    },
    {
      classUid: isLogon ? OCSF_CLASS.authentication : OCSF_CLASS.api_activity,
      activityId: isLogon ? LOGON : activityOf(operation),
      severityId: 1,
      ownMs: typeof number === 'number' ? (number < 1e11 ? number * 1_000 : number) : isoMs(originalTime),
      originalTime,
      host: undefined,
    },
  );
  const metadata = event['metadata'] as Members;
  if (source.cloud !== undefined) {
    metadata['profiles'] = ['cloud', 'host'];
    event['cloud'] = { provider: source.cloud };
  }
  const rest = (mappers.get(source) as Mapper)(record, event);
  const service = textAt(record, source.service) ?? source.product;
  const api = (event['api'] as Members | undefined) ?? {};
  api['operation'] = fit(operation);
  api['service'] ??= { name: fit(service) };
  event['api'] = api;
  const user = userOf(source, record);
  if (isLogon) {
    event['user'] = user ?? { name: 'unknown' };
    event['service'] = { name: fit(service) };
    event['is_remote'] = true;
  } else {
    event['actor'] = user === undefined ? { app_name: fit(service) } : { user };
  }
  const from = textAt(record, source.address);
  const known = event['src_endpoint'] as Members | undefined;
  if (known === undefined)
    event['src_endpoint'] = from === undefined ? { svc_name: fit(service) } : endpointOf(from);
  const agent = textAt(record, source.agent);
  if (agent !== undefined && event['http_request'] === undefined)
    event['http_request'] = { user_agent: fit(agent) };
  put(metadata, 'original_event_uid', metadata['original_event_uid'] ?? fitted(textAt(record, source.uid)));
  const status = source.status(record);
  if (status !== undefined) event['status_id'] = status;
  source.fill?.(record, rest);
  return done(keep(event, rest), source.mapping.name);
}

/** Azure writes ports behind addresses at times; services call each other by name. */
function endpointOf(from: string): Members {
  if (isIp(from)) return { ip: from };
  const colon = from.lastIndexOf(':');
  const host = from.slice(0, Math.max(colon, 0)).replace('[', '').replace(']', '');
  return isIp(host) ? { ip: host } : endpoint(from);
}

function userOf(source: AuditSource, record: Members): Members | undefined {
  const user: Members = {};
  put(user, 'name', fitted(textAt(record, source.userName)));
  put(user, 'uid', fitted(textAt(record, source.userUid)));
  if (user['name'] === undefined && user['uid'] === undefined) return undefined;
  return user;
}

/** The last word of `google.iam.admin.v1.CreateServiceAccount`, `Microsoft.Compute/…/delete` counts as well. */
function activityOf(operation: string): number {
  const lower = operation.toLowerCase();
  const last = lower.slice(Math.max(lower.lastIndexOf('.'), lower.lastIndexOf('/')) + 1);
  for (const [beginning, activity] of VERBS)
    if (last.startsWith(beginning) || lower.startsWith(beginning)) return activity;
  return OTHER;
}
