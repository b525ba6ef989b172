/**
 * apk: Alpine.
 *
 * apk takes the lock of its database for each run, and waits for it (`--wait`); between two runs nobody holds it. To
 * name a version it has to be written to `/etc/apk/world`, which holds the package at it: until somebody takes the
 * version out of there again, no other is installed.
 *
 * @see apk(8), apk-add(8), apk-world(5)
 */
import { type Call, complaintOf, type Ran } from './command.ts';
import { type Driver, type Installed, offerOf, type Planned, type Target } from './driver.ts';
import { runErrors } from './run-errors.ts';

const WAIT_SECONDS = '120';

export function apkDriver(root: string): Driver {
  const rootOptions = root === '/' ? [] : ['--root', root];
  const common = [
    'apk',
    '--no-progress',
    '--no-interactive',
    '--wait',
    WAIT_SECONDS,
    ...rootOptions,
  ] as const;
  const add = (targets: readonly Target[], extra: readonly string[]): Call => ({
    argv: [...common, ...extra, 'add', ...targets.map(({ name, version }) => `${name}=${version}`)],
  });
  return {
    manager: 'apk',
    packageType: 'apk',
    locks: [],
    keepsLocks: false,
    innerLocks: [],
    installed: () => ({ argv: [...common, '--no-network', 'list', '--installed'] }),
    parseInstalled,
    refresh: () => ({ argv: [...common, 'update'] }),
    refreshProblem: (ran) =>
      ran.code === 0 && !/^(?:WARNING|ERROR): /m.test(`${ran.stdout}\n${ran.stderr}`)
        ? undefined
        : complaintOf(ran),
    simulate: (targets) => add(targets, ['--no-network', '--simulate']),
    parsePlanned,
    apply: (targets) => add(targets, []),
    reasonOf: (ran, name) =>
      `${ran.stdout}\n${ran.stderr}`
        .split('\n')
        .find((line) => line.startsWith('ERROR: ') && line.includes(name))
        ?.slice(0, 500) ?? complaintOf(ran),
    keptFiles: () => [],
    interruptedBecause: () => undefined,
    // It undoes nothing and pulls nothing new: what the database has is put on disk again where it is missing.
    settle: () => ({ argv: [...common, '--no-network', 'fix'] }),
    offers: (names) => ({ argv: [...common, '--no-network', 'policy', ...names] }),
    parseOffers,
    forbid: () => undefined,
  };
}

/** `musl-1.2.4-r2 x86_64 {musl} (MIT) [installed]` */
const INSTALLED = /^(\S+)-(\d[^-\s]*-r\d+) (\S+) \{/;

export function parseInstalled(ran: Ran): readonly Installed[] {
  if (ran.code !== 0)
    throw runErrors.make('PATCH_MANAGER_MISSING', { program: 'apk', because: complaintOf(ran) });
  return ran.stdout.split('\n').flatMap((line) => {
    const [, name, version, arch] = INSTALLED.exec(line) ?? [];
    return name === undefined || version === undefined || arch === undefined
      ? []
      : [{ name, arch, version, isWhole: true }];
  });
}

/** `(1/2) Upgrading musl (1.2.4-r1 -> 1.2.4-r2)`, `(2/2) Installing x (1-r0)`, `Purging x (1-r0)` */
const ACTION = /^\(\s*\d+\/\d+\) (\S+) (\S+) \((\S+?)(?: -> (\S+))?\)/;
const ACTIONS: Readonly<Record<string, Planned['action']>> = {
  Installing: 'install',
  Upgrading: 'change',
  Downgrading: 'change',
  Replacing: 'change',
  Reinstalling: 'change',
  Purging: 'remove',
};

export function parsePlanned(ran: Ran): readonly Planned[] | string {
  if (ran.code !== 0) return complaintOf(ran);
  return ran.stdout.split('\n').flatMap((line): Planned[] => {
    const [, verb = '', name = '', first = '', second] = ACTION.exec(line) ?? [];
    if (verb === '') return [];
    const action = ACTIONS[verb];
    if (action === undefined)
      throw runErrors.make('PATCH_OUTPUT_UNREADABLE', { program: 'apk', because: line.slice(0, 300) });
    // It names no architecture; a host of Alpine has one (`beyond` takes the target's).
    const change = { action, name, arch: '' };
    if (action === 'remove') return [{ ...change, from: first }];
    return [second === undefined ? { ...change, to: first } : { ...change, from: first, to: second }];
  });
}

/** `musl policy:` and, for each version, `  1.2.4-r2:` with the places that have it below. */
export function parseOffers({ stdout }: Ran): ReadonlySet<string> {
  const offered = new Set<string>();
  let name = '';
  let version = '';
  for (const line of stdout.split('\n')) {
    const about = /^(\S+) policy:$/.exec(line)?.[1];
    const of = /^ {2}(\S+):$/.exec(line)?.[1];
    if (about !== undefined) name = about;
    else if (of !== undefined) version = of;
    else if (/^ {4}\S/.test(line) && !line.includes('lib/apk/db/installed'))
      offered.add(offerOf(name, version));
  }
  return offered;
}
