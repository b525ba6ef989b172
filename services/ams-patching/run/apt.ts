/**
 * apt and dpkg: Debian, Ubuntu.
 *
 * The job holds dpkg's frontend lock and apt's two others itself, so apt-get is told to take none (Debug::NoLocking)
 * and dpkg that the frontend's is held (DPKG_FRONTEND_LOCKED); dpkg still takes its inner one.
 *
 * @see apt-get(8), apt.conf(5), dpkg(1), apt_preferences(5)
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Call, complaintOf, type Ran } from './command.ts';
import { type Driver, type Installed, offerOf, type Planned, type Target } from './driver.ts';
import { runErrors } from './run-errors.ts';

export interface AptPlaces {
  readonly root: string;
  /** A file that makes apt work below the root. */
  readonly configuration?: string;
}

const FIELDS = '${Package}\\t${Architecture}\\t${Version}\\t${db:Status-Status}\\t${db:Status-Eflag}\\n';
/** A modified configuration file stays as the administrator left it. */
const CONFFILES = ['--force-confdef', '--force-confold'];
/** Where nothing is, and nobody can put anything. */
const NO_CACHE = '/proc/demarc-no-cache/';
const NOT_THERE = new Set(['not-installed', 'config-files']);

export function aptDriver({ root, configuration }: AptPlaces): Driver {
  const below = (path: string): string => join(root, path);
  const rootOption = root === '/' ? [] : [`--root=${root}`];
  const env = {
    DPKG_FRONTEND_LOCKED: 'true',
    ...(configuration === undefined ? {} : { APT_CONFIG: configuration }),
  };
  const options = [...rootOption, ...CONFFILES].flatMap((option) => ['-o', `DPkg::Options::=${option}`]);
  const common = ['-y', '-q', '-o', 'Debug::NoLocking=1', '-o', 'DPkg::Use-Pty=0', ...options];
  const install = (targets: readonly Target[], extra: readonly string[]): Call => ({
    argv: [
      'apt-get',
      ...common,
      ...(targets.some(({ isNew }) => isNew === true) ? [] : ['--only-upgrade']),
      '--no-install-recommends',
      // Else what came as a dependency counts as asked for from now on, and is never removed as not needed any more.
      '--mark-auto',
      ...extra,
      'install',
      ...targets.map(argumentOf),
    ],
    env,
  });
  const downgrade = (direction: string): readonly string[] =>
    direction === 'downgrade' ? ['--allow-downgrades'] : [];
  return {
    manager: 'apt',
    packageType: 'deb',
    locks: ['var/lib/dpkg/lock-frontend', 'var/lib/apt/lists/lock', 'var/cache/apt/archives/lock'].map(below),
    keepsLocks: true,
    innerLocks: [below('var/lib/dpkg/lock')],
    installed: () => ({
      argv: ['dpkg-query', `--admindir=${below('var/lib/dpkg')}`, '-W', `-f=${FIELDS}`],
    }),
    parseInstalled,
    refresh: () => ({ argv: ['apt-get', ...common, '-o', 'APT::Update::Error-Mode=any', 'update'], env }),
    refreshProblem: (ran) => {
      const failed = notReached(`${ran.stdout}\n${ran.stderr}`);
      return ran.code === 0 && failed === undefined ? undefined : (failed?.slice(0, 500) ?? complaintOf(ran));
    },
    simulate: (targets, direction) => install(targets, ['--simulate', ...downgrade(direction)]),
    parsePlanned,
    // What was simulated is what is there still, by our locks; that nothing is removed is said twice.
    apply: (targets, direction) => install(targets, ['--no-remove', ...downgrade(direction)]),
    reasonOf,
    keptFiles,
    interruptedBecause: () => {
      const updates = below('var/lib/dpkg/updates');
      return existsSync(updates) && readdirSync(updates).some((name) => /^\d+$/.test(name))
        ? 'dpkg was interrupted: its journal has entries'
        : undefined;
    },
    // dpkg hands what it is given to scripts, and so to the daemons that they start: no locks for it.
    settle: () => ({ argv: ['dpkg', ...rootOption, ...CONFFILES, '--configure', '-a'], env }),
    offers: (names) => ({ argv: ['apt-cache', 'madison', ...names], env }),
    parseOffers: ({ stdout }) =>
      new Set(
        stdout.split('\n').flatMap((line) => {
          const [name = '', version = ''] = line.split(' | ').map((part) => part.trim());
          return version === '' ? [] : [offerOf(name, version)];
        }),
      ),
    candidates: {
      of: (packages) => ({
        argv: [
          'apt-cache',
          'policy',
          ...packages.map(({ name, arch }) => (arch === 'all' ? name : `${name}:${arch}`)),
        ],
        env,
      }),
      parse: parseCandidates,
      isAtLeast: (version, other) => ({ argv: ['dpkg', '--compare-versions', version, 'ge', other] }),
    },
    archives: {
      // What is in the cache already is left out: so it is looked for where nothing is.
      uris: (targets, hash) =>
        install(targets, [
          '--print-uris',
          '-o',
          `Acquire::ForceHash=${hash}`,
          '-o',
          `Dir::Cache::archives=${NO_CACHE}`,
        ]),
      download: (targets) => install(targets, ['--download-only']),
      cache: below('var/cache/apt/archives'),
      // A colon is no good in a file name, as apt has it.
      nameOf: ({ name, arch, version }) => `${name}_${version.replaceAll(':', '%3a')}_${arch}.deb`,
    },
    forbid: (jobId, targets) => ({
      file: below(`etc/apt/preferences.d/demarc-${jobId}.pref`),
      add: (before) => withPins(before, jobId, targets),
    }),
  };
}

