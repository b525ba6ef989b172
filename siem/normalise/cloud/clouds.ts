/** The audit logs of AWS, Google Cloud and Kubernetes. */
import { at, has, textAt } from './paths.ts';
import { type AuditSource, FAILURE, SUCCESS } from './source.ts';

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
export const cloudTrail: AuditSource = {
  is: (record) => has(record, 'eventSource', 'eventName', 'awsRegion'),
  mapping: {
    name: 'cloudtrail',
    paths: {
      eventName: 'api.operation',
      eventSource: 'api.service.name',
      eventTime: 'metadata.original_time',
      eventID: 'metadata.original_event_uid',
      awsRegion: 'cloud.region',
      recipientAccountId: 'cloud.account.uid',
      sourceIPAddress: 'src_endpoint.ip',
      userAgent: 'http_request.user_agent',
      errorCode: 'status_code',
      errorMessage: 'status_detail',
    },
  },
  product: 'CloudTrail',
  vendor: 'AWS',
  logName: () => 'cloudtrail',
  cloud: 'AWS',
  operation: ['eventName'],
  service: ['eventSource'],
  userName: [
    'userIdentity.userName',
    'userIdentity.sessionContext.sessionIssuer.userName',
    'userIdentity.type',
  ],
  userUid: ['userIdentity.arn', 'userIdentity.principalId', 'userIdentity.accountId'],
  address: ['sourceIPAddress'],
  agent: ['userAgent'],
  uid: ['eventID'],
  time: ['eventTime'],
  status: (record) =>
    record['errorCode'] !== undefined || at(record, 'responseElements.ConsoleLogin') === 'Failure'
      ? FAILURE
      : SUCCESS,
  isLogon: (_, operation) => operation === 'ConsoleLogin',
};

/** @see https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog */
export const googleCloud: AuditSource = {
  is: (record) => has(record, 'protoPayload') && at(record, 'protoPayload.methodName') !== undefined,
  mapping: {
    name: 'gcp',
    paths: {
      'gcp.audit.method_name': 'api.operation',
      timestamp: 'metadata.original_time',
      insertId: 'metadata.original_event_uid',
    },
  },
  product: 'Cloud Audit Logs',
  vendor: 'Google',
  logName: (record) => {
    const service = at(record, 'protoPayload.serviceName');
    if (service === 'login.googleapis.com') return 'google_workspace.login';
    return service === 'admin.googleapis.com' ? 'google_workspace.admin' : 'gcp.audit';
  },
  cloud: 'GCP',
  operation: ['protoPayload.methodName'],
  service: ['protoPayload.serviceName'],
  userName: ['protoPayload.authenticationInfo.principalEmail'],
  userUid: ['protoPayload.authenticationInfo.principalSubject'],
  address: ['protoPayload.requestMetadata.callerIp'],
  agent: ['protoPayload.requestMetadata.callerSuppliedUserAgent'],
  uid: ['insertId'],
  time: ['timestamp', 'receiveTimestamp'],
  status: (record) => {
    const code = at(record, 'protoPayload.status.code');
    return typeof code === 'number' && code !== 0 ? FAILURE : SUCCESS;
  },
  fill: (record, rest) => {
    // The rules for the admin console name the event, which stands deep inside.
    const name = textAt(record, [
      'protoPayload.metadata.event.0.eventName',
      'protoPayload.metadata.eventName',
    ]);
    if (name !== undefined && !Object.hasOwn(rest, 'eventName')) rest['eventName'] = name;
    const service = textAt(record, ['protoPayload.serviceName']);
    if (service !== undefined && !Object.hasOwn(rest, 'eventService')) rest['eventService'] = service;
  },
};

/** @see https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
export const kubernetes: AuditSource = {
  is: (record) => has(record, 'auditID', 'verb', 'stage'),
  mapping: {
    name: 'kubernetes',
    paths: {
      verb: 'api.operation',
      userAgent: 'http_request.user_agent',
      auditID: 'metadata.original_event_uid',
      requestURI: 'http_request.url.url_string',
    },
  },
  product: 'Kubernetes',
  vendor: 'CNCF',
  logName: () => 'kubernetes.audit',
  operation: ['verb'],
  service: ['objectRef.resource'],
  userName: ['impersonatedUser.username', 'user.username'],
  userUid: ['user.uid'],
  address: ['sourceIPs.0'],
  agent: ['userAgent'],
  uid: ['auditID'],
  time: ['stageTimestamp', 'requestReceivedTimestamp'],
  status: (record) => {
    const code = at(record, 'responseStatus.code');
    return typeof code === 'number' ? (code < 400 ? SUCCESS : FAILURE) : undefined;
  },
};
