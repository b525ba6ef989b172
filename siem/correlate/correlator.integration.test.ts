/** `kill -9` of a server that correlates: no finding is lost, none is another the second time. */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { after, before, type TestContext, test } from 'node:test';
import type { BaseMatch, CorrelationFinding } from '@demarc/platform/sigma/correlation';
import { correlationOf, linkedWhole, oracle } from '@demarc/platform/sigma/correlation/testing';
import { migrate, openPostgres, type PostgresConnection, type PostgresStore } from '@demarc/platform/stores';
import { startTestPostgres, type TestPostgres } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { sql } from 'kysely';
import { type Correlator, openCorrelator } from './correlator.ts';
import { correlationMigrations } from './migrations.ts';

const LATENESS_MS = 30_000;
const START_MS = Date.parse('2026-11-20T12:00:00Z');
const END_MS = START_MS + 3_600_000;
const BATCHES = 60;
const MATCHES_PER_BATCH = 20;
const KILLS = 5;
const here = grantTenantScope('here');
const there = grantTenantScope('there');

const byUser = { 'group-by': ['u'], timespan: '1m' };
const rules = linkedWhole(
  correlationOf({ type: 'event_count', rules: ['d0'], ...byUser, condition: { gte: 6 } }, 'c0'),
  correlationOf({ type: 'value_count', rules: ['d1'], ...byUser, condition: { field: 'v', gte: 4 } }, 'c1'),
  correlationOf({ type: 'temporal_ordered', rules: ['c0_name', 'd2'], ...byUser }, 'c2'),
  correlationOf({ type: 'event_count', rules: ['d0'], ...byUser, condition: { lt: 2 } }, 'c3'),
  correlationOf({ type: 'value_sum', rules: ['d2'], ...byUser, condition: { field: 'n', gt: 20 } }, 'c4'),
  correlationOf({ type: 'temporal', rules: ['d0', 'd1'], ...byUser, condition: 'd0 and not d1' }, 'c5'),
);

function correlatorOver(store: PostgresStore, nowMs = END_MS): Correlator {
  return openCorrelator({
    inTenant: store.inTenant,
    correlationsOf: async () => rules,
    now: () => nowMs,
    limits: { latenessMs: LATENESS_MS },
  });
}

interface Answer {
  readonly batch: number;
  readonly findings: readonly CorrelationFinding[];
}

/** The child: a road that correlates batch after batch, says what it got, and then that it is stored. */
async function serve(): Promise<void> {
  process.once('message', (connection: PostgresConnection) => {
    const store = openPostgres({ connection, poolMax: 2 });
    const correlator = correlatorOver(store);
    process.on('message', ({ batch, matches }: { batch: number; matches: readonly BaseMatch[] }) => {
      void (async () => {
        const findings = await correlator.observe(here, matches);
        process.send?.({ batch, findings } satisfies Answer);
        await correlator.delivered(
          here,
          findings.map(({ uid }) => uid),
        );
      })();
    });
    process.send?.('ready');
  });
}

/** The same every time: what a machine does in half an hour, out of order by less than the lateness. */
function batches(): readonly (readonly BaseMatch[])[] {
  const random = (at: number, what: string): number =>
    createHash('sha256').update(`${at} ${what}`).digest().readUInt32BE(0) / 2 ** 32;
  const matches = Array.from({ length: BATCHES * MATCHES_PER_BATCH }, (_, at) => ({
    ruleId: `d${Math.floor(random(at, 'rule') * 3)}`,
    eventUid: createHash('md5').update(String(at)).digest('hex'),
    timeMs: START_MS + Math.floor((at / (BATCHES * MATCHES_PER_BATCH)) * 1_800_000),
    fields: {
      u: `user-${Math.floor(random(at, 'user') ** 2 * 12)}`,
      v: `host-${Math.floor(random(at, 'host') * 6)}`,
      n: Math.floor(random(at, 'bytes') * 12),
    },
  }));
  const arriving = matches
    .map((match, at) => ({ match, atMs: match.timeMs + random(at, 'delay') * LATENESS_MS * 0.9 }))
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ match }) => match);
  return Array.from({ length: BATCHES }, (_, at) =>
    arriving.slice(at * MATCHES_PER_BATCH, (at + 1) * MATCHES_PER_BATCH),
  );
}

