/** NIST SP 800-53 revision 5: ids and titles (public domain), in the order in which NIST prints them. */
import { readFileSync } from 'node:fs';

const FILE = new URL('./nist-800-53-r5.tsv', import.meta.url);
let read: ReadonlyMap<string, string> | undefined;

/** `ac-2.1` → title. */
export function nistControls(): ReadonlyMap<string, string> {
  read ??= new Map(
    readFileSync(FILE, 'utf8')
      .split('\n')
      .filter((row) => row !== '')
      .map((row) => {
        const [id = '', title = ''] = row.split('\t');
        return [id, title];
      }),
  );
  return read;
}
