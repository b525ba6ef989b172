/** For tests: a system in a directory, a repository beside it, and a place for what a run keeps. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether a program is there to be run. */
export const has = (program: string): boolean =>
  spawnSync('sh', ['-c', 'command -v "$0"', program]).status === 0;

export class SystemTree implements Disposable {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'demarc-patching-')));
  readonly root = join(this.directory, 'root');
  readonly repository = join(this.directory, 'repository');
  readonly state = join(this.directory, 'state');

  /** @param directories below the root */
  constructor(directories: readonly string[]) {
    for (const path of directories) mkdirSync(join(this.root, path), { recursive: true });
    mkdirSync(this.repository);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
