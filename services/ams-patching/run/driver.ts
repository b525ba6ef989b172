/** What a package manager has to be able to do for a job: which program to call, and what its answer means. All of it pure. */
import { DemarcError } from '@demarc/platform/errors';
import type { Call, Ran } from './command.ts';
import type { JobPackage, Manager } from './job.ts';

export interface Installed {
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  /** Unpacked and configured, nothing pending. */
  readonly isWhole: boolean;
}

/** By name and architecture; several of a kernel's package. */
export type InstalledByKey = ReadonlyMap<string, readonly Installed[]>;

/** A package at exactly one version. */
export interface Target {
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  /** It is not installed yet, and may be. */
  readonly isNew?: boolean;
}
export type Direction = 'upgrade' | 'downgrade';

/** What the manager would do, as it says itself. */
export interface Planned {
  /** `configure`: it is unpacked already. */
  readonly action: 'install' | 'change' | 'configure' | 'remove';
  readonly name: string;
  /** Empty where it is not said. */
  readonly arch: string;
  readonly from?: string;
  readonly to?: string;
}

/** As apt calls them; what is weaker says nothing about who made an archive. */
export const ARCHIVE_HASHES = ['SHA512', 'SHA256'] as const;
export type ArchiveHash = (typeof ARCHIVE_HASHES)[number];

export interface Driver {
  readonly manager: Manager;
  /** As an inventory calls them (package URL). */
  readonly packageType: 'deb' | 'rpm' | 'apk';
  /** Held for the whole job; programs are told that they are. */
  readonly locks: readonly string[];
  /** Its programs may be handed the locks: they close them for what they start. */
  readonly keepsLocks: boolean;
  /** Taken by its programs themselves; waited for at the beginning. */
  readonly innerLocks: readonly string[];
  installed(): Call;
  parseInstalled(ran: Ran): readonly Installed[];
  /** Lists of what repositories offer, anew. */
  refresh(): Call;
  /** Also of one whose exit status is 0. */
  refreshProblem(ran: Ran): string | undefined;
  simulate(targets: readonly Target[], direction: Direction): Call;
  /** @returns the manager's complaint when it has no solution */
  parsePlanned(ran: Ran): readonly Planned[] | string;
  apply(targets: readonly Target[], direction: Direction): Call;
  /** What went wrong with one package of those that were applied, in its own words. */
  reasonOf(ran: Ran, name: string): string;
  /** Files of the administrator that were kept although the package brings a new one. */
  keptFiles(ran: Ran): readonly string[];
  /** Why the manager's own data say that it was interrupted. */
  interruptedBecause(): string | undefined;
  /** Brings to an end what was interrupted; undefined where a manager has nothing of that kind. */
  settle(): Call | undefined;
  /** Which versions of these repositories offer. */
  offers(names: readonly string[]): Call;
  parseOffers(ran: Ran): ReadonlySet<string>;
  /** Which version it would bring by itself; undefined where it is not asked for that yet. */
  readonly candidates?: {
    of(packages: readonly { readonly name: string; readonly arch: string }[]): Call;
    /** By name, of another architecture than the system's by `name:arch`. */
    parse(ran: Ran): ReadonlyMap<string, string>;
    /** Ends with 0 where the first version is not older than the second, with 1 where it is. */
    isAtLeast(version: string, other: string): Call;
  };
  /** Keeps these versions from being installed by others; undefined where going back does that by itself. */
  forbid(
    jobId: string,
    targets: readonly Target[],
  ): Call | { readonly file: string; readonly add: (before: string) => string } | undefined;
  /** How to get at what is to be installed before it is. */
  readonly archives?: {
    /** Where each comes from, with its digest of that kind where the repository's index has one. */
    uris(targets: readonly Target[], hash: ArchiveHash): Call;
    download(targets: readonly Target[]): Call;
    /** Directory that they are downloaded to, and how one is called there. */
    readonly cache: string;
    nameOf(target: Target): string;
  };
}

/** What was not there before has nothing to go back to, and is left out. */
export function targetsOf(packages: readonly JobPackage[], direction: Direction): readonly Target[] {
  return packages.flatMap(({ name, arch, from, to }) => {
    const version = direction === 'upgrade' ? to : from;
    return version === null ? [] : [{ name, arch, version, ...(from === null ? { isNew: true } : {}) }];
  });
}

/** @returns the manager's complaint, also where what it says is not understood: nothing is applied upon that */
export function plannedBy(driver: Driver, ran: Ran): readonly Planned[] | string {
  if (ran.isCut === true) return 'what it would do is too long to be read';
  try {
    return driver.parsePlanned(ran);
  } catch (error) {
    if (error instanceof DemarcError) return error.message;
    throw error;
  }
}

/** In `parseOffers`. */
export const offerOf = (name: string, version: string): string => `${name} ${version}`;

/**
 * What is planned beyond the targets, or otherwise than they say; empty when the plan is exactly that.
 *
 * @param targets that are not installed yet
 */
export function beyond(planned: readonly Planned[], targets: readonly Target[]): readonly string[] {
  const wanted = new Map(targets.map((target) => [`${target.name}:${target.arch}`, target.version]));
  const archOf = new Map(targets.map(({ name, arch }) => [name, arch]));
  const found: string[] = [];
  const changed = new Set<string>();
  for (const { action, name, arch: said, from, to } of planned) {
    const arch = said === '' ? (archOf.get(name) ?? '') : said;
    const key = arch === '' ? name : `${name}:${arch}`;
    const version = wanted.get(key);
    // A kernel of an rpm system is installed beside the one before.
    if (action !== 'remove') changed.add(key);
    if (action === 'remove') found.push(`removes ${key} ${from ?? ''}`.trim());
    // What is half installed for other reasons is not made worse by being tried again.
    else if (action === 'configure' && version === undefined) continue;
    else if (version === undefined)
      found.push(
        action === 'install'
          ? `installs ${key} ${to ?? '?'} anew`
          : `changes ${key} ${from ?? '?'} to ${to ?? '?'} too`,
      );
    else if (version !== to) found.push(`changes ${key} to ${to ?? '?'} instead of ${version}`);
  }
  for (const [key, version] of wanted)
    if (!changed.has(key)) found.push(`leaves ${key} as it is, not ${version}`);
  return found;
}
