/**
 * An audit event (one record or several lines of them, as `AuditAssembler` hands them on) as OCSF.
 *
 * Beside the records' own fields stand those that Sigma's rules for processes, files and connections on Linux
 * look at (`Image`, `CommandLine`, `TargetFilename`, `DestinationIp`, …): an audited call says all of them.
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { done, draft, keep, type Members, put } from '../../event/draft.ts';
import { fitted, integer } from '../../event/text.ts';
import type { NormaliseContext, Normalised } from '../../normaliser.ts';
import { type AuditFields, fieldsOf, first } from './fields.ts';
import { type AuditRecord, parseAuditRecord } from './record.ts';
import { callShape, messageShape, type Shape } from './shapes.ts';

export const auditdMapping: Mapping = {
  name: 'auditd',
  paths: {
    Image: 'process.file.path',
    CommandLine: 'process.cmd_line',
    CurrentDirectory: 'process.working_directory',
    TargetFilename: 'file.path',
    DestinationIp: 'dst_endpoint.ip',
    DestinationPort: 'dst_endpoint.port',
  },
};

const RECORDS_MAX = 1_024;
/** The class of what no other class is for. */
const UNSHAPED: Shape = { classUid: OCSF_CLASS.base_event, activityId: 99, members: {} };

/** @param text one record, or the records of one event on a line each */
export function parseAuditd(text: string, context: NormaliseContext): Normalised | undefined {
  const records: AuditRecord[] = [];
  for (const line of text.split('\n', RECORDS_MAX)) {
    const record = line === '' ? undefined : parseAuditRecord(line);
    if (record !== undefined) records.push(record);
  }
  const [leading] = records;
  return leading === undefined ? undefined : auditEvent(records, leading, context, undefined);
}

export function auditEvent(
  records: readonly AuditRecord[],
  leading: AuditRecord,
  context: NormaliseContext,
  host: string | undefined,
): Normalised {
  const fields = fieldsOf(records);
  const shape = callShape(records, fields) ?? messageShape(leading.type, fields) ?? UNSHAPED;
  const event = draft(
    context,
    { parser: 'auditd', product: 'auditd', logName: 'audit', logProvider: 'auditd' },
    {
      classUid: shape.classUid,
      activityId: shape.activityId,
      severityId: 1,
      ownMs: leading.timeMs,
      originalTime: leading.id,
      host: leading.node ?? host,
    },
  );
  Object.assign(event, shape.members);
  const status = statusOf(fields);
  if (status !== undefined) event['status_id'] = status;
  const actor = actorOf(fields);
  if (event['actor'] === undefined && actor !== undefined) event['actor'] = actor;
  return done(keep(event, { ...fields, ...shape.rest }), 'auditd');
}

function statusOf(fields: AuditFields): number | undefined {
  const result = first(fields, 'success') ?? first(fields, 'res') ?? first(fields, 'result');
  if (result === undefined) return undefined;
  return result === 'yes' || result === 'success' || result === '1' ? 1 : 2;
}

/** The process that did it, and the user who signed in at the beginning of all (`auid`). */
function actorOf(fields: AuditFields): Members | undefined {
  const pid = integer(first(fields, 'pid'));
  if (pid === undefined) return undefined;
  const process: Members = { pid };
  put(process, 'name', fitted(first(fields, 'comm')));
  const uid = first(fields, 'auid');
  const name = first(fields, 'AUID');
  const user: Members = {};
  put(user, 'uid', fitted(uid));
  put(user, 'name', fitted(name));
  return uid === undefined && name === undefined ? { process } : { process, user };
}
