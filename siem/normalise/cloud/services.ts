/** The audit logs of Okta, GitHub, Bitbucket, OneLogin, Duo and OpenCanary. */
import { has, textAt } from './paths.ts';
import { type AuditSource, FAILURE, SUCCESS } from './source.ts';

/** @see https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/ */
const okta: AuditSource = {
  is: (record) => has(record, 'eventType', 'published', 'outcome'),
  mapping: {
    name: 'okta',
    paths: {
      eventType: 'api.operation',
      published: 'metadata.original_time',
      uuid: 'metadata.original_event_uid',
      displayMessage: 'message',
    },
  },
  product: 'Okta',
  vendor: 'Okta',
  cloud: 'Okta',
  logName: () => 'okta',
  operation: ['eventType'],
  service: [],
  userName: ['actor.alternateId', 'actor.displayName'],
  userUid: ['actor.id'],
  address: ['client.ipAddress'],
  agent: ['client.userAgent.rawUserAgent'],
  uid: ['uuid'],
  time: ['published'],
  status: (record) => {
    const result = textAt(record, ['outcome.result']);
    if (result === 'SUCCESS' || result === 'ALLOW') return SUCCESS;
    return result === 'FAILURE' || result === 'DENY' ? FAILURE : undefined;
  },
  isLogon: (_, operation) => operation === 'user.session.start',
};

/** @see https://docs.github.com/en/organizations/keeping-your-organization-secure */
const github: AuditSource = {
  is: (record) => has(record, 'action') && (has(record, '_document_id') || has(record, 'actor', 'org')),
  mapping: {
    name: 'github',
    paths: {
      action: 'api.operation',
      _document_id: 'metadata.original_event_uid',
      actor_ip: 'src_endpoint.ip',
    },
  },
  product: 'GitHub',
  vendor: 'GitHub',
  logName: () => 'github.audit',
  operation: ['action'],
  service: [],
  userName: ['actor', 'user'],
  userUid: ['actor_id'],
  address: ['actor_ip'],
  agent: ['user_agent'],
  uid: ['_document_id'],
  time: ['@timestamp', 'created_at'],
  status: () => undefined,
};

const bitbucket: AuditSource = {
  is: (record) => has(record, 'auditType'),
  mapping: { name: 'bitbucket', paths: {} },
  product: 'Bitbucket',
  vendor: 'Atlassian',
  logName: () => 'bitbucket.audit',
  operation: ['auditType.action', 'auditType.actionI18nKey'],
  service: ['auditType.category'],
  userName: ['author.name'],
  userUid: ['author.id'],
  address: ['source'],
  agent: [],
  uid: [],
  time: ['timestamp'],
  status: () => undefined,
};

const oneLogin: AuditSource = {
  is: (record) => has(record, 'event_type_id'),
  mapping: { name: 'onelogin', paths: { ipaddr: 'src_endpoint.ip' } },
  product: 'OneLogin',
  vendor: 'One Identity',
  logName: () => 'onelogin.events',
  operation: ['event_type_id'],
  service: ['app_name'],
  userName: ['user_name', 'actor_user_name'],
  userUid: ['user_id', 'actor_user_id'],
  address: ['ipaddr'],
  agent: ['user_agent'],
  uid: ['uuid', 'id'],
  time: ['event_timestamp', 'created_at'],
  status: () => undefined,
};

const duo: AuditSource = {
  is: (record) => has(record, 'access_device', 'event_type'),
  mapping: { name: 'duo', paths: { event_type: 'api.operation', txid: 'metadata.original_event_uid' } },
  product: 'Duo',
  vendor: 'Cisco',
  logName: () => 'duo',
  operation: ['event_type'],
  service: ['application.name'],
  userName: ['user.name'],
  userUid: ['user.key'],
  address: ['access_device.ip'],
  agent: [],
  uid: ['txid'],
  time: ['timestamp', 'isotimestamp'],
  status: (record) => {
    const result = textAt(record, ['result']);
    return result === undefined ? undefined : result === 'success' ? SUCCESS : FAILURE;
  },
};

const openCanary: AuditSource = {
  is: (record) => has(record, 'logtype', 'node_id'),
  mapping: { name: 'opencanary', paths: { src_host: 'src_endpoint.ip', src_port: 'src_endpoint.port' } },
  product: 'OpenCanary',
  vendor: 'Thinkst',
  logName: () => 'opencanary',
  operation: ['logtype'],
  service: [],
  userName: ['logdata.USERNAME'],
  userUid: [],
  address: ['src_host'],
  port: 'src_port',
  agent: ['logdata.USERAGENT'],
  uid: [],
  time: ['utc_time', 'local_time'],
  status: () => undefined,
};

export const SERVICE_SOURCES: readonly AuditSource[] = [okta, github, bitbucket, oneLogin, duo, openCanary];
