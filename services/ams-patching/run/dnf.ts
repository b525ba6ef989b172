/**
 * dnf 4 and rpm: Red Hat Enterprise Linux, AlmaLinux, Rocky, Oracle, Fedora, Amazon.
 *
 * dnf takes its locks itself and has no way to be told that they are held: they are kept for each of its runs, and
 * between two of them by nobody. What is installed is looked at again before each set.
 *
 * @see dnf(8), rpm(8), https://dnf.readthedocs.io/en/latest/command_ref.html
 */
import { type Call, complaintOf, type Ran } from './command.ts';
import { type Driver, offerOf, type Planned, type Target } from './driver.ts';
import { reasonOfRpm, rpmParts } from './rpm.ts';
import { runErrors } from './run-errors.ts';

export function dnfDriver(root: string): Driver {
  const rootOptions = root === '/' ? [] : [`--installroot=${root}`];
  const common = ['dnf', '--color=never', '--setopt=install_weak_deps=False', ...rootOptions] as const;
  const change = (targets: readonly Target[], direction: string, answer: string): Call => ({
    argv: [
      ...common,
      answer,
      // Of what is named exactly, `install` changes the version too, and puts a kernel beside the one before.
      direction === 'downgrade' ? 'downgrade' : 'install',
      ...targets.map(argumentOf),
    ],
    // Wide enough for a row in one line (textwrap asks for it; a pipe has no width).
    env: { COLUMNS: '400' },
  });
  return {
    ...rpmParts(root),
    manager: 'dnf',
    refresh: () => ({ argv: [...common, '--refresh', '--setopt=skip_if_unavailable=False', 'makecache'] }),
    refreshProblem: (ran) => (ran.code === 0 ? undefined : complaintOf(ran)),
    simulate: (targets, direction) => change(targets, direction, '--assumeno'),
    parsePlanned,
    apply: (targets, direction) => change(targets, direction, '--assumeyes'),
    reasonOf: (ran, name) => reasonOfRpm(ran, name) ?? complaintOf(ran),
    offers: (names) => ({
      argv: [
        ...common,
        'repoquery',
        '--quiet',
        '--showduplicates',
        '--queryformat=%{name} %{epoch}:%{version}-%{release}',
        ...names,
      ],
    }),
    parseOffers: ({ stdout }) =>
      new Set(
        stdout.split('\n').flatMap((line) => {
          const [name = '', version = ''] = line.trim().split(' ');
          return version === '' ? [] : [offerOf(name, version)];
        }),
      ),
    forbid: (_jobId, targets) => ({
      argv: [...common, '--assumeyes', 'versionlock', 'exclude', ...targets.map(argumentOf)],
    }),
  };
}

/** `bash-0:5.1.8-6.el9.x86_64` */
export const argumentOf = ({ name, arch, version }: Target): string => `${name}-${version}.${arch}`;

const SECTIONS: Readonly<Record<string, Planned['action'] | 'ignored'>> = {
  Installing: 'install',
  'Installing dependencies': 'install',
  'Installing weak dependencies': 'install',
  'Installing group/module packages': 'install',
  Upgrading: 'change',
  Downgrading: 'change',
  Reinstalling: 'change',
  Removing: 'remove',
  'Removing dependent packages': 'remove',
  'Removing unused dependencies': 'remove',
  'Skipping packages with conflicts': 'ignored',
  'Skipping packages with broken dependencies': 'ignored',
};

/**
 * The table between `Dependencies resolved.` and `Transaction Summary`: a heading for each section, then rows of name,
 * architecture, version, repository and size. A name that is too long stands alone, its row follows.
 */
export function parsePlanned(ran: Ran): readonly Planned[] | string {
  if (ran.because !== undefined) return ran.because;
  const lines = ran.stdout.split('\n');
  const from = lines.findIndex((line) => /^\s*Package\s+Arch/.test(line));
  if (from === -1) return /Nothing to do/.test(ran.stdout) && ran.code === 0 ? [] : complaintOf(ran);
  const planned: Planned[] = [];
  let section: Planned['action'] | 'ignored' | undefined;
  let waiting: string[] = [];
  for (const line of lines.slice(from + 1)) {
    if (line.startsWith('Transaction Summary')) return planned;
    const heading = /^([A-Z][A-Za-z/ ]+):$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = SECTIONS[heading];
      if (section === undefined) throw unreadable(`a section "${heading}"`);
      waiting = [];
      continue;
    }
    if (!line.startsWith(' ') || line.trim() === '') continue;
    const words = line.trim().split(/\s+/);
    if (words[0] === 'replacing') {
      const [name, arch] = splitArch(words[1] ?? '');
      planned.push({ action: 'remove', name, arch, from: words[2] ?? '' });
      continue;
    }
    waiting.push(...words);
    // A size has one word or two, and is not needed.
    if (waiting.length < 5) continue;
    const [name = '', arch = '', version = ''] = waiting;
    waiting = [];
    if (section === undefined) throw unreadable(line);
    if (section === 'ignored') continue;
    const full = version.includes(':') ? version : `0:${version}`;
    planned.push({ action: section, name, arch, ...(section === 'remove' ? { from: full } : { to: full }) });
  }
  throw unreadable('a table without an end');
}

const splitArch = (text: string): readonly [string, string] => {
  const dot = text.lastIndexOf('.');
  return [text.slice(0, dot), text.slice(dot + 1)];
};

const unreadable = (because: string): Error =>
  runErrors.make('PATCH_OUTPUT_UNREADABLE', { program: 'dnf', because: because.slice(0, 300) });
