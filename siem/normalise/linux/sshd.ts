/** OpenSSH's server: who signs in, who fails to, who connects and goes. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { put } from '../event/draft.ts';
import { endpoint, fit, isIp, port } from '../event/text.ts';
import type { NormaliseContext } from '../normaliser.ts';
import { begin, HEADER_PATHS, type Line, processOf } from '../syslog/line.ts';
import type { SyslogRecord } from '../syslog/record.ts';
import { readSentence } from './sshd-sentences.ts';

export const sshdMapping: Mapping = {
  name: 'sshd',
  paths: {
    ...HEADER_PATHS,
    user: 'user.name',
    src_ip: 'src_endpoint.ip',
    src_host: 'src_endpoint.hostname',
    src_port: 'src_endpoint.port',
    dst_ip: 'dst_endpoint.ip',
    dst_port: 'dst_endpoint.port',
    method: 'auth_protocol',
    reason: 'status_detail',
  },
};

const NETWORK_LOGON = 3;
const OTHER_PROTOCOL = 99;

export function parseSshd(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  const about = readSentence(record.message);
  if (about === undefined) return undefined;
  const line =
    about.user === undefined
      ? begin('sshd', record, context, OCSF_CLASS.ssh_activity, about.activity)
      : begin('sshd', record, context, OCSF_CLASS.authentication, about.activity);
  const { event, rest } = line;
  const process = processOf(record);
  if (process !== undefined) event['actor'] = { process };
  if (about.status !== undefined) event['status_id'] = about.status;
  put(event, 'status_detail', about.reason === undefined ? undefined : fit(about.reason));
  if (about.user === undefined) event['app_name'] = 'sshd';
  else {
    event['user'] = { name: fit(about.user) };
    event['service'] = { name: 'sshd' };
    event['is_remote'] = true;
    event['logon_type_id'] = NETWORK_LOGON;
    if (about.method !== undefined) {
      event['auth_protocol_id'] = OTHER_PROTOCOL;
      event['auth_protocol'] = fit(about.method);
    }
  }
  // SSH Activity needs an end; a line that names none has the host itself.
  event['src_endpoint'] = endpoint(
    about.from ?? record.host ?? context.peer ?? 'unknown',
    port(about.fromPort),
  );
  if (about.to !== undefined && isIp(about.to))
    event['dst_endpoint'] = endpoint(about.to, port(about.toPort));
  put(rest, 'key_type', about.keyType);
  put(rest, 'key_fingerprint', about.fingerprint);
  if (about.isInvalidUser === true) rest['invalid_user'] = true;
  return line;
}
