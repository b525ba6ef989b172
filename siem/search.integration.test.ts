/** Search against the real store: what is found, what cannot be, and that a tenant is a wall. */
import { randomUUID } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { EventSearch } from '@demarc/platform/contract/api';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import * as fc from 'fast-check';
import { carry, eventByUid, histogram, type Siem, searchEvents } from './siem.ts';
import { allTime, batchOf, change, DAY_MS, MINUTE_MS, NOW, openTestRoad, type TestRoad } from './testing.ts';

const here = grantTenantScope('here');
const there = grantTenantScope('there');
const assetId = randomUUID();

let road: TestRoad;
let siem: Siem;
before(async () => {
  road = await openTestRoad();
  ({ siem } = road);
});
after(() => road[Symbol.asyncDispose]());

const send = (events: readonly OcsfEvent[], tenant = here, asset = assetId) =>
  carry(siem, tenant, batchOf(events, asset));
const search = (more: Partial<EventSearch>, tenant = here) =>
  searchEvents(siem, tenant, { ...allTime, classUids: [1_001], ...more });
const where = (field: string, value: string, op: 'eq' | 'ne' | 'contains' | 'prefix' = 'eq') =>
  search({ filters: [{ field, op, value }] });
const pathsOf = (page: Awaited<ReturnType<typeof search>>): readonly string[] =>
  page.events.map((event) => (event['file'] as { readonly path: string }).path);

test('one tenant cannot find what another has, in any way there is', async (t: TestContext) => {
  const event = change('/wall/mine', NOW - 1_000, 'wall-uid');
  await send([event]);
  t.assert.equal((await search({ text: '/wall/mine' }, there)).matchedCount, 0);
  t.assert.equal((await search({ assetId }, there)).matchedCount, 0);
  t.assert.equal(
    (await search({ filters: [{ field: 'metadata.tenant_uid', op: 'eq', value: 'here' }] }, there))
      .matchedCount,
    0,
  );
  t.assert.equal(await eventByUid(siem, there, 'wall-uid', assetId), undefined);
  t.assert.ok(
    (await histogram(siem, there, allTime)).buckets.every(({ counts }) => Object.keys(counts).length === 0),
  );
  t.assert.equal((await eventByUid(siem, here, 'wall-uid', assetId))?.metadata.uid, 'wall-uid');
});

test('the user that searches may not write, nor read what is not events', async (t: TestContext) => {
  for (const query of [
    'INSERT INTO events (tenant_id) VALUES (1)',
    'ALTER TABLE events DELETE WHERE 1',
    'DROP TABLE events',
    "SELECT * FROM file('/etc/passwd', LineAsString)",
    "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
    'SELECT * FROM system.processes',
  ]) {
    await t.assert.rejects(siem.reader.command({ query }), /Not enough privileges|readonly/i, query);
  }
});

test('what people type is a value, never a query', async (t: TestContext) => {
  const path = '/typed/it\'s \\ {x:String} 100% "q" `b` \n ü 🙂';
  await send([change(path)]);
  t.assert.equal((await where('file.path', path)).matchedCount, 1);
  t.assert.equal((await search({ text: 'it\'s "100%"' })).matchedCount, 1);
  t.assert.equal((await search({ text: "') OR 1=1 --" })).matchedCount, 0);
});

test('no text at all breaks out of a filter', async () => {
  const evil = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom("'", "\\'", "') OR 1=1 --", '{tenant:String}', '%', '\\', '\0', "';DROP TABLE events;--"),
  );
  await fc.assert(
    fc.asyncProperty(evil, fc.constantFrom('eq', 'contains', 'prefix'), async (value, op) => {
      const given = `${value}-nobody-has-this`;
      const columns = await where('file.path', given, op);
      const inEvent = await where('file.hashes.value', given, op);
      return columns.matchedCount === 0 && inEvent.matchedCount === 0;
    }),
    { numRuns: 25 },
  );
});

for (const field of [
  "file.path') OR 1=1 --",
  'file.paht',
  'raw',
  'tenant_id',
  '',
  '.',
  'file..path',
  'a.'.repeat(40),
  '__proto__',
  'constructor',
]) {
  test(`refused as a field: ${JSON.stringify(field.slice(0, 30))}`, async (t: TestContext) => {
    await t.assert.rejects(where(field, 'x'), { code: 'SIEM_FIELD_UNKNOWN' });
  });
}

test('every attribute is found, with a column or without', async (t: TestContext) => {
  const event = {
    ...change('/fields/all', NOW - 2_000),
    unmapped: { Source: { port: 22, name: 'a "quoted" \\ ü' } },
    file: {
      name: 'all',
      path: '/fields/all',
      type_id: 1,
      size: 7,
      is_system: true,
      hashes: [
        { algorithm_id: 3, value: 'aaa' },
        { algorithm_id: 1, value: 'bbb' },
      ],
    },
  };
  await send([event]);
  for (const [field, value] of [
    ['file.size', '7'],
    ['file.is_system', 'true'],
    ['file.hashes.value', 'bbb'],
    ['file.hashes.algorithm_id', '3'],
    ['unmapped.Source.name', 'a "quoted" \\ ü'],
    ['unmapped.Source.port', '22'],
    ['metadata.profiles', 'host'],
    ['metadata.tenant_uid', 'here'],
    ['metadata.logged_time', String(NOW)],
    ['time', String(NOW - 2_000)],
    ['device.uid', assetId],
    ['device.hostname', 'db-1'],
    ['actor.process.user.name', 'root'],
    ['severity_id', '1'],
  ] as const) {
    const page = await search({
      filters: [
        { field: 'file.path', op: 'eq', value: '/fields/all' },
        { field, op: 'eq', value },
      ],
    });
    t.assert.equal(page.matchedCount, 1, field);
  }
});

