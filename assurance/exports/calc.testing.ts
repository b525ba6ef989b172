/** LibreOffice as the reader that people have: opens a workbook, calculates everything anew, and writes what it has. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const TIMEOUT_MS = 120_000;
/** Whatever the file says of its values, they are worked out again on load. */
const ALWAYS_RECALCULATE = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>`;

export class Calc implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'demarc-calc-'));

  constructor() {
    mkdirSync(join(this.#directory, 'profile', 'user'), { recursive: true });
    writeFileSync(join(this.#directory, 'profile', 'user', 'registrymodifications.xcu'), ALWAYS_RECALCULATE);
  }

  /** Undefined where LibreOffice is not installed (Debian: libreoffice-calc-nogui). */
  recalculated(workbook: Uint8Array): Uint8Array | undefined {
    const source = join(this.#directory, 'in.xlsx');
    writeFileSync(source, workbook);
    const profile = pathToFileURL(join(this.#directory, 'profile')).href;
    const out = join(this.#directory, 'out');
    rmSync(out, { recursive: true, force: true });
    try {
      execFileSync(
        'soffice',
        [`-env:UserInstallation=${profile}`, '--headless', '--convert-to', 'xlsx', '--outdir', out, source],
        { timeout: TIMEOUT_MS, stdio: 'pipe' },
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    return readFileSync(join(out, 'in.xlsx'));
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
