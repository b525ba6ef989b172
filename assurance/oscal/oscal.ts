/** Door: an assessment as OSCAL documents, and what checks and reads such documents. */
import { createHash } from 'node:crypto';
import type { Assessment } from '../evaluation/assessment.ts';
import { zip } from '../exports/zip.ts';
import { type ReferentialProblem, referentialProblems } from './check.ts';
import { oscalBytes, oscalSet } from './export.ts';
import { oscalErrors } from './oscal-errors.ts';
import { rootOf, schemaProblems } from './schema.ts';
import { isNode, nodeOf, textOf } from './set.ts';
import { OSCAL_VERSIONS, type OscalVersion } from './words.ts';

export { documentsOf } from './context.ts';
export { oscalBytes, oscalDocument } from './export.ts';
export { importOscal, type OscalImport } from './import.ts';
export { oscalErrors } from './oscal-errors.ts';

/** The whole set as one archive, the same bytes for the same assessment. */
export function oscalArchive(assessment: Assessment, version: OscalVersion): Buffer {
  const files = oscalSet(assessment, version).map((made) => [made.file, oscalBytes(made)] as const);
  const digests = files
    .map(([name, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`)
    .join('');
  return Buffer.from(zip(new Map([...files, ['SHA256SUMS', Buffer.from(digests)]])));
}

export interface OscalProblem extends Omit<ReferentialProblem, 'wants'> {
  readonly wants: string;
}

/**
 * Schema first, each document by itself; then the referential rules over all of them together.
 *
 * @param alone the documents are not a set: what lies between them is not asked
 * @throws OSCAL_FILE_UNREADABLE
 */
export function checkOscal(
  files: readonly { readonly file: string; readonly text: string }[],
  { alone = false }: { readonly alone?: boolean } = {},
): readonly OscalProblem[] {
  const read = files.map(({ file, text }) => ({ file, document: parsed(file, text) }));
  const schema = read.flatMap(({ file, document }) =>
    schemaProblems(versionOf(file, document), document).map(({ location, says }) => ({
      rule: 'schema',
      wants: 'A document is as the OSCAL schema of its version wants it.',
      file,
      location,
      says,
    })),
  );
  // What is not OSCAL has nothing to refer to.
  return schema.length > 0 ? schema : referentialProblems(read, { alone });
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw oscalErrors.make('OSCAL_FILE_UNREADABLE', { file, because: 'it is not JSON' });
  }
}

function versionOf(file: string, document: unknown): OscalVersion {
  const model = rootOf(document);
  const root = model !== undefined && isNode(document) ? nodeOf(document, model) : undefined;
  const version = textOf(nodeOf(root, 'metadata'), 'oscal-version');
  const known = OSCAL_VERSIONS.find((each) => each === version);
  if (known === undefined)
    throw oscalErrors.make('OSCAL_FILE_UNREADABLE', {
      file,
      because: `it says OSCAL “${version.slice(0, 20)}”, and the schemas here are of ${OSCAL_VERSIONS.join(' and ')}`,
    });
  return known;
}
