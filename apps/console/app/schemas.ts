import type { ProblemDetails } from '@demarc/platform/errors';
import * as z from 'zod';

export {
  Asset,
  EnrollmentToken,
  EventHistogram,
  EventPage,
  Matrix,
  MatrixWhy,
  Me,
  PlatformStatus,
  ServiceOffer,
  Tenant,
} from '@demarc/platform/contract/api';

export {
  AuditAccess,
  AuditEvidence,
  AuditLedger,
  AuditPopulation,
  AuditRecord,
  AuditSample,
} from '@demarc/platform/contract/assurance/evidence';

export type ProblemBody = ProblemDetails;
export const Done = z.unknown();
