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

/** Of an import; a tenant's set of a hundred assets has about ten million. */
export const OSCAL_IMPORT_BYTES_MAX = 33_554_432;

export const ImportOscal = z.strictObject({
  files: z
    .array(z.strictObject({ file: z.string().min(1).max(200), document: z.record(z.string(), z.unknown()) }))
    .min(1)
    .max(20),
  dryRun: z.boolean().default(false).meta({ description: 'Says what it would do, and does nothing.' }),
});
export const OscalImported = z.strictObject({
  added: z.array(z.string()),
  sameCount: z.int(),
  differs: z.array(z.string()),
  left: z.array(z.strictObject({ fact: z.string(), because: z.string() })),
  controlsDiffer: z.array(z.string()),
  dryRun: z.boolean(),
});

/** `catalog.json`, …, or the archive. */
export const OscalFileName = z.enum([
  OSCAL_ARCHIVE,
  ...OSCAL_DOCUMENTS.map((name) => `${name}.json` as const),
]);
