/**
 * Makes what each start would make of files that ship: run by the bundler, from the bundle itself. Prints those files, a
 * line each: when one is another, the bundle is old.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATALOGUE_FILE, prepareCatalogue } from '@demarc/assurance';
import { prepareRules } from '@demarc/siem/rules';
import { DETECTIONS, shippedRules } from './shipped-rules.ts';

prepareCatalogue();
prepareRules(shippedRules());
const folders = DETECTIONS.map((folder) => fileURLToPath(folder));
const rules = folders.flatMap((folder) =>
  globSync('**/*.yml', { cwd: folder }).map((file) => join(folder, file)),
);
console.log([fileURLToPath(CATALOGUE_FILE), ...rules].join('\n'));
