/** One host's package manager at work: programs, their time limits, and what is installed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import { apkDriver } from './apk.ts';
import { aptDriver } from './apt.ts';
import { complaintOf, type Execute } from './command.ts';
import { dnfDriver } from './dnf.ts';
import type { Driver, Installed, InstalledByKey } from './driver.ts';
import type { Manager } from './job.ts';
import { runErrors } from './run-errors.ts';
import { zypperDriver } from './zypper.ts';

const QUERY_MS_MAX = 60_000;

/**
 * @param root of the system that is patched; `/` for this one
 * @param stateDirectory for the file that tells apt about another root
 * @throws PATCH_ROOT_UNUSABLE
 */
export function driverFor(manager: Manager, root: string, stateDirectory: string): Driver {
  if (!isAbsolute(root) || normalize(root) !== root || (root !== '/' && root.endsWith('/')))
    throw runErrors.make('PATCH_ROOT_UNUSABLE', { root, because: 'it is no plain absolute path' });
  // It becomes part of a configuration of apt.
  if (!/^[A-Za-z0-9/._+@-]+$/.test(root))
    throw runErrors.make('PATCH_ROOT_UNUSABLE', {
      root,
      because: 'its name has characters other than A-Z a-z 0-9 . _ + @ -',
    });
  switch (manager) {
    case 'apt':
      return aptDriver(
        root === '/' ? { root } : { root, configuration: aptConfiguration(root, stateDirectory) },
      );
    case 'dnf':
      return dnfDriver(root);
    case 'zypper':
      return zypperDriver(root);
    case 'apk':
      return apkDriver(root);
  }
}

/** Read before any other of its files, so that apt finds the others below the root. @see apt.conf(5) */
function aptConfiguration(root: string, stateDirectory: string): string {
  const file = join(stateDirectory, 'apt.conf');
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  writeFileSync(file, `Dir "${root}/";\nDir::State::status "${root}/var/lib/dpkg/status";\n`);
  return file;
}

/** @throws PATCH_MANAGER_MISSING */
export async function installedBy(
  driver: Driver,
  run: Execute,
): Promise<{ readonly all: readonly Installed[]; readonly byKey: InstalledByKey }> {
  const call = driver.installed();
  const ran = await run(call, QUERY_MS_MAX);
  if (ran.because !== undefined)
    throw runErrors.make('PATCH_MANAGER_MISSING', { program: call.argv[0], because: complaintOf(ran) });
  if (ran.isCut === true)
    throw runErrors.make('PATCH_OUTPUT_UNREADABLE', { program: call.argv[0], because: 'it is too long' });
  const all = driver.parseInstalled(ran);
  return { all, byKey: Map.groupBy(all, ({ name, arch }) => `${name}:${arch}`) };
}

/** Ours first: two jobs of one system exclude each other, whatever manager they are for. */
export function locksOf({ locks }: Driver, stateDirectory: string): readonly string[] {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  return [join(stateDirectory, 'lock'), ...locks];
}