/** What stands there stays: a rollback forbids more than the job did before it, not less. */
function withPins(before: string, jobId: string, targets: readonly Target[]): string {
  const pins = targets.map(
    ({ name, version }) =>
      `Explanation: patch job ${jobId} went back from it; delete this file to allow it again.\nPackage: ${name}\nPin: version ${version}\nPin-Priority: -1`,
  );
  const there = before
    .split(/\n{2,}/)
    .map((pin) => pin.trim())
    .filter((pin) => pin !== '');
  return `${[...new Set([...there, ...pins])].join('\n\n')}\n`;
}

/** `all` is no architecture that apt knows a package by. */
export const argumentOf = ({ name, arch, version }: Target): string =>
  `${name}${arch === 'all' ? '' : `:${arch}`}=${version}`;

export function parseInstalled(ran: Ran): readonly Installed[] {
  // A database with nothing in it is 1 with nothing said.
  if (
    ran.because !== undefined ||
    (ran.code !== 0 && ran.stderr !== '' && !/no packages found/.test(ran.stderr))
  )
    throw runErrors.make('PATCH_MANAGER_MISSING', { program: 'dpkg-query', because: complaintOf(ran) });
  return ran.stdout.split('\n').flatMap((line) => {
    const [name = '', arch = '', version = '', status = '', flag = ''] = line.split('\t');
    if (name === '' || NOT_THERE.has(status)) return [];
    return [{ name, arch, version, isWhole: status === 'installed' && flag === 'ok' }];
  });
}

/** `Inst libc6:i386 [2.36-9] (2.36-9+deb12u1 Debian:12.1/stable [i386]) []` */
const INSTALLS = /^(Inst|Conf) (\S+) (?:\[([^\]]*)\] )?\((\S+) .*?\[([^\]\s]+)\]\)/;
const LINE_MAX = 4_096;
const REMOVES = /^(?:Remv|Purg) (\S+) \[([^\]]*)\]/;

