/** The audit logs of Azure, Entra ID and Microsoft 365. */
import { has, textAt } from './paths.ts';
import { type AuditSource, FAILURE, SUCCESS } from './source.ts';

const SIGN_IN: ReadonlySet<unknown> = new Set([
  'SignInLogs',
  'SigninLogs',
  'NonInteractiveUserSignInLogs',
  'ServicePrincipalSignInLogs',
  'ManagedIdentitySignInLogs',
]);

/** Azure's platform logs as Event Hubs and storage accounts have them, and the tables of Log Analytics. */
export const azure: AuditSource = {
  is: (record) =>
    (has(record, 'operationName', 'category') && (has(record, 'resourceId') || has(record, 'tenantId'))) ||
    has(record, 'OperationName', 'Category') ||
    has(record, 'OperationNameValue') ||
    has(record, 'activityDisplayName', 'loggedByService') ||
    has(record, 'riskEventType'),
  mapping: {
    name: 'azure',
    paths: {
      operationName: 'api.operation',
      callerIpAddress: 'src_endpoint.ip',
      time: 'metadata.original_time',
      correlationId: 'metadata.correlation_uid',
      resultDescription: 'status_detail',
    },
  },
  product: 'Azure',
  vendor: 'Microsoft',
  logName: (record) => {
    const category = record['category'] ?? record['Category'];
    if (has(record, 'riskEventType') || category === 'UserRiskEvents' || category === 'RiskyUsers')
      return 'riskdetection';
    if (SIGN_IN.has(category) || SIGN_IN.has(record['Type'])) return 'signinlogs';
    if (category === 'AuditLogs' || has(record, 'loggedByService') || has(record, 'LoggedByService'))
      return 'auditlogs';
    return 'activitylogs';
  },
  cloud: 'Azure',
  operation: [
    'operationName',
    'OperationName',
    'OperationNameValue',
    'activityDisplayName',
    'operationName.value',
    'riskEventType',
  ],
  service: ['properties.resourceDisplayName', 'loggedByService', 'LoggedByService', 'ResourceProviderValue'],
  userName: [
    'properties.userPrincipalName',
    'UserPrincipalName',
    'userPrincipalName',
    'identity.claims.name',
    'properties.initiatedBy.user.userPrincipalName',
    'Caller',
    'caller',
  ],
  userUid: ['properties.userId', 'UserId', 'userId', 'properties.initiatedBy.user.id'],
  address: ['callerIpAddress', 'CallerIpAddress', 'IPAddress', 'properties.ipAddress', 'ipAddress'],
  agent: ['properties.userAgent', 'UserAgent', 'userAgent'],
  uid: ['properties.id', 'eventDataId', 'EventDataId', 'id', 'Id'],
  time: ['time', 'TimeGenerated', 'activityDateTime', 'createdDateTime', 'eventTimestamp'],
  status: (record) => {
    const result = textAt(record, [
      'resultType',
      'ResultType',
      'properties.result',
      'result',
      'resultSignature',
    ]);
    if (result === undefined) return undefined;
    const lower = result.toLowerCase();
    if (lower === '0' || lower.startsWith('succe')) return SUCCESS;
    return lower.startsWith('start') || lower.startsWith('accept') ? undefined : FAILURE;
  },
  isLogon: (record) => SIGN_IN.has(record['category']) || SIGN_IN.has(record['Category']),
};

/** @see https://learn.microsoft.com/en-us/office/office-365-management-api/office-365-management-activity-api-schema */
export const m365: AuditSource = {
  is: (record) => has(record, 'Operation', 'Workload', 'CreationTime'),
  mapping: {
    name: 'm365',
    paths: {
      Operation: 'api.operation',
      Workload: 'api.service.name',
      CreationTime: 'metadata.original_time',
      Id: 'metadata.original_event_uid',
    },
  },
  product: 'Microsoft 365',
  vendor: 'Microsoft',
  cloud: 'Microsoft 365',
  logName: (record) => (record['Workload'] === 'SecurityComplianceCenter' ? 'threat_management' : 'audit'),
  operation: ['Operation'],
  service: ['Workload'],
  userName: ['UserId'],
  userUid: ['UserKey'],
  address: ['ClientIP', 'ClientIPAddress', 'ActorIpAddress'],
  agent: ['UserAgent'],
  uid: ['Id'],
  time: ['CreationTime'],
  status: (record) => {
    const result = textAt(record, ['ResultStatus']);
    if (result === undefined) return undefined;
    return result.toLowerCase().startsWith('succe') || result === 'True' ? SUCCESS : FAILURE;
  },
  isLogon: (_, operation) => operation === 'UserLoggedIn' || operation === 'UserLoginFailed',
};
