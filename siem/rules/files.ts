import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceFile } from './compiler.ts';

/** The SIEM's own rules, about what no single room sees. */
export const SIEM_DETECTIONS = new URL('../detections/', import.meta.url);

/** Every rule below a `detections/` folder, in the order of their names. */
export function readRuleFiles(directory: URL): readonly SourceFile[] {
  const folder = fileURLToPath(directory);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }));
}
