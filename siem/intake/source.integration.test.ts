import { appendFileSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { siemErrors } from '../errors.ts';
import { RunningSource } from './source.ts';
import { blockOf, definitionFor, depsFor, imbalance, PretendedRoad, scratch, untilTrue } from './testing.ts';

const here = grantTenantScope('here');
const away = siemErrors.make('SIEM_STORE_UNAVAILABLE', { because: 'of the test' });
const definition = definitionFor(here, { kind: 'http' });

test('what is taken is carried once, and adds up', async (t: TestContext) => {
  using place = scratch();
  const road = new PretendedRoad();
  await using source = new RunningSource(definition, depsFor(place.directory, road));
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => source.take([blockOf([`a${index}`, 'b', 'ü'])])),
  );
  await untilTrue(() => source.accounting.stored === 60);
  t.assert.equal(imbalance(source.accounting), undefined);
  t.assert.deepEqual([...new Set(road.texts.values())].filter((text) => !text.startsWith('a')).sort(), [
    'b',
    'ü',
  ]);
});

test('while the store is away everything waits, also over a restart and behind a torn end', async (t: TestContext) => {
  using place = scratch();
  const road = new PretendedRoad();
  road.failure = away;
  {
    await using first = new RunningSource(definition, depsFor(place.directory, road));
    await first.take([blockOf(['one', 'two'])]);
    await untilTrue(() => first.state.state === 'store-away');
    await first.take([blockOf(['three'])]);
    first.notTaken({ outcome: 'dropped', reason: 'rate-exceeded', count: 5, peer: '', sample: 'x' });
  }
  const spool = join(place.directory, 'here', definition.sourceId);
  const segment = join(spool, readdirSync(spool).find((name) => name.endsWith('.segment')) ?? '');
  appendFileSync(segment, Buffer.from('DIB1 and then the machine died'));
  {
    await using second = new RunningSource(definition, depsFor(place.directory, road));
    t.assert.equal(second.accounting.waiting, 3);
    t.assert.deepEqual(second.accounting.dropped, { 'rate-exceeded': 5 });
    t.assert.equal(imbalance(second.accounting), undefined);
    road.failure = undefined;
    await untilTrue(() => second.accounting.stored === 3);
  }
  await using third = new RunningSource(definition, depsFor(place.directory, road));
  t.assert.deepEqual(third.accounting.dropped, { 'rate-exceeded': 5 });
  t.assert.equal(third.accounting.received, 8);
  t.assert.equal(imbalance(third.accounting), undefined);
  t.assert.equal(third.refusals[0]?.count, 5);
});

test('a batch whose receipt was lost is sent again as it was, and counted as stored', async (t: TestContext) => {
  using place = scratch();
  const road = new PretendedRoad();
  let isFirst = true;
  const lost = depsFor(place.directory, road, {
    async carry(_tenant, batch) {
      const receipt = await road.carry(batch);
      if (!isFirst) return receipt;
      isFirst = false;
      throw away;
    },
  });
  await using source = new RunningSource(definition, lost);
  await source.take([blockOf(['one', 'two'])]);
  await untilTrue(() => source.accounting.waiting === 0);
  t.assert.equal(new Set(road.tokens).size, 1);
  t.assert.equal(road.tokens.length, 2);
  t.assert.equal(source.accounting.stored, 2);
  t.assert.equal(source.accounting.duplicates, 0);
});

test('what is over the rate, or has no room, is refused, counted and shown', async (t: TestContext) => {
  using place = scratch();
  const road = new PretendedRoad();
  road.failure = away;
  const small = definitionFor(
    here,
    { kind: 'http' },
    { limits: { eventsPerSecond: 2, bytesPerSecond: 1_000_000 } },
  );
  await using slow = new RunningSource(small, depsFor(place.directory, road));
  await slow.take([blockOf(Array.from({ length: 10 }, () => 'x'))]);
  await t.assert.rejects(slow.take([blockOf(['too', 'soon'])]), { code: 'INTAKE_RATE_EXCEEDED' });
  t.assert.deepEqual(slow.accounting.refused, { 'rate-exceeded': 2 });
  t.assert.equal(slow.refusals[0]?.sample, 'too');
  t.assert.equal(imbalance(slow.accounting), undefined);

  await using full = new RunningSource(definition, depsFor(place.directory, road, { spoolBytesMax: 1_000 }));
  await full.take([blockOf(['fits'])]);
  await t.assert.rejects(full.take([blockOf(['x'.repeat(1_000)])]), { code: 'INTAKE_SPOOL_FULL' });
  t.assert.deepEqual(full.accounting.refused, { 'spool-full': 1 });
  t.assert.equal(imbalance(full.accounting), undefined);
});

test('segments that were carried give their room back', async (t: TestContext) => {
  using place = scratch();
  const road = new PretendedRoad();
  const deps = depsFor(place.directory, road, { spoolBytesMax: 4_000_000 });
  await using source = new RunningSource(definition, deps);
  for (let round = 0; round < 20; round += 1) {
    await source.take([blockOf([`${round}${'x'.repeat(400_000)}`])]);
    await untilTrue(() => source.accounting.waiting === 0);
  }
  t.assert.equal(source.accounting.stored, 20);
  const spool = join(place.directory, 'here', definition.sourceId);
  const kept = readdirSync(spool).filter((name) => name.endsWith('.segment'));
  t.assert.ok(kept.length <= 2, kept.join());
});

test('a batch on its way when the process ended is the same batch afterwards', async (t: TestContext) => {
  using place = scratch();
  const road = new PretendedRoad();
  const seen: string[] = [];
  {
    const never = depsFor(place.directory, road, {
      carry: async (_tenant, batch) => {
        seen.push(batch.batchToken);
        throw away;
      },
    });
    await using first = new RunningSource(definition, never);
    await first.take([blockOf(['one'])]);
    await untilTrue(() => seen.length > 0);
    await first.take([blockOf(['two'])]);
  }
  await using second = new RunningSource(definition, depsFor(place.directory, road));
  await untilTrue(() => second.accounting.waiting === 0);
  t.assert.equal(road.tokens[0], seen[0]);
  t.assert.equal(road.tokens.length, 2);
  t.assert.deepEqual([...road.texts.values()], ['one', 'two']);
});

test('a segment that is cut short by the file system loses only what was not acknowledged', async (t: TestContext) => {
  using place = scratch();
  const road = new PretendedRoad();
  road.failure = away;
  {
    await using first = new RunningSource(definition, depsFor(place.directory, road));
    await first.take([blockOf(['one'])]);
    await first.take([blockOf(['two'])]);
  }
  const spool = join(place.directory, 'here', definition.sourceId);
  const segment = join(spool, readdirSync(spool).find((name) => name.endsWith('.segment')) ?? '');
  truncateSync(segment, statSync(segment).size - 1);
  road.failure = undefined;
  await using second = new RunningSource(definition, depsFor(place.directory, road));
  await untilTrue(() => second.accounting.waiting === 0);
  t.assert.deepEqual([...road.texts.values()], ['one']);
});
