/** Rule files as people keep them: one, or a directory of them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { SourceFile } from '@demarc/siem/detection';
import { cliErrors } from '../errors.ts';

const FILES_MAX = 100_000;
const FILE_BYTES_MAX = 4_194_304;
const DEPTH_MAX = 32;

/**
 * @returns the files with the names they have below `path`, in the order of their names
 * @throws CLI_FILE_UNREADABLE
 */
export function readRulePath(path: string): readonly SourceFile[] {
  try {
    if (!statSync(path).isDirectory()) return [{ file: path, text: textOf(path) }];
    const files: SourceFile[] = [];
    for (const found of below(path, 0)) {
      if (files.length >= FILES_MAX) throw new Error(`it holds more than ${FILES_MAX} rule files`);
      files.push({ file: relative(path, found), text: textOf(found) });
    }
    if (files.length === 0) throw new Error('it holds no .yml or .yaml file');
    return files;
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw cliErrors.make('CLI_FILE_UNREADABLE', { file: path, because }, { cause: error });
  }
}

function* below(directory: string, depth: number): Generator<string> {
  if (depth > DEPTH_MAX) throw new Error(`it is deeper than ${DEPTH_MAX} directories`);
  const entries = readdirSync(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* below(path, depth + 1);
    else if (entry.isFile() && /\.ya?ml$/.test(entry.name)) yield path;
  }
}

function textOf(path: string): string {
  if (statSync(path).size > FILE_BYTES_MAX) throw new Error(`${path} is larger than ${FILE_BYTES_MAX} bytes`);
  return readFileSync(path, 'utf8');
}
