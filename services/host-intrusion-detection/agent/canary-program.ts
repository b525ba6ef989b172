/** A harmless program that runs from where anyone may write: what the process sensor must see. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, constants, copyFileSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Long enough to be looked at where the kernel does not tell of starts. */
const SECONDS = '2';
const PROGRAMS = ['/bin/sleep', '/usr/bin/sleep'];

/**
 * Runs it once; resolves when it runs. Its file is taken away when it has ended.
 *
 * @param mark of this start of the agent
 * @throws when there is no such place, or nothing may run there
 */
export async function runCanary(directories: readonly string[], mark: string, id: number): Promise<void> {
  const program = PROGRAMS.find(isProgram);
  if (program === undefined) throw new Error('there is no sleep(1) here');
  let because = 'no temporary directory is watched';
  for (const directory of directories) {
    const failed = await tryIn(directory, program, `${mark}${id}-`);
    if (failed === undefined) return;
    because = `${directory}: ${failed}`;
  }
  throw new Error(because);
}

async function tryIn(directory: string, program: string, prefix: string): Promise<string | undefined> {
  let own: string | undefined;
  try {
    own = mkdtempSync(join(realpathSync(directory), prefix));
    const file = join(own, 'sleep');
    copyFileSync(program, file);
    chmodSync(file, 0o700);
    const child = spawn(file, [SECONDS], { stdio: 'ignore', cwd: own });
    await once(child, 'spawn');
    const made = own;
    child.once('exit', () => rmSync(made, { recursive: true, force: true }));
    child.unref();
    return undefined;
  } catch (error) {
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
    return error instanceof Error ? error.message : String(error);
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
