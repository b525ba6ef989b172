/** NIST SP 800-53 revision 5: ids and titles (public domain), in the order in which NIST prints them. */
import { readFileSync } from 'node:fs';

// Read when the program starts: the server gives up the right to read its own files soon after.
const CONTROLS: ReadonlyMap<string, string> = new Map(
  readFileSync(new URL('./nist-800-53-r5.tsv', import.meta.url), 'utf8')
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => {
      const [id = '', title = ''] = row.split('\t');
      return [id, title];
    }),
);

/** `ac-2.1` → title. */
export const nistControls = (): ReadonlyMap<string, string> => CONTROLS;
