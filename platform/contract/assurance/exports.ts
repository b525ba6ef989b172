/** Exports: which files there are, and what one instant's files will say, before they are taken. */
import * as z from 'zod';
import { Instant, TenantIdParam } from '../api.ts';
import type { OscalFileName, OscalVersion } from './oscal.ts';

export const EXPORT_FILES = [
  'workbook.xlsx',
  'crm.xlsx',
  'crm.pdf',
  'soa.xlsx',
  'soa.pdf',
  'bundle.zip',
] as const;
export type ExportFile = (typeof EXPORT_FILES)[number];

/** A document of a set, or the set: `oscal/1.2.2/catalog.json`, `oscal/1.1.2/oscal.zip`. */
export type OscalFile = `oscal/${OscalVersion}/${z.infer<typeof OscalFileName>}`;
export type TakenFile = ExportFile | OscalFile;

/** On every file that is taken: the digest of the assessment that it was made of. */
export const DIGEST_HEADER = 'x-demarc-digest';
export const AS_OF_HEADER = 'x-demarc-as-of';
export const KNOWN_AT_HEADER = 'x-demarc-known-at';

/** Asked with these instants, the files have this digest, and the same bytes each time. */
export const ExportOverview = z.strictObject({
  tenantId: TenantIdParam,
  asOf: Instant,
  knownAt: Instant,
  /** SHA-256 (hex) over what was decided. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  assetCount: z.int().min(0),
  applicable: z.int().min(0),
  assessed: z.int().min(0),
  /** assessed / applicable; null where nothing is applicable. */
  coverage: z.number().min(0).max(1).nullable(),
  actCount: z.int().min(0),
  evidenceCount: z.int().min(0),
  /** Hash of the last act: what the end of a bundle's chain is to be compared with. */
  ledgerHead: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ExportOverview = z.infer<typeof ExportOverview>;
