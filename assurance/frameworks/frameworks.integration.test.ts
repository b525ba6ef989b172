/** Frameworks in the real PostgreSQL: of each tenant its own, by what was known when, gone when removed. */
import { after, before, type TestContext, test } from 'node:test';
import { migrate, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import { startTestPostgres, type TestPostgres } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { sql } from 'kysely';
import { Assurance, assuranceMigrations, loadCatalogue } from '../assurance.ts';
import { acceptSchedule } from '../commands/commands.ts';
import { oscalSet } from '../oscal/export.ts';
import { importOscal } from '../oscal/import.ts';
import { oscalArchive } from '../oscal/oscal.ts';
import { Frameworks } from './frameworks.ts';

const START = Date.parse('2026-11-20T12:00:00.000Z');
const here = grantTenantScope('here');
const there = grantTenantScope('there');
const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

let now = START;
let postgres: TestPostgres;
let store: PostgresStore;
let assurance: Assurance;
let frameworks: Frameworks;

before(async () => {
  postgres = await startTestPostgres();
  await migrate(postgres.ownerConnection, assuranceMigrations);
  store = openPostgres({ connection: postgres.connection });
  assurance = new Assurance({
    inTenant: store.inTenant,
    catalogue: loadCatalogue(),
    services: [],
    freshSecondsMax: 31_536_000,
    assets: async () => [],
    onChange: () => undefined,
    now: () => now,
  });
  frameworks = new Frameworks({ inTenant: store.inTenant, assurance });
});

after(async () => {
  assurance[Symbol.dispose]();
  await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const upload = (text: string) => ({
  frameworkId: 'iso',
  format: 'csv' as const,
  bytes: bytes(text),
  title: 'Mine',
});
const rowsOf = async (scope: typeof here) =>
  store.inTenant(scope, async (db) => {
    const { rows } = await sql<{
      count: string;
    }>`SELECT count(*) AS count FROM asr_framework_control`.execute(db);
    return Number(rows[0]?.count);
  });

test('taken, in a newer version, and as it was before', async (t: TestContext) => {
  await assurance.act(here, acceptSchedule, 'ann');
  t.assert.deepEqual(await frameworks.import(here, upload('ID,Title\nA.1,One\nA.2,Two\n'), 'ann'), {
    changed: true,
    controlCount: 2,
  });
  const first = now;
  now += 60_000;
  await frameworks.import(here, upload('ID,Title\nA.1,One\nA.2,Two\nA.3,Three\n'), 'ann');
  t.assert.equal(
    (await frameworks.import(here, upload('ID,Title\nA.1,One\nA.2,Two\nA.3,Three\n'), 'ann')).changed,
    false,
  );
  const mapping = { sourceFrameworkId: 'iso', targetFrameworkId: 'demarc', format: 'csv' as const };
  await frameworks.importMapping(
    here,
    { ...mapping, bytes: bytes('Source,Target\nA.1,"GOV-01, GOV-02"\nA.3,GOV-03\n') },
    'ann',
  );
  const { coverage } = await frameworks.coverage(here, 'iso');
  t.assert.deepEqual(
    coverage.rows.map(({ mapped }) => mapped.length),
    [2, 0, 1],
  );
  t.assert.ok(coverage.rows[0]?.mapped.every(({ owners }) => owners.length > 0));
  const before_ = await frameworks.coverage(here, 'iso', { asOfMs: first });
  t.assert.deepEqual(
    before_.coverage.rows.map(({ mapped }) => mapped.length),
    [0, 0],
  );
  const { frameworks: list } = await frameworks.list(here);
  t.assert.deepEqual(
    list.map(({ frameworkId, controlCount }) => [frameworkId, controlCount]),
    [
      ['demarc', 70],
      ['nist-800-53-r5', 1_189],
      ['iso', 3],
    ],
  );
});

test('a wrong file writes nothing, neither text nor act', async (t: TestContext) => {
  const known = await rowsOf(here);
  await t.assert.rejects(frameworks.import(here, upload('ID,Title\nA.1,\n'), 'ann'), {
    code: 'FRAMEWORK_ROWS_INVALID',
  });
  await t.assert.rejects(
    frameworks.import(here, { ...upload('ID,Title\nA.1,One\n'), frameworkId: 'demarc' }, 'ann'),
    { code: 'FRAMEWORK_BUILT_IN' },
  );
  await t.assert.rejects(
    frameworks.importMapping(
      here,
      {
        sourceFrameworkId: 'iso',
        targetFrameworkId: 'pci',
        format: 'csv',
        bytes: bytes('Source,Target\nA.1,1\n'),
      },
      'ann',
    ),
    { code: 'FRAMEWORK_UNKNOWN' },
  );
  t.assert.equal(await rowsOf(here), known);
});

test('another tenant sees none of it', async (t: TestContext) => {
  t.assert.equal(await rowsOf(there), 0);
  await t.assert.rejects(frameworks.coverage(there, 'iso'), { code: 'FRAMEWORK_UNKNOWN' });
});

test('our own export, brought back into the same ledger, writes nothing', async (t: TestContext) => {
  const assessment = await assurance.assess(here);
  const result = await assurance.act(here, importOscal(oscalSet(assessment, '1.2.2')), 'ann');
  const nothing = { added: [], sameCount: 0, differs: [], left: [], controlsDiffer: [] };
  t.assert.deepEqual(result, nothing, 'of frameworks a document says nothing');
  const at = { asOfMs: assessment.asOfMs, knownAtMs: assessment.knownAtMs };
  const [once, again] = [
    oscalArchive(await assurance.assess(here, at), '1.2.2'),
    oscalArchive(await assurance.assess(here, at), '1.2.2'),
  ];
  t.assert.ok(once.equals(again));
});

test('removed: texts and mappings are gone, the ledger knows that they were there', async (t: TestContext) => {
  const held = now;
  now += 60_000;
  await frameworks.remove(here, 'iso', 'ann');
  t.assert.equal(await rowsOf(here), 0);
  await t.assert.rejects(frameworks.coverage(here, 'iso'), { code: 'FRAMEWORK_UNKNOWN' });
  const { frameworks: list, mappings } = await frameworks.list(here, { asOfMs: held });
  t.assert.ok(list.some(({ frameworkId }) => frameworkId === 'iso'));
  t.assert.equal(mappings.length, 2);
  t.assert.equal((await frameworks.list(here)).mappings.length, 1);
});
