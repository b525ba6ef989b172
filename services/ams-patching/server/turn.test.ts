import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { PatchingSettings } from '../api.ts';
import type { Job } from './jobs.ts';
import type { Machine } from './machines.ts';
import { type Neighbour, type Neighbours, neighboursOf, turnOf } from './turn.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const OPENS_MS = Date.parse('2026-11-28T22:00:00Z');
const NOBODY: Neighbours = { cluster: new Set(), first: new Map(), atOnceMax: null };

function job(more: Partial<Omit<Job, 'planned'>> & { readonly planned?: Partial<Job['planned']> } = {}): Job {
  const planned = {
    assetName: 'own',
    windowId: 'w',
    startsAtMs: OPENS_MS,
    minutes: 20,
    manager: 'apt' as const,
    wanted: [{ name: 'openssl', fixedIn: '2', needsReboot: false }],
    findings: [{ findingId: 'f', vulnerability: 'CVE-2026-1', package: 'openssl' }],
    ...more.planned,
  };
  return {
    job_id: 'own',
    asset_id: 'own',
    opens_at_ms: OPENS_MS,
    closes_at_ms: OPENS_MS + 2 * HOUR_MS,
    state: 'waiting',
    state_at_ms: OPENS_MS - HOUR_MS,
    verification: 'none',
    result: null,
    ended_at_ms: null,
    order_id: null,
    giving_until_ms: 0,
    approval: { by: { accountId: 'a', name: 'Bob', party: 'ams' }, atMs: OPENS_MS - HOUR_MS, because: '' },
    ...more,
    planned,
  } as Job;
}

/** Of the machine `other`, in the words of its state. */
const other = (more: Parameters<typeof job>[0] & { readonly was_running?: boolean } = {}): Neighbour => ({
  was_running: false,
  ...job({
    job_id: 'other',
    asset_id: 'other',
    ...more,
    planned: { assetName: 'db-1', ...more.planned },
  }),
});
const inCluster: Neighbours = { ...NOBODY, cluster: new Set(['other']) };
const after = (gapMs = 0): Neighbours => ({
  ...NOBODY,
  first: new Map([['other', { gapMs, why: 'the database db-1 comes first' }]]),
});
const NEEDED = new Set(['f']);
const ENDED = { state: 'ended', result: 'done', ended_at_ms: OPENS_MS, state_at_ms: OPENS_MS } as const;
const at = (ms: number, neighbours: Neighbours, ...others: readonly Neighbour[]) =>
  turnOf(job(), neighbours, others, NEEDED, ms);

test('before its time it is not its turn, and then it is', (t: TestContext) => {
  t.assert.deepEqual(at(OPENS_MS - 1, inCluster), {
    turn: 'later',
    because: 'Its turn is at 2026-11-28T22:00:00.000Z.',
    notBeforeMs: OPENS_MS,
  });
  t.assert.deepEqual(at(OPENS_MS, inCluster), { turn: 'now' });
});

test('of one cluster nobody begins while another may be at work', (t: TestContext) => {
  const given = OPENS_MS + MINUTE_MS;
  const turns = {
    'at work': other({ state: 'running' }),
    'going back': other({ state: 'going-back' }),
    'handed over': other({ order_id: 'o' }),
    'being handed over': other({ giving_until_ms: given + 1 }),
  };
  for (const [name, neighbour] of Object.entries(turns)) {
    const turn = at(given, inCluster, neighbour);
    t.assert.equal(turn.turn, 'later', name);
    t.assert.match('because' in turn ? turn.because : '', /waits for db-1, of the same cluster/);
  }
  for (const neighbour of [other(), other(ENDED), other({ state: 'proposed' }), other({ state: 'missed' })])
    t.assert.deepEqual(at(given, inCluster, neighbour), { turn: 'now' }, neighbour.state);
});

