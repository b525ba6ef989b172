/** Audit events of clouds and services, as their own interfaces give them. */

import type { Recognition } from '../../event.ts';
import type { LogSource } from '../../ir.ts';
import { ANYTHING } from '../recognise.ts';

const ALERTS_OF_PIM = [
  'invalidLicenseAlertConfiguration',
  'noMfaOnRoleActivationAlertConfiguration',
  'redundantAssignmentAlertConfiguration',
  'rolesAssignedOutsidePrivilegedIdentityManagementAlertConfiguration',
  'sequentialActivationRenewalsAlertConfiguration',
  'staleSignInAlertConfiguration',
  'tooManyGlobalAdminsAssignedToTenantAlertConfiguration',
];
const ACTIVITY_CATEGORIES = [
  'Administrative',
  'Alert',
  'Autoscale',
  'Policy',
  'Recommendation',
  'ResourceHealth',
  'Security',
  'ServiceHealth',
];

/** @param fields that are all there, whatever they hold */
function having(fields: readonly string[], is: LogSource): Recognition {
  return { when: Object.fromEntries(fields.map((field) => [field, [ANYTHING]])), is };
}

export const CLOUD_RECOGNITIONS: readonly Recognition[] = [
  having(['eventVersion', 'eventSource', 'awsRegion'], { product: 'aws', service: 'cloudtrail' }),
  {
    when: { category: ACTIVITY_CATEGORIES, operationName: [ANYTHING] },
    is: { product: 'azure', service: 'activitylogs' },
  },
  {
    when: { 'category.value': ACTIVITY_CATEGORIES, 'operationName.value': [ANYTHING] },
    is: { product: 'azure', service: 'activitylogs' },
  },
  { when: { category: ['AuditLogs'] }, is: { product: 'azure', service: 'auditlogs' } },
  having(['loggedByService', 'activityDisplayName'], { product: 'azure', service: 'auditlogs' }),
  {
    when: {
      category: [
        'SignInLogs',
        'NonInteractiveUserSignInLogs',
        'ServicePrincipalSignInLogs',
        'ManagedIdentitySignInLogs',
      ],
    },
    is: { product: 'azure', service: 'signinlogs' },
  },
  having(['userPrincipalName', 'appDisplayName', 'conditionalAccessStatus'], {
    product: 'azure',
    service: 'signinlogs',
  }),
  having(['riskEventType'], { product: 'azure', service: 'riskdetection' }),
  { when: { riskEventType: ALERTS_OF_PIM }, is: { product: 'azure', service: 'pim' } },
  having(['protoPayload.methodName'], { product: 'gcp', service: 'gcp.audit' }),
  having(['gcp.audit.method_name'], { product: 'gcp', service: 'gcp.audit' }),
  ...['admin', 'login'].map((name) => ({
    when: { 'id.applicationName': [name] },
    is: { product: 'gcp', service: `google_workspace.${name}` },
  })),
  having(['eventService', 'eventName'], { product: 'gcp', service: 'google_workspace.admin' }),
  having(['eventType', 'displayMessage', 'published'], { product: 'okta', service: 'okta' }),
  having(['action', 'actor', '_document_id'], { product: 'github', service: 'audit' }),
  having(['auditType.action', 'auditType.category'], { product: 'bitbucket', service: 'audit' }),
  ...[undefined, 'application'].map((category) => ({
    when: { apiVersion: ['audit.k8s.io/v1', 'audit.k8s.io/v1beta1'], kind: ['Event'] },
    is: { product: 'kubernetes', category, service: 'audit' },
  })),
  having(['Workload', 'RecordType', 'Operation'], { product: 'm365', service: 'audit' }),
  {
    when: { Workload: ['SecurityComplianceCenter'] },
    is: { product: 'm365', service: 'threat_management' },
  },
  {
    when: { eventSource: ['SecurityComplianceCenter'] },
    is: { product: 'm365', service: 'threat_management' },
  },
  { when: { Workload: ['Exchange'] }, is: { product: 'm365', service: 'exchange' } },
  having(['event_type_id', 'account_id', 'actor_user_id'], {
    product: 'onelogin',
    service: 'onelogin.events',
  }),
];
