/** The OSCAL exports as the API has them: versions, and the documents of a set. */
import * as z from 'zod';

export const OSCAL_VERSIONS = ['1.1.2', '1.2.2'] as const;
export const OscalVersion = z.enum(OSCAL_VERSIONS);
export type OscalVersion = z.infer<typeof OscalVersion>;

/** `mapping-collection` is of 1.2.2 alone: OSCAL had no model for mappings before. */
export const OSCAL_DOCUMENTS = [
  'catalog',
  'profile',
  'mapping-collection',
  'component-definition',
  'provider-plan',
  'tenant-plan',
  'assessment-plan',
  'assessment-results',
  'plan-of-action',
] as const;
export type OscalDocumentName = (typeof OSCAL_DOCUMENTS)[number];

/** All of them in one archive. */
export const OSCAL_ARCHIVE = 'oscal.zip';

/** `catalog.json`, …, or the archive. */
export const OscalFileName = z.enum([
  OSCAL_ARCHIVE,
  ...OSCAL_DOCUMENTS.map((name) => `${name}.json` as const),
]);