test('where another of the cluster may be broken somebody has to look, once', (t: TestContext) => {
  const broken = [
    other({ ...ENDED, result: 'failed' }),
    other({ ...ENDED, result: 'partly' }),
    other({ state: 'missed', state_at_ms: OPENS_MS, was_running: true }),
  ];
  for (const neighbour of broken) {
    t.assert.equal(at(OPENS_MS + 1, inCluster, neighbour).turn, 'held', neighbour.state);
    const known = { ...neighbour, state_at_ms: OPENS_MS - 2 * HOUR_MS };
    t.assert.equal(at(OPENS_MS + 1, inCluster, known).turn, 'now', 'it was approved after that');
  }
});

test('what comes first is done first, and runs as long as it has to', (t: TestContext) => {
  for (const state of ['resolving', 'proposed', 'held', 'waiting', 'running', 'going-back'] as const)
    t.assert.equal(at(OPENS_MS + 1, after(), other({ state })).turn, 'later', state);
  t.assert.deepEqual(at(OPENS_MS + 1, after(), other(ENDED)), { turn: 'now' });
  const soaking = at(OPENS_MS + 1, after(HOUR_MS), other(ENDED));
  t.assert.deepEqual(
    [soaking.turn, 'notBeforeMs' in soaking && soaking.notBeforeMs],
    ['later', OPENS_MS + HOUR_MS],
  );
  const later = turnOf(
    job({ planned: { startsAtMs: OPENS_MS } }),
    after(HOUR_MS),
    [other(ENDED)],
    NEEDED,
    OPENS_MS + HOUR_MS,
  );
  t.assert.deepEqual(later, { turn: 'now' });
});

test('what comes first and came to nothing holds what comes after it', (t: TestContext) => {
  const nothing = [
    other({ state: 'missed', state_at_ms: OPENS_MS }),
    other({ state: 'declined', state_at_ms: OPENS_MS }),
    other({ state: 'cancelled', state_at_ms: OPENS_MS }),
    other({ state: 'taken-back', state_at_ms: OPENS_MS }),
    other({ ...ENDED, result: 'refused' }),
    other({ ...ENDED, result: 'failed' }),
    other({ ...ENDED, verification: 'reopened' }),
  ];
  for (const neighbour of nothing) {
    const turn = at(OPENS_MS + 1, after(), neighbour);
    t.assert.equal(turn.turn, 'held', neighbour.state);
    t.assert.match(
      'because' in turn ? turn.because : '',
      /^db-1 comes first \(the database db-1 comes first\)/,
    );
    t.assert.equal(
      turnOf(job(), after(), [neighbour], new Set(), OPENS_MS + 1).turn,
      'now',
      'the machine lacks nothing any more',
    );
    t.assert.equal(turnOf(job(), after(), [neighbour], undefined, OPENS_MS + 1).turn, 'held', 'nobody knows');
  }
  // A newer plan has it again: that one counts.
  const again = other({ job_id: 'again', state: 'proposed', state_at_ms: OPENS_MS - 5 });
  t.assert.equal(
    at(OPENS_MS + 1, after(), other({ state: 'cancelled', state_at_ms: OPENS_MS }), again).turn,
    'later',
  );
  const elsewhere = other({
    state: 'missed',
    state_at_ms: OPENS_MS,
    planned: { wanted: [{ name: 'nginx', fixedIn: '2', needsReboot: false }] },
  });
  t.assert.equal(at(OPENS_MS + 1, after(), elsewhere).turn, 'now', 'another patch');
});

test('no more of a window are at work at once than may be, and none begins that would not end in it', (t: TestContext) => {
  const two: Neighbours = { ...NOBODY, atOnceMax: 2 };
  const busy = (id: string) => other({ job_id: id, asset_id: id, order_id: id });
  t.assert.equal(at(OPENS_MS + 1, two, busy('a')).turn, 'now');
  t.assert.match(JSON.stringify(at(OPENS_MS + 1, two, busy('a'), busy('b'))), /2 machines of its window/);
  const elsewhere = other({ order_id: 'c', planned: { windowId: 'another' } });
  t.assert.equal(at(OPENS_MS + 1, two, busy('a'), elsewhere).turn, 'now');
  const closesMs = OPENS_MS + 2 * HOUR_MS;
  t.assert.equal(at(closesMs - 20 * MINUTE_MS, inCluster).turn, 'now');
  t.assert.deepEqual(at(closesMs - 20 * MINUTE_MS + 1, inCluster), {
    turn: 'later',
    because: 'Its turn came so late that it would not end within its window.',
    notBeforeMs: closesMs,
  });
});

