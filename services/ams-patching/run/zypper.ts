/**
 * zypper and rpm: SUSE Linux Enterprise, openSUSE.
 *
 * libzypp takes its lock itself for each run and waits for it (ZYPP_LOCK_TIMEOUT); between two runs nobody holds it.
 * What it is about to do it tells as XML.
 *
 * @see zypper(8), https://doc.opensuse.org/projects/libzypp/HEAD/zypp-envars.html
 */
import { type Call, complaintOf, type Ran } from './command.ts';
import { type Driver, offerOf, type Planned, type Target } from './driver.ts';
import { reasonOfRpm, rpmParts } from './rpm.ts';
import { runErrors } from './run-errors.ts';

const LOCK_SECONDS = '120';
/** They are no failure: a reboot is owed (102), the package manager itself was changed (103). */
const GOOD = new Set([0, 102, 103]);

export function zypperDriver(root: string): Driver {
  const rootOptions = root === '/' ? [] : ['--root', root];
  const common = ['zypper', '--non-interactive', '--xmlout', ...rootOptions] as const;
  const env = { ZYPP_LOCK_TIMEOUT: LOCK_SECONDS };
  const change = (targets: readonly Target[], direction: string, extra: readonly string[]): Call => ({
    argv: [
      ...common,
      '--no-refresh',
      'install',
      '--no-recommends',
      '--details',
      ...(direction === 'downgrade' ? ['--oldpackage'] : []),
      ...extra,
      ...targets.map(argumentOf),
    ],
    env,
  });
  return {
    ...rpmParts(root),
    manager: 'zypper',
    refresh: () => ({ argv: [...common, 'refresh'], env }),
    refreshProblem: (ran) => (ran.code === 0 ? undefined : problemOf(ran)),
    simulate: (targets, direction) => change(targets, direction, ['--dry-run']),
    parsePlanned,
    apply: (targets, direction) => change(targets, direction, []),
    reasonOf: (ran, name) => reasonOfRpm({ ...ran, stdout: unescape(ran.stdout) }, name) ?? problemOf(ran),
    offers: (names) => ({
      argv: [
        ...common,
        '--no-refresh',
        'search',
        '--details',
        '--type',
        'package',
        '--match-exact',
        ...names,
      ],
      env,
    }),
    parseOffers: ({ stdout }) =>
      new Set(
        elements(stdout, 'solvable').flatMap((item) => {
          const [name, edition, repository] = ['name', 'edition', 'repository'].map((key) => item.get(key));
          return name === undefined || edition === undefined || repository === '(System Packages)'
            ? []
            : [offerOf(name, withEpoch(edition))];
        }),
      ),
    forbid: (_jobId, targets) => ({
      argv: [
        ...common,
        'addlock',
        '--type',
        'package',
        ...targets.map(({ name, version }) => `${name} = ${version}`),
      ],
      env,
    }),
  };
}

/** `bash.x86_64=0:5.1-1.1` */
export const argumentOf = ({ name, arch, version }: Target): string => `${name}.${arch}=${version}`;

const withEpoch = (edition: string): string => (edition.includes(':') ? edition : `0:${edition}`);

const SECTIONS: Readonly<Record<string, Planned['action']>> = {
  'to-install': 'install',
  'to-upgrade': 'change',
  'to-downgrade': 'change',
  'to-reinstall': 'change',
  'to-change-arch': 'change',
  'to-change-vendor': 'change',
  'to-remove': 'remove',
  'to-upgrade-change-arch': 'change',
  'to-downgrade-change-arch': 'change',
};

/** `<install-summary>` with a section for each kind of change, each with its `<solvable/>`s. */
export function parsePlanned(ran: Ran): readonly Planned[] | string {
  if (ran.because !== undefined || !GOOD.has(ran.code ?? -1)) return problemOf(ran);
  const from = ran.stdout.indexOf('<install-summary');
  const to = ran.stdout.indexOf('</install-summary>', from);
  if (from === -1 || to === -1) {
    if (/Nothing to do/.test(ran.stdout)) return [];
    throw runErrors.make('PATCH_OUTPUT_UNREADABLE', {
      program: 'zypper',
      because: 'it has no install-summary',
    });
  }
  const planned: Planned[] = [];
  let action: Planned['action'] | undefined;
  for (const tag of tagsOf(ran.stdout.slice(from, to))) {
    const name = /^<\/?([a-z-]+)/.exec(tag)?.[1] ?? '';
    if (name.startsWith('to-') && !tag.startsWith('</')) action = SECTIONS[name];
    else if (name.startsWith('to-') || name === 'suggested' || name === 'recommended') action = undefined;
    else if (name === 'solvable' && action !== undefined) {
      const item = attributesOf(tag);
      if (item.get('type') !== 'package') continue;
      const [to, from] = [item.get('edition') ?? '', item.get('edition-old')];
      planned.push({
        action,
        name: item.get('name') ?? '',
        arch: item.get('arch') ?? '',
        ...(action === 'remove' ? { from: withEpoch(to) } : { to: withEpoch(to) }),
        ...(from === undefined || action === 'remove' ? {} : { from: withEpoch(from) }),
      });
    }
  }
  return planned;
}

/** `<message type="error">` says what is wrong. */
function problemOf(ran: Ran): string {
  const [, said] = /<message type="error">([^<]*)</.exec(ran.stdout) ?? [];
  const [, prompt] = /<description>([^<]*)</.exec(ran.stdout) ?? [];
  const text = said ?? prompt;
  return text === undefined || ran.because !== undefined
    ? complaintOf(ran)
    : `exit status ${ran.code}: ${unescape(text).slice(0, 500)}`;
}

/** A summary of a package is a line. */
const TAG_MAX = 8_192;

function tagsOf(xml: string): readonly string[] {
  const tags = xml.match(/<[^<>]+>/g) ?? [];
  const long = tags.find((tag) => tag.length > TAG_MAX);
  if (long === undefined) return tags;
  throw runErrors.make('PATCH_OUTPUT_UNREADABLE', { program: 'zypper', because: long.slice(0, 300) });
}

function elements(xml: string, name: string): readonly ReadonlyMap<string, string>[] {
  return tagsOf(xml)
    .filter((tag) => tag.startsWith(`<${name} `))
    .map(attributesOf);
}

function attributesOf(tag: string): ReadonlyMap<string, string> {
  return new Map(
    [...tag.matchAll(/([a-z-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, unescape(value)]),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const unescape = (text: string): string =>
  text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_all, name: string) => ENTITIES[name] ?? '');
