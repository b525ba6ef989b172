/** What a listener does with a sender that sends too much, or that nobody knows. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { RunningSource } from '../source.ts';
import { definitionFor, depsFor, imbalance, PretendedRoad, scratch, untilTrue } from '../testing.ts';
import { listenForDatagrams } from './datagrams.ts';
import { listenForStreams } from './streams.ts';

const here = grantTenantScope('here');
const on = { host: '127.0.0.1', port: 0, now: Date.now };
const slow = { eventsPerSecond: 100, bytesPerSecond: 1_000_000 };

test('datagrams over the rate are dropped and counted; strangers are not kept at all', async (t: TestContext) => {
  using place = scratch();
  const road = new PretendedRoad();
  const definition = definitionFor(here, { kind: 'syslog-udp', port: null, peers: [] }, { limits: slow });
  await using source = new RunningSource(definition, depsFor(place.directory, road));
  let strangers = 0;
  let isKnown = true;
  await using listener = await listenForDatagrams({
    ...on,
    sourceOf: () => (isKnown ? source : undefined),
    onStranger: () => {
      strangers += 1;
    },
  });
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  for (let index = 0; index < 300; index += 1) socket.send(`<13>line ${index}\n`, listener.port, '127.0.0.1');
  await untilTrue(() => source.accounting.received === 300);
  await untilTrue(() => source.accounting.waiting === 0);
  const { stored, dropped } = source.accounting;
  t.assert.ok(stored >= 200 && stored < 260, `${stored} were taken`);
  t.assert.deepEqual(dropped, { 'rate-exceeded': 300 - stored });
  t.assert.equal(imbalance(source.accounting), undefined);
  t.assert.equal(road.texts.values().next().value, '<13>line 0');
  isKnown = false;
  socket.send('<13>who?', listener.port, '127.0.0.1');
  await untilTrue(() => strangers === 1);
});

test('a stream over the rate, or without room on disk, is held back and loses nothing', async (t: TestContext) => {
  using place = scratch();
  const road = new PretendedRoad();
  const definition = definitionFor(
    here,
    { kind: 'syslog-tcp', port: null, peers: [] },
    { limits: { eventsPerSecond: 2_000, bytesPerSecond: 1_000_000 } },
  );
  await using source = new RunningSource(
    definition,
    depsFor(place.directory, road, { spoolBytesMax: 600_000 }),
  );
  await using listener = await listenForStreams({
    ...on,
    sourceOf: () => source,
    onStranger: () => undefined,
  });
  const socket = connect(listener.port, '127.0.0.1');
  const text = 'x'.repeat(100);
  const startedAt = performance.now();
  socket.end(Array.from({ length: 6_000 }, (_, index) => `<13>${index} ${text}\n`).join(''));
  await once(socket, 'finish');
  await untilTrue(() => source.accounting.stored === 6_000);
  t.assert.ok(performance.now() - startedAt > 400, 'it was held back');
  t.assert.deepEqual(source.accounting.dropped, {});
  t.assert.equal(new Set(road.texts.values()).size, 6_000);
  t.assert.equal(imbalance(source.accounting), undefined);
});

test('a connection of a stranger is closed', async (t: TestContext) => {
  let strangers = 0;
  await using listener = await listenForStreams({
    ...on,
    sourceOf: () => undefined,
    onStranger: () => {
      strangers += 1;
    },
  });
  const socket = connect(listener.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'close');
  t.assert.equal(strangers, 1);
});