test('"not" leaves out what has it, and keeps what has nothing', async (t: TestContext) => {
  await send([change('/not/1'), { ...change('/not/2'), unmapped: { a: 'x' } }]);
  const page = await search({
    filters: [
      { field: 'file.path', op: 'prefix', value: '/not/' },
      { field: 'unmapped.a', op: 'ne', value: 'x' },
    ],
  });
  t.assert.deepEqual(pathsOf(page), ['/not/1']);
});

test('words must all appear, anywhere, in any case; quotes keep them together', async (t: TestContext) => {
  await send([{ ...change('/words/one'), message: 'Über the River and Far' }]);
  for (const [text, expected] of [
    ['river ÜBER', 1],
    ['riv', 1],
    ['"river and"', 1],
    ['"and river"', 0],
    ['river lake', 0],
  ] as const) {
    const page = await search({ text: `/words/one ${text}` });
    t.assert.equal(page.matchedCount, expected, text);
  }
});

test('pages neither skip nor repeat: equal times, equal uids, and while more comes in', async (t: TestContext) => {
  const sent = Array.from({ length: 40 }, (_, index) =>
    change(`/pages/${index}`, NOW - (index % 3), `page-${index % 20}`),
  );
  await send(sent.slice(0, 20));
  await send(sent.slice(20), here, randomUUID());
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await search({
      limit: 7,
      filters: [{ field: 'file.path', op: 'prefix', value: '/pages/' }],
      ...(cursor === undefined ? {} : { cursor }),
    });
    seen.push(...pathsOf(page));
    cursor = page.nextCursor ?? undefined;
    // Later than every page: none of them may move.
    await send([change(`/pages-more/${seen.length}`, NOW + MINUTE_MS)]);
  } while (cursor !== undefined);
  t.assert.deepEqual(
    seen.toSorted(),
    sent.map((event) => (event['file'] as { path: string }).path).toSorted(),
  );
});

test('newest first', async (t: TestContext) => {
  await send([1, 3, 2].map((age) => change(`/order/${age}`, NOW - age * MINUTE_MS)));
  const page = await where('file.path', '/order/', 'prefix');
  t.assert.deepEqual(pathsOf(page), ['/order/1', '/order/2', '/order/3']);
});

for (const cursor of ['', 'x', '1.a', "1.a'--.b", '1.a.b.', '99999999999999999.a.b']) {
  test(`refused as a cursor: ${JSON.stringify(cursor)}`, async (t: TestContext) => {
    await t.assert.rejects(search({ cursor }), { code: 'SIEM_CURSOR_INVALID' });
  });
}

test('a range that is empty or endless is refused', async (t: TestContext) => {
  const from = new Date(NOW).toISOString();
  await t.assert.rejects(search({ from, to: from }), { code: 'SIEM_RANGE_INVALID' });
  await t.assert.rejects(search({ from: new Date(0).toISOString(), to: from }), {
    code: 'SIEM_RANGE_INVALID',
  });
});

test('the range includes its start and not its end', async (t: TestContext) => {
  await send([change('/range/1', NOW - DAY_MS)]);
  const at = (ms: number) => new Date(NOW - DAY_MS + ms).toISOString();
  const filters = [{ field: 'file.path', op: 'eq' as const, value: '/range/1' }];
  t.assert.equal((await search({ from: at(0), to: at(1), filters })).matchedCount, 1);
  t.assert.equal((await search({ from: at(-5), to: at(0), filters })).matchedCount, 0);
});

test('the time chart counts what the search counts, and has no holes', async (t: TestContext) => {
  for (const by of ['severity_id', 'class_uid'] as const) {
    const chart = await histogram(siem, here, allTime, by);
    const counted = chart.buckets
      .flatMap(({ counts }) => Object.values(counts))
      .reduce((sum, n) => sum + n, 0);
    t.assert.equal(counted, (await searchEvents(siem, here, allTime)).matchedCount);
    const times = chart.buckets.map(({ at }) => Date.parse(at));
    t.assert.ok(times.length <= 121);
    t.assert.ok(
      times.every(
        (time, index) => index === 0 || time - (times[index - 1] ?? 0) === chart.bucketSeconds * 1_000,
      ),
    );
  }
});

test('a search that takes too long is stopped and says what to do', async (t: TestContext) => {
  const slow: Siem = {
    ...siem,
    reader: Object.assign(Object.create(siem.reader), {
      query: (given: { readonly query: string }) =>
        siem.reader.query({
          ...given,
          query: 'SELECT sleepEachRow(0.5) FROM numbers(20) SETTINGS max_block_size = 1',
          clickhouse_settings: { max_execution_time: 1 },
        }),
    }),
  };
  await t.assert.rejects(searchEvents(slow, here, allTime), { code: 'SIEM_SEARCH_TOO_HEAVY' });
});