export function parsePlanned(ran: Ran): readonly Planned[] | string {
  if (ran.code !== 0) return complaintOf(ran);
  const planned: Planned[] = [];
  const unpacked = new Set<string>();
  for (const line of ran.stdout.split('\n')) {
    if (!/^(?:Inst|Conf|Remv|Purg) /.test(line)) continue;
    // Names of origins are the repository's to choose: what is looked for in a line must not take long.
    if (line.length > LINE_MAX) throw unreadable(line);
    const removed = REMOVES.exec(line);
    const installed = INSTALLS.exec(line);
    if (removed !== null) {
      const [name = '', arch = ''] = (removed[1] ?? '').split(':');
      planned.push({ action: 'remove', name, arch, from: removed[2] ?? '' });
    } else if (installed !== null) {
      const [, verb, full = '', from, to = '', arch = ''] = installed;
      const name = full.split(':')[0] ?? '';
      if (verb === 'Conf') {
        if (!unpacked.has(`${name}:${arch}`)) planned.push({ action: 'configure', name, arch, to });
        continue;
      }
      unpacked.add(`${name}:${arch}`);
      planned.push({
        action: from === undefined ? 'install' : 'change',
        name,
        arch,
        to,
        ...(from === undefined ? {} : { from }),
      });
    } else throw unreadable(line);
  }
  return planned;
}

/** `name:` at the beginning of a line, below it `  Candidate: 1.2-3`, or `(none)`. @see apt-cache(8) */
function parseCandidates({ stdout }: Ran): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let name = '';
  for (const line of stdout.split('\n')) {
    if (line.length > LINE_MAX) continue;
    if (!line.startsWith(' ')) name = line.endsWith(':') ? line.slice(0, -1) : '';
    else if (line.startsWith('  Candidate: ') && name !== '') {
      const version = line.slice('  Candidate: '.length).trim();
      if (version !== '(none)') found.set(name, version);
    }
  }
  return found;
}

const unreadable = (line: string): Error =>
  runErrors.make('PATCH_OUTPUT_UNREADABLE', { program: 'apt-get', because: line.slice(0, 300) });

/** `Configuration file '/etc/x'`, what was found about it, and what was done. */
function keptFiles(ran: Ran): readonly string[] {
  const kept: string[] = [];
  let file: string | undefined;
  for (const line of `${ran.stdout}\n${ran.stderr}`.split('\n')) {
    const named = /^Configuration file '([^']+)'/.exec(line)?.[1];
    if (named !== undefined) file = named;
    else if (!line.startsWith(' ==> ')) file = undefined;
    else if (file !== undefined && /^ ==> (?:Keeping old|Using current old)/.test(line)) kept.push(file);
  }
  return kept;
}

/**
 * dpkg names the package in one line and the reason in the next.
 *
 * `dpkg: error processing package bad (--configure):\n installed bad package post-installation script …`
 */
function reasonOf(ran: Ran, name: string): string {
  const lines = `${ran.stdout}\n${ran.stderr}`.split('\n');
  for (const [index, line] of lines.entries()) {
    const [, about] = /^dpkg: error processing (?:package|archive) (\S+) \(/.exec(line) ?? [];
    if (about === undefined) continue;
    const file = about.split('/').at(-1) ?? '';
    if (about.split(':')[0] === name || file.startsWith(`${name}_`))
      return (lines[index + 1] ?? '').trim().slice(0, 500);
  }
  return complaintOf(ran);
}

/**
 * Of what an update says the first that was not got in the end. One form of a list after the other is tried under the same
 * number, so what its last line says counts. Without `APT::Update::Error-Mode` (apt before 2.1.8) what is not reached is a
 * warning only.
 */
function notReached(output: string): string | undefined {
  const lines = output.split('\n');
  const last = new Map<string, string>();
  for (const line of lines) {
    const [, item] = /^(?:Get|Hit|Ign|Err):(\d+) /.exec(line) ?? [];
    if (item !== undefined) last.set(item, line);
  }
  return (
    [...last.values()].find((line) => line.startsWith('Err:')) ??
    lines.find((line) => /^[EW]: (?:Failed|Some index|The repository)/.test(line))
  );
}
