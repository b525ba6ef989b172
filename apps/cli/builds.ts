/** Things that are built from the sources when the sources changed: the console, the programs, the agent's package. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CliConfig } from './config.ts';
import { checkout, currentBundles } from './programs.ts';

const run = promisify(execFile);
const ABANDONED_MS = 3_600_000;

/** A few seconds, once; the result lies in the checkout. */
export async function buildConsole(): Promise<void> {
  const root = checkout('');
  const stamp = join(root, 'apps/console/dist/.sources');
  const wanted = digestOf(root, [
    'apps/console/**/*',
    'services/*/console/**/*',
    'platform/contract/**/*.ts',
    'package-lock.json',
  ]);
  if (isCurrent(stamp, wanted)) return;
  await run(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'error'], {
    cwd: join(root, 'apps/console'),
  });
  writeFileSync(stamp, wanted);
}

/**
 * Server, agent and their workers as few files, which a start reads in half the time; a few seconds, once.
 *
 * @returns why they could not be made, as in another user's checkout: the sources themselves are started then
 */
export async function buildPrograms(): Promise<string | undefined> {
  const packages = digestOf(checkout(''), ['package-lock.json', 'tools/bundle-programs.ts']);
  if (currentBundles()?.packages === packages) return undefined;
  try {
    await run(process.execPath, [checkout('tools/bundle-programs.ts'), packages], { cwd: checkout('') });
    return undefined;
  } catch (error) {
    const said = (error as { readonly stderr?: string }).stderr ?? String(error);
    return /^\w*Error: (.+)$/m.exec(said)?.[1] ?? String(error).slice(0, 300);
  }
}

/** The package that the link offers to machines that enrol; the result lies in the data directory. */
export async function buildAgentPackage(config: CliConfig): Promise<void> {
  const root = checkout('');
  const { packages } = config.paths;
  const stamp = join(packages, '.sources');
  const wanted = digestOf(root, [
    'apps/agent/**/*',
    'services/*/agent/**/*',
    'services/*/*.ts',
    'platform/**/*.ts',
    'tools/package-agent.ts',
    'package-lock.json',
  ]);
  if (isCurrent(stamp, wanted) && existsSync(join(packages, 'demarc-agent.deb'))) return;
  // Read by the server, which is not root.
  mkdirSync(packages, { recursive: true, mode: 0o755 });
  const out = join(packages, 'demarc-agent.deb');
  const build = async (to: string): Promise<void> => {
    await run(process.execPath, [checkout('tools/package-agent.ts'), to], {
      env: config.childEnvironment,
      cwd: root,
    });
  };
  const kept = keptPackage(root, wanted);
  if (kept === undefined) await build(out);
  else {
    if (!existsSync(kept)) {
      // Two platforms of one checkout may be at it at once.
      await build(`${kept}.${process.pid}`);
      renameSync(`${kept}.${process.pid}`, kept);
    }
    copyFileSync(kept, `${out}.new`);
    renameSync(`${out}.new`, out);
  }
  writeFileSync(stamp, wanted);
}

/**
 * It is made of the sources alone, so once is enough for all data directories of a checkout; those of other sources go.
 *
 * @returns undefined where the checkout cannot be written
 */
function keptPackage(root: string, digest: string): string | undefined {
  const directory = join(root, 'node_modules/.demarc-package');
  const name = `${digest}.deb`;
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
    for (const other of readdirSync(directory)) {
      const path = join(directory, other);
      // What is young may be somebody's who is at it at this moment.
      const isOld = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > ABANDONED_MS;
      if (other !== name && isOld) rmSync(path, { force: true });
    }
    return join(directory, name);
  } catch {
    return undefined;
  }
}

function digestOf(root: string, patterns: readonly string[]): string {
  const files = globSync([...patterns], {
    cwd: root,
    exclude: (found) => found.name === 'node_modules' || found.name === 'dist',
    withFileTypes: true,
  })
    .filter((found) => found.isFile())
    .map((found) => join(found.parentPath, found.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files)
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function isCurrent(stamp: string, wanted: string): boolean {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}
