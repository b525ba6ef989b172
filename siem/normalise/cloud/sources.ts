import type { Recognition } from '@demarc/platform/sigma/event';
import type { Mapping } from '@demarc/platform/sigma/view';
import { azure, cloudTrail, googleCloud, kubernetes, m365 } from './clouds.ts';
import { SERVICE_SOURCES } from './services.ts';
import type { AuditSource } from './source.ts';

/** In the order in which a record is compared with them: the most frequent first. */
export const SOURCES: readonly AuditSource[] = [
  cloudTrail,
  kubernetes,
  azure,
  m365,
  googleCloud,
  ...SERVICE_SOURCES,
];

export const cloudMappings: readonly Mapping[] = SOURCES.map(({ mapping }) => mapping);

const LOG = 'metadata.log_name';
const log = (name: string, is: Recognition['is']): Recognition => ({ when: { [LOG]: [name] }, is });

/** What the logs are in Sigma's words; Azure's rules for identities ask for two services of one log. */
export const cloudRecognitions: readonly Recognition[] = [
  log('cloudtrail', { product: 'aws', service: 'cloudtrail' }),
  log('kubernetes.audit', { product: 'kubernetes', service: 'audit', category: 'application' }),
  log('activitylogs', { product: 'azure', service: 'activitylogs' }),
  log('auditlogs', { product: 'azure', service: 'auditlogs' }),
  log('signinlogs', { product: 'azure', service: 'signinlogs' }),
  log('riskdetection', { product: 'azure', service: 'riskdetection' }),
  log('riskdetection', { product: 'azure', service: 'pim' }),
  { when: { 'metadata.product.name': ['Microsoft 365'] }, is: { product: 'm365', service: 'audit' } },
  { when: { 'metadata.product.name': ['Microsoft 365'] }, is: { product: 'm365', service: 'exchange' } },
  log('threat_management', { product: 'm365', service: 'threat_management' }),
  log('threat_management', { product: 'm365', service: 'threat_detection' }),
  log('gcp.audit', { product: 'gcp', service: 'gcp.audit' }),
  log('google_workspace.login', { product: 'gcp', service: 'google_workspace.login' }),
  log('google_workspace.admin', { product: 'gcp', service: 'google_workspace.admin' }),
  log('okta', { product: 'okta', service: 'okta' }),
  log('github.audit', { product: 'github', service: 'audit' }),
  log('bitbucket.audit', { product: 'bitbucket', service: 'audit' }),
  log('onelogin.events', { product: 'onelogin', service: 'onelogin.events' }),
  log('duo', { product: 'cisco', service: 'duo' }),
  log('opencanary', { product: 'opencanary', category: 'application' }),
];
