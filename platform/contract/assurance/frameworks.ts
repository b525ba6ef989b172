/** Control frameworks that a tenant brings, as the API has them: files, previews, and how far ours answer them. */
import * as z from 'zod';
import { ControlStatus, Instant } from '../api.ts';

/** Bytes of a file; in a request it travels as base64, which is a third more. */
export const FRAMEWORK_FILE_BYTES_MAX = 8_388_608;
export const FRAMEWORK_BODY_BYTES_MAX = 11_300_000;

export const FrameworkId = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/);
export const FrameworkFormat = z.enum(['csv', 'xlsx', 'oscal']);

const File = {
  format: FrameworkFormat,
  contentBase64: z.base64().min(1).max(11_200_000),
  /** Of a workbook; its first one when left out. */
  sheet: z.string().min(1).max(100).optional(),
  /** `id` → the heading that the file has for it. */
  columns: z
    .partialRecord(
      z.enum(['id', 'title', 'text', 'group', 'source', 'target', 'relationship']),
      z.string().min(1).max(200),
    )
    .optional(),
};

export const PreviewFramework = z.strictObject(File);
export const ImportFramework = z.strictObject({
  ...File,
  frameworkId: FrameworkId,
  title: z.string().min(1).max(300).optional(),
  version: z.string().max(64).optional(),
});
export type ImportFramework = z.input<typeof ImportFramework>;
export const ImportMapping = z.strictObject({
  ...File,
  sourceFrameworkId: FrameworkId,
  targetFrameworkId: FrameworkId,
});
export type ImportMapping = z.input<typeof ImportMapping>;

const Looked = {
  digest: z.string(),
  /** All of them; so many of `sample` and of `problems` are shown. */
  count: z.int().min(0),
  skippedCount: z.int().min(0),
  problemCount: z.int().min(0),
  problems: z.array(z.strictObject({ row: z.int(), column: z.string(), says: z.string() })).max(100),
};
export const SAMPLE_MAX = 20;
export const FrameworkPreview = z.strictObject({
  ...Looked,
  title: z.string(),
  version: z.string(),
  sample: z
    .array(
      z.strictObject({ controlId: z.string(), title: z.string(), statement: z.string(), group: z.string() }),
    )
    .max(SAMPLE_MAX),
});
export type FrameworkPreview = z.infer<typeof FrameworkPreview>;
export const MappingPreview = z.strictObject({
  ...Looked,
  sample: z
    .array(z.strictObject({ sourceId: z.string(), targetId: z.string(), relationship: z.string() }))
    .max(SAMPLE_MAX),
});
export type MappingPreview = z.infer<typeof MappingPreview>;

/** `changed`: false when the same file was there already, and nothing was written. */
export const ImportedFramework = z.strictObject({ changed: z.boolean(), controlCount: z.int() });
export const ImportedMapping = z.strictObject({ changed: z.boolean(), relationCount: z.int() });

export const Frameworks = z.strictObject({
  frameworks: z
    .array(
      z.strictObject({
        frameworkId: z.string(),
        title: z.string(),
        version: z.string(),
        format: z.string(),
        builtIn: z.boolean(),
        controlCount: z.int(),
        importedAt: Instant.nullable(),
        digest: z.string().nullable(),
      }),
    )
    .max(100),
  mappings: z
    .array(
      z.strictObject({
        sourceFrameworkId: z.string(),
        targetFrameworkId: z.string(),
        relationCount: z.int(),
        builtIn: z.boolean(),
      }),
    )
    .max(2_600),
});
export type Frameworks = z.infer<typeof Frameworks>;

export const FrameworkCoverage = z.strictObject({
  frameworkId: z.string(),
  asOf: Instant,
  knownAt: Instant,
  /** Always with the unmapped ones; `not-assessed` is never folded away. */
  counts: z.record(z.enum([...ControlStatus.options, 'unmapped']), z.int()),
  mappedCount: z.int(),
  rows: z
    .array(
      z.strictObject({
        controlId: z.string(),
        title: z.string(),
        group: z.string(),
        /** Worst of the mapped ones; null where there are none. */
        status: ControlStatus.nullable(),
        mapped: z
          .array(
            z.strictObject({
              controlId: z.string(),
              title: z.string(),
              relationship: z.string(),
              /** `direct`, or the framework and control it goes by way of. */
              via: z.string(),
              status: ControlStatus,
              satisfiedCount: z.int(),
              applicableCount: z.int(),
              owners: z.array(z.string()).max(100),
            }),
          )
          .max(200),
      }),
    )
    .max(10_000),
});
export type FrameworkCoverage = z.infer<typeof FrameworkCoverage>;