test('neighbours are what labels and settings make of machines', (t: TestContext) => {
  const machine = (assetId: string, labels: Readonly<Record<string, string>>): Machine => ({
    assetId,
    name: assetId.toUpperCase(),
    groups: [],
    labels,
  });
  const settings = PatchingSettings.parse({
    constraints: {
      dependencies: [{ first: { labels: { role: 'dns' } }, later: { labels: { role: 'web' } } }],
    },
  });
  const machines = [
    machine('dev', { system: 'ERP', environment: 'DEV' }),
    machine('prd', { system: 'ERP', environment: 'PRD' }),
    machine('one', { cluster: 'c', standby: 'primary' }),
    machine('two', { cluster: 'c', standby: 'secondary' }),
    machine('dns', { role: 'dns' }),
    machine('web', { role: 'web' }),
  ];
  const of = (assetId: string) => {
    const found = neighboursOf(assetId, machines, settings);
    return found && { cluster: [...found.cluster], first: Object.fromEntries(found.first) };
  };
  t.assert.equal(of('dev'), undefined);
  t.assert.equal(of('gone'), undefined);
  t.assert.deepEqual(of('prd'), {
    cluster: [],
    first: { dev: { gapMs: 24 * HOUR_MS, why: 'DEV (DEV) gets it first and runs it for 24 h' } },
  });
  t.assert.deepEqual(of('one'), {
    cluster: ['two'],
    first: { two: { gapMs: 0, why: 'the secondary TWO comes first' } },
  });
  t.assert.deepEqual(of('two'), { cluster: ['one'], first: {} });
  t.assert.deepEqual(of('web'), { cluster: [], first: { dns: { gapMs: 0, why: 'it depends on DNS' } } });
});

test('however late each is, two of a cluster are never at work at once', () => {
  const run = fc.record({
    startsAt: fc.integer({ min: 0, max: 40 }),
    takes: fc.integer({ min: 1, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(run, { minLength: 2, maxLength: 5 }), (runs) => {
      const ids = runs.map((_, index) => `m${index}`);
      const jobs = runs.map(({ startsAt, takes }, index) => ({
        ...other({
          job_id: ids[index] as string,
          asset_id: ids[index] as string,
          planned: { startsAtMs: OPENS_MS + startsAt * MINUTE_MS, minutes: 1, assetName: `m${index}` },
        }),
        endsAt: -1,
        takes,
      }));
      for (let minute = 0; minute < 120; minute += 1) {
        for (const [index, each] of jobs.entries())
          if (each.state === 'running' && each.endsAt <= minute)
            jobs[index] = { ...each, ...ENDED, state_at_ms: OPENS_MS + minute * MINUTE_MS };
        for (const [index, each] of jobs.entries()) {
          if (each.state !== 'waiting') continue;
          const others = jobs.filter((_, at) => at !== index);
          const cluster = new Set(ids.filter((id) => id !== each.asset_id));
          const neighbours = { ...NOBODY, cluster };
          const now = OPENS_MS + minute * MINUTE_MS;
          const { turn } = turnOf(
            { ...job(), ...each, planned: { ...job().planned, ...each.planned } },
            neighbours,
            others,
            NEEDED,
            now,
          );
          if (turn === 'now') jobs[index] = { ...each, state: 'running', endsAt: minute + each.takes };
        }
        if (jobs.filter(({ state }) => state === 'running').length > 1) return false;
      }
      return true;
    }),
    { numRuns: 200 },
  );
});
