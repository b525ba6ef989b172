/**
 * `docs/errors.md` from the catalogues in the code: `node tools/errors-doc.ts` writes it,
 * `tools/docs.test.ts` fails when it is stale.
 *
 * A catalogue is any export of a file named `errors.ts` (or `*-errors.ts`) made by `defineErrors`.
 */
import { globSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ErrorEntry } from '@demarc/platform/errors';

const PATTERN = '{platform,siem,assurance,services,apps}/**/{errors,*-errors,grant}.ts';
const outside = (name: string): boolean => name === 'node_modules' || name === 'dist';

interface Documented {
  readonly code: string;
  readonly home: string;
  readonly entry: ErrorEntry<Record<string, unknown>>;
}

export async function collectErrors(): Promise<readonly Documented[]> {
  const found: Documented[] = [];
  for (const file of globSync(PATTERN, { exclude: outside }).sort()) {
    const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    for (const value of Object.values(module)) {
      if (typeof value !== 'object' || value === null || !('entries' in value) || !('make' in value))
        continue;
      const entries = value.entries as Record<string, ErrorEntry<Record<string, unknown>>>;
      for (const [code, entry] of Object.entries(entries)) found.push({ code, home: dirname(file), entry });
    }
  }
  return found.sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Details are shown as `<name>`: the sentence is read off the function itself with placeholders. */
const placeholders = new Proxy({}, { get: (_target, name) => `<${String(name)}>` });

export async function errorsDocument(): Promise<string> {
  const lines = [
    '# Errors',
    '',
    'Every expected failure has a code, a sentence, a next step and a verdict on retrying. This page is',
    'generated from the catalogues in the code by `node tools/errors-doc.ts`; a test fails when it is stale.',
    '',
  ];
  for (const { code, home, entry } of await collectErrors()) {
    lines.push(`## ${code}`, '');
    lines.push(entry.says(placeholders), '');
    lines.push(`- Next step: ${entry.fix}`);
    lines.push(
      `- HTTP status: ${entry.status}; ${entry.retryable ? 'worth retrying' : 'retrying does not help'}`,
    );
    lines.push(`- From: \`${home}\``, '');
  }
  return lines.join('\n');
}

if (import.meta.main) writeFileSync('docs/errors.md', await errorsDocument());
