/**
 * A thousand packages against sixty thousand advisories, hits listed, against `JSON.parse` of the same advisories; in turn,
 * medians. Then one new advisory against ten thousand machines. The advisories are those of AlmaLinux 8, repeated under
 * other names until there are as many; without that feed (`../shared/corpora`) they are made up, and that is said.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readFeed } from '@demarc/vulnerability-scanning/feeds';
import { compileFeeds, match, openArtefact } from '@demarc/vulnerability-scanning/matching';
import type { Advisory, Inventory, Package } from '@demarc/vulnerability-scanning/model';
import { interleaved, median, ratio, show, smoke } from './support/measure.ts';

const FEED = '../shared/corpora/vulnerability/feeds/almalinux8/osv-almalinux8.tar.gz';
const ADVISORIES = smoke ? 3_000 : 60_000;
const PACKAGES = smoke ? 100 : 1_000;
const MACHINES = smoke ? 100 : 10_000;
const ROUNDS = smoke ? 1 : 9;

function madeUp(): readonly Advisory[] {
  console.log(`${FEED} is not here: the advisories are made up`);
  return Array.from(
    { length: 3_000 },
    (_, index): Advisory => ({
      id: `ALSA-2026:${index}`,
      feed: 'osv',
      aliases: [],
      fixes: [`CVE-2026-${10_000 + index}`],
      severities: [],
      references: [],
      affected: Array.from({ length: 12 }, (__, at) => ({
        type: 'rpm',
        ecosystem: 'AlmaLinux:8',
        name: `package-${(index * 7 + at) % 2_000}`,
        names: 'binary',
        scheme: 'rpm',
        state: 'affected',
        ranges: [[{ introduced: '0' }, { fixed: `${1 + (index % 9)}.${at}-1.el8` }]],
        versions: [],
      })),
    }),
  );
}

const real = existsSync(FEED)
  ? [...readFeed(FEED, readFileSync(FEED))].flatMap((record) =>
      'advisory' in record ? [record.advisory] : [],
    )
  : madeUp();
/** The first round as it is; later ones under other names, so that only some of what is known is of what is installed. */
const advisories = Array.from({ length: ADVISORIES }, (_, index): Advisory => {
  const advisory = real[index % real.length] as Advisory;
  const round = Math.floor(index / real.length);
  if (round === 0) return advisory;
  return {
    ...advisory,
    id: `${advisory.id}-${round}`,
    affected: advisory.affected.map((each) => ({ ...each, name: `${each.name}-r${round}` })),
  };
});
const text = JSON.stringify(advisories);
const compiledAt = performance.now();
const compiled = compileFeeds(advisories, [], []);
const compileSeconds = (performance.now() - compiledAt) / 1_000;

const names = [...new Set(advisories.flatMap(({ affected }) => affected.map(({ name }) => name)))];
const packages = Array.from(
  { length: PACKAGES },
  (_, index): Package => ({
    type: 'rpm',
    name: names[(index * 131) % names.length] ?? '',
    version: '0:1.0-1.el8',
    arch: 'x86_64',
  }),
);
const inventory = (some: readonly Package[]): Inventory => ({
  takenAtMs: 0,
  distribution: { id: 'almalinux', idLike: [], versionId: '8.10', name: '' },
  packages: [...some],
  kernel: null,
  reboot: null,
  staleProcesses: null,
  openPorts: null,
  notRead: [],
});
const one = inventory(packages);
let hits = 0;

const seconds = await interleaved(
  [
    {
      name: 'match',
      run: async () => {
        // Opened each time: a scan of one machine begins with that.
        hits = match(openArtefact(compiled), one, { nowMs: 0 }).matches.length;
        return undefined;
      },
    },
    {
      name: 'parse',
      run: async () => {
        JSON.parse(text);
        return undefined;
      },
    },
  ],
  ROUNDS,
);
console.log(
  `${advisories.length} advisories, ${(text.length / 1e6).toFixed(0)} MB; compiled in ${compileSeconds.toFixed(2)} s to ${(compiled.length / 1e6).toFixed(0)} MB`,
);
show(`${PACKAGES} packages matched, ${hits} hits listed`, seconds.get('match') ?? []);
show('JSON.parse of the advisories', seconds.get('parse') ?? []);
ratio(
  'match / JSON.parse',
  median(seconds.get('match') ?? []) / median(seconds.get('parse') ?? []),
  'at most 0.1',
);

// A new advisory is a feed of its own: compiled, and looked up for what each machine has.
const machines = Array.from({ length: MACHINES }, (_, index) =>
  inventory(packages.slice((index * 37) % (PACKAGES - 50), ((index * 37) % (PACKAGES - 50)) + 50)),
);
const some = real.find(({ affected }) => affected.length > 0) as Advisory;
const fresh = {
  ...some,
  id: 'new',
  affected: packages.slice(0, 5).map(({ name }) => ({ ...some.affected[0], name })),
} as Advisory;
const startedAt = performance.now();
const alone = openArtefact(compileFeeds([fresh], [], []));
const affected = machines.filter((machine) => match(alone, machine, { nowMs: 0 }).matches.length > 0).length;
show(`one new advisory against ${MACHINES} machines of 50 packages, ${affected} affected`, [
  (performance.now() - startedAt) / 1_000,
]);
