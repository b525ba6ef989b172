/**
 * The stand-alone script of evidence bundles from its tested source: `node tools/verify-script.ts` writes it, its
 * test fails when it is stale. Only the types are taken off, so what runs is what was tested.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

const SOURCE = 'assurance/exports/bundle/standalone.ts';
export const SCRIPT = 'assurance/exports/bundle/verify.mjs';

export function verifyScript(): string {
  const input = stripTypeScriptTypes(readFileSync(SOURCE, 'utf8'));
  // Where a type was there is white space; people read this script before they run it.
  const format = ['format', `--stdin-file-path=${SCRIPT}`];
  return execFileSync('node_modules/.bin/biome', format, { input, encoding: 'utf8' });
}

if (import.meta.main) writeFileSync(SCRIPT, verifyScript());