if (process.argv[2] === 'serve') await serve();
else {
  let postgres: TestPostgres;
  let store: PostgresStore;
  before(async () => {
    postgres = await startTestPostgres();
    await migrate(postgres.ownerConnection, correlationMigrations);
    store = openPostgres({ connection: postgres.connection });
  });
  after(async () => {
    await store[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });

  test('after many deaths the findings are those of the oracle, each with one content', async (t: TestContext) => {
    const all = batches();
    const told = new Map<string, string>();
    const hear = (findings: readonly CorrelationFinding[]): void => {
      for (const finding of findings) {
        const words = JSON.stringify(Object.entries(finding).sort(([a], [b]) => (a < b ? -1 : 1)));
        t.assert.equal(told.get(finding.uid) ?? words, words, 'a finding that is told again is the same');
        told.set(finding.uid, words);
      }
    };
    let done = 0;
    let deaths = 0;
    while (done < all.length) {
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const child = fork(import.meta.filename, ['serve'], { env, stdio: 'inherit' });
      child.send(postgres.connection);
      await once(child, 'message');
      const gone = once(child, 'exit');
      const send = (): void => {
        if (done === all.length) child.kill('SIGKILL');
        else child.send({ batch: done, matches: all[done] }, () => undefined);
      };
      child.on('message', ({ batch, findings }: Answer) => {
        if (batch !== done) return;
        hear(findings);
        done += 1;
        send();
      });
      send();
      const timer = setTimeout(() => child.kill('SIGKILL'), deaths < KILLS ? 15 + deaths * 25 : 60_000);
      await gone;
      clearTimeout(timer);
      deaths += 1;
    }
    const correlator = correlatorOver(store);
    hear(await correlator.tick(here, END_MS));
    // What nobody said was stored is handed out once more.
    hear(await correlator.tick(here, END_MS + 60_000));
    const wanted = oracle(rules.correlations, all.flat());
    t.assert.deepEqual([...told.keys()].sort(), wanted.map(({ uid }) => uid).sort());
    const byRule = Map.groupBy(wanted, ({ ruleId }) => ruleId);
    for (const { rule } of rules.correlations) t.assert.ok(byRule.has(rule.id), `${rule.id} found nothing`);
    t.assert.ok(deaths > 3, `only ${deaths} deaths`);
    t.diagnostic(`${deaths} deaths, ${wanted.length} findings`);
  });

  test('a repeated batch has the findings that it decided, until they are delivered', async (t: TestContext) => {
    const correlator = correlatorOver(store);
    const matches = Array.from({ length: 6 }, (_, at) => ({
      ruleId: 'd0',
      eventUid: `there-${at}`,
      timeMs: START_MS + at,
      // jsonb has no NUL, and keys have a bound.
      fields: { u: `\0\ud800${'long'.repeat(1_000)}` },
    }));
    const first = await correlator.observe(there, matches);
    t.assert.equal(first.length, 1);
    t.assert.deepEqual(await correlator.observe(there, matches.slice(5)), first);
    const after = correlatorOver(store);
    t.assert.deepEqual(await after.observe(there, matches), first);
    t.assert.equal(after.figures('there')?.groups, 4, 'one of each rule that looks at it');
    await after.delivered(there, [first[0]?.uid ?? '']);
    t.assert.deepEqual(await after.observe(there, matches), []);
    t.assert.deepEqual(
      await after.observe(there, [{ ...matches[0], ruleId: 'nobody asks' } as BaseMatch]),
      [],
    );
  });

  test('what no window reaches is pruned; a store that fails is no half step', async (t: TestContext) => {
    const count = async (): Promise<number> =>
      store.inTenant(there, async (db) => {
        const { rows } = await sql<{ readonly n: number }>`
          SELECT count(*) AS n FROM siem_correlation_match`.execute(db);
        return rows[0]?.n ?? 0;
      });
    t.assert.equal(await count(), 6);
    const match = { ruleId: 'd0', eventUid: 'later', timeMs: END_MS, fields: { u: 'x' } };
    let isBroken = true;
    const broken = openCorrelator({
      inTenant: (tenant, work) =>
        store.inTenant(tenant, async (db) => {
          const result = await work(db);
          if (isBroken && Array.isArray(result) && result.length > 0) throw new Error('cut off');
          return result;
        }),
      correlationsOf: async () => rules,
      now: () => END_MS,
      limits: { latenessMs: LATENESS_MS },
    });
    const burst = Array.from({ length: 6 }, (_, at) => ({ ...match, eventUid: `burst-${at}` }));
    await t.assert.rejects(broken.observe(there, burst), { code: 'SIEM_LEDGER_UNAVAILABLE' });
    isBroken = false;
    const found = await broken.observe(there, burst);
    t.assert.equal(found.filter(({ ruleId }) => ruleId === 'c0').length, 1);
    t.assert.equal(await count(), 6, 'the six of the burst, and none of before');
    await broken.rulesChanged(there);
    const again = await broken.observe(there, burst);
    t.assert.deepEqual(
      again,
      found.filter(({ ruleId }) => ruleId === 'c0'),
      'those that the burst decided',
    );
  });
}
