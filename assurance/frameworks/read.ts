/** An uploaded file → what is in it. */
import { createHash } from 'node:crypto';
import { isNode, listOf, nodeOf, textOf } from '../oscal/set.ts';
import type { Node } from '../oscal/words.ts';
import { readCsv } from './csv.ts';
import { frameworkErrors } from './framework-errors.ts';
import { FILE_BYTES_MAX, type FrameworkControl, type Parsed, type Relation } from './model.ts';
import { controlsOfCatalog, controlsOfRows } from './read-controls.ts';
import { type KnownIds, relationsOfCollection, relationsOfRows } from './read-mapping.ts';
import { readSheetRows } from './xlsx.ts';

export const FORMATS = ['csv', 'xlsx', 'oscal'] as const;
export type Format = (typeof FORMATS)[number];

export interface Upload {
  readonly format: Format;
  readonly bytes: Uint8Array;
  /** Of a workbook; its first one when left out. */
  readonly sheet?: string | undefined;
  /** `id` → the heading that the file has for it, where it is none of the usual ones. */
  readonly columns?: Readonly<Record<string, string>> | undefined;
}

export interface ReadFile<Item> extends Parsed<Item> {
  /** SHA-256 of the file. */
  readonly digest: string;
  /** What the file says of itself, where it does. */
  readonly title: string;
  readonly version: string;
}

/** @throws FRAMEWORK_FILE_TOO_LARGE, FRAMEWORK_FILE_UNREADABLE, FRAMEWORK_HEADER_MISSING */
export async function readControls(upload: Upload): Promise<ReadFile<FrameworkControl>> {
  checkSize(upload);
  if (upload.format === 'oscal') {
    const catalog = modelOf(upload, 'catalog');
    return { ...controlsOfCatalog(catalog), ...head(upload, catalog) };
  }
  return { ...controlsOfRows(await rowsOf(upload), upload.columns ?? {}), ...head(upload) };
}

/** @throws the same */
export async function readMapping(
  upload: Upload,
  sources: KnownIds,
  targets: KnownIds,
): Promise<ReadFile<Relation>> {
  checkSize(upload);
  if (upload.format === 'oscal') {
    const collection = modelOf(upload, 'mapping-collection');
    return { ...relationsOfCollection(collection, sources, targets), ...head(upload, collection) };
  }
  const rows = await rowsOf(upload);
  return { ...relationsOfRows(rows, sources, targets, upload.columns ?? {}), ...head(upload) };
}

const rowsOf = async ({ format, bytes, sheet }: Upload): Promise<readonly (readonly string[])[]> =>
  format === 'csv' ? readCsv(bytes) : readSheetRows(bytes, sheet);

function checkSize({ bytes }: Upload): void {
  if (bytes.length > FILE_BYTES_MAX)
    throw frameworkErrors.make('FRAMEWORK_FILE_TOO_LARGE', {
      what: `it has ${bytes.length} bytes`,
      max: FILE_BYTES_MAX,
    });
}

/** Read for what is in it: catalogs of other OSCAL versions than ours say what we need in the same places. */
function modelOf({ bytes }: Upload, model: string): Node {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw frameworkErrors.make('FRAMEWORK_FILE_UNREADABLE', { because: 'it is not JSON' });
  }
  const found = isNode(document) ? document[model] : undefined;
  if (
    !isNode(found) ||
    listOf(found, model === 'catalog' ? 'groups' : 'mappings').length + listOf(found, 'controls').length === 0
  )
    throw frameworkErrors.make('FRAMEWORK_FILE_UNREADABLE', {
      because: `it is no OSCAL ${model} with anything in it`,
    });
  return found;
}

const head = ({ bytes }: Upload, model?: Node) => ({
  digest: createHash('sha256').update(bytes).digest('hex'),
  title: textOf(nodeOf(model, 'metadata'), 'title').slice(0, 300),
  version: textOf(nodeOf(model, 'metadata'), 'version').slice(0, 64),
});
