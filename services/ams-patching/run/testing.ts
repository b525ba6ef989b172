/**
 * For tests: a Debian system in a directory of its own, a repository on disk, and packages made by the test.
 *
 * dpkg and apt-get of this machine work on it for real (`--root`); maintainer scripts run in it by chroot(2), with the
 * shell that is put there.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Inspected } from './restart.ts';
import type { PatchResult } from './result.ts';
import type { RunOptions } from './run.ts';
import { has, SystemTree } from './testing-tree.ts';

const MISSING = ['apt-get', 'apt-cache', 'dpkg', 'dpkg-deb', 'dpkg-scanpackages'].filter(
  (program) => !has(program),
);
/** For `skip`: false where all is there. */
export const NO_APT: string | false =
  MISSING.length > 0
    ? `${MISSING.join(', ')} missing (Debian: apt, dpkg-dev): NO PATCH WAS APPLIED`
    : process.getuid?.() === 0
      ? false
      : 'not root: NO PATCH WAS APPLIED';

export interface Made {
  readonly name: string;
  readonly version: string;
  readonly depends?: string;
  readonly conflicts?: string;
  /** By path below the root. */
  readonly files?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  /** By path below the root: which program of this machine it is a copy of. */
  readonly programs?: Readonly<Record<string, string>>;
  readonly conffiles?: readonly string[];
  /** `postinst` and the like; each begins with its `#!`. */
  readonly scripts?: Readonly<Record<string, string>>;
}

export class AptTree extends SystemTree {
  constructor() {
    super([
      'var/lib/dpkg/info',
      'var/lib/dpkg/updates',
      'var/lib/apt/lists/partial',
      'var/cache/apt/archives/partial',
      'var/log/apt',
      'etc/apt/apt.conf.d',
      'etc/apt/preferences.d',
      'etc/apt/sources.list.d',
      'etc/apt/trusted.gpg.d',
      'tmp',
      'proc',
      'boot',
    ]);
    writeFileSync(join(this.root, 'var/lib/dpkg/status'), '');
    writeFileSync(
      join(this.root, 'etc/os-release'),
      'ID=debian\nVERSION_ID="12"\nNAME="Debian of the test"\n',
    );
    writeFileSync(join(this.root, 'etc/apt/sources.list'), `deb [trusted=yes] file:${this.repository} ./\n`);
    // The repository is below a directory that only its owner may read.
    writeFileSync(join(this.root, 'etc/apt/apt.conf.d/90test'), 'APT::Sandbox::User "root";\n');
    for (const program of ['/bin/sh', '/bin/sleep']) this.#bring(program);
  }

  readonly architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();

  /** A program with the libraries that it needs. */
  #bring(program: string): void {
    const needed = execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g);
    for (const path of [program, ...[...needed].map(([, file = '']) => file)]) {
      const to = join(this.root, path);
      mkdirSync(dirname(to), { recursive: true });
      copyFileSync(path, to);
      chmodSync(to, 0o755);
    }
  }

  /** Built and put into the repository; `publish` makes it known. @returns the archive's path */
  build({
    name,
    version,
    depends,
    conflicts,
    files = {},
    links = {},
    programs = {},
    conffiles = [],
    scripts = {},
  }: Made): string {
    const source = mkdtempSync(join(this.directory, 'source-'));
    chmodSync(source, 0o755);
    for (const [path, text] of Object.entries(files)) write(join(source, path), text);
    for (const [path, target] of Object.entries(links)) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      execFileSync('ln', ['-s', target, join(source, path)]);
    }
    for (const [path, program] of Object.entries(programs)) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      copyFileSync(program, join(source, path));
    }
    const fields = [
      `Package: ${name}`,
      `Version: ${version}`,
      'Architecture: all',
      'Maintainer: The Test <test@example.com>',
      ...(depends === undefined ? [] : [`Depends: ${depends}`]),
      ...(conflicts === undefined ? [] : [`Conflicts: ${conflicts}`]),
      'Description: of the test',
    ];
    write(join(source, 'DEBIAN/control'), `${fields.join('\n')}\n`);
    if (conffiles.length > 0) write(join(source, 'DEBIAN/conffiles'), `${conffiles.join('\n')}\n`);
    for (const [script, text] of Object.entries(scripts)) {
      write(join(source, 'DEBIAN', script), text);
      chmodSync(join(source, 'DEBIAN', script), 0o755);
    }
    const archive = join(this.repository, `${name}_${version.replaceAll(':', '%3a')}_all.deb`);
    execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', source, archive], {
      stdio: 'ignore',
    });
    rmSync(source, { recursive: true });
    return archive;
  }

  publish(): void {
    const index = execFileSync('dpkg-scanpackages', ['--multiversion', '.'], {
      cwd: this.repository,
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 67_108_864,
    });
    writeFileSync(join(this.repository, 'Packages'), index);
  }

  install(...archives: readonly string[]): void {
    execFileSync('dpkg', [`--root=${this.root}`, '--force-confold', '--install', ...archives], {
      stdio: 'pipe',
    });
  }

  /** `name version state` of all, as dpkg has it. */
  installed(): readonly string[] {
    return execFileSync(
      'dpkg-query',
      [`--admindir=${this.root}/var/lib/dpkg`, '-W', '-f=${Package} ${Version} ${db:Status-Status}\\n'],
      { encoding: 'utf8' },
    )
      .trim()
      .split('\n')
      .sort();
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  write(path: string, text: string): void {
    write(join(this.root, path), text);
  }

  /** As an inventory would; who wants one of its own kind of reading has it in the room that makes them. */
  inspect(stale: Inspected['staleProcesses'] = null): Inspected {
    const packages = this.installed().map((line) => {
      const [name = '', version = ''] = line.split(' ');
      return { type: 'deb', name, version, arch: 'all' };
    });
    return { packages, staleProcesses: stale, reboot: null };
  }

  optionsFor(more: Partial<RunOptions> = {}): RunOptions {
    return {
      root: this.root,
      stateDirectory: this.state,
      nowMs: () => Date.now(),
      inspect: () => this.inspect(),
      ...more,
    };
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

export { BootedSystem, NO_SYSTEMD } from './testing-booted.ts';
export { jobFor } from './testing-job.ts';

/** Each package in these versions is offered; the first of each is installed. */
export function treeOf(...made: readonly (readonly Made[])[]): AptTree {
  const tree = new AptTree();
  const first = made.flatMap((versions) => versions.map((one) => tree.build(one)).slice(0, 1));
  tree.publish();
  tree.install(...first);
  return tree;
}

/** Versions of a package that has one file. */
export const plain = (name: string, ...versions: readonly string[]): readonly Made[] =>
  versions.map((version) => ({
    name,
    version,
    files: { [`usr/share/${name}/text`]: `${name} ${version}\n` },
  }));

export const outcomes = ({ packages }: PatchResult): readonly string[] =>
  packages.map(({ name, outcome, installed }) => `${name} ${outcome} ${installed ?? '-'}`);

export const checkOf = ({ checks }: PatchResult, name: string): string => {
  const found = checks.find(({ check }) => check === name);
  return found === undefined ? 'not made' : `${found.ok ? 'ok' : 'failed'}: ${found.because}`;
};
