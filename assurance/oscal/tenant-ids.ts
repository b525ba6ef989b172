/** Ids of the tenant's plan that other documents and other parts of it refer to. */
import type { Duty } from '@demarc/platform/contract/api';
import { uuidOf } from './words.ts';

export const leveragedPlatformUuid = (tenantId: string): string =>
  uuidOf('component', 'leveraged', tenantId, 'platform');
export const entitlementUuid = (tenantId: string, entitlementId: string): string =>
  uuidOf('component', 'leveraged', tenantId, 'entitlement', entitlementId);
export const partyComponentUuid = (tenantId: string, partyId: string): string =>
  uuidOf('component', 'party', tenantId, partyId);
export const authorizationUuid = (tenantId: string, of: string): string =>
  uuidOf('authorization', tenantId, of);
export const requirementUuid = (tenantId: string, controlId: string): string =>
  uuidOf('tenant-requirement', tenantId, controlId);
export const tenantStatementUuid = (tenantId: string, controlId: string, duty: Duty): string =>
  uuidOf('tenant-statement', tenantId, controlId, duty);
