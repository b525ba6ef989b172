import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceFile } from './compiler.ts';

/** Every rule of a `detections/` folder, in the order of their names. */
export function readRuleFiles(directory: URL): readonly SourceFile[] {
  const folder = fileURLToPath(directory);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }));
}
