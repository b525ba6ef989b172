/** Builds the console when its sources changed since the last build; a few seconds, once. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { program } from './children.ts';

const run = promisify(execFile);

export async function buildConsole(): Promise<void> {
  const root = program('');
  const sources = globSync(
    ['apps/console/**/*', 'services/*/console/**/*', 'platform/contract/*.ts', 'package-lock.json'],
    {
      cwd: root,
      exclude: (found) => found.name === 'node_modules' || found.name === 'dist',
      withFileTypes: true,
    },
  )
    .filter((found) => found.isFile())
    .map((found) => join(found.parentPath, found.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of sources)
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  const wanted = hash.digest('hex');
  const stamp = join(root, 'apps/console/dist/.sources');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await run(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'error'], {
    cwd: join(root, 'apps/console'),
  });
  writeFileSync(stamp, wanted);
}
