/**
 * Makes what each start would make of files that ship: run by the bundler, from the bundle itself. Prints those files, a
 * line each: when one is another, the bundle is old.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATALOGUE_FILE, prepareCatalogue } from '@demarc/assurance';
import { readRuleFiles } from '@demarc/siem';
import { prepareRules } from '@demarc/siem/rules';
import { DETECTIONS, shippedRules } from './shipped-rules.ts';

prepareCatalogue();
prepareRules(shippedRules());
const rules = DETECTIONS.flatMap((folder) =>
  readRuleFiles(folder).map(({ file }) => join(fileURLToPath(folder), file)),
);
console.log([fileURLToPath(CATALOGUE_FILE), ...rules].join('\n'));
