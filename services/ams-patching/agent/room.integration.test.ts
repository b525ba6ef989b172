/** The agent's half with the real apt on a system in a directory: what it does, when, and what it tells. */
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { EvidenceFinding } from '@demarc/platform/contract';
import type { OcsfEvent, RunningRoom } from '@demarc/platform/contract/agent';
import type { Order } from '@demarc/platform/contract/orders';
import { testRoomContext } from '@demarc/platform/contract/testing';
import { validateOcsf } from '@demarc/platform/ocsf';
import { Told } from '../orders.ts';
import { type AptTree, jobFor, type Made, NO_APT, plain, treeOf } from '../run/testing.ts';
import { openAmsPatchingAgent } from './agent.ts';

const skip = NO_APT;
const PATIENCE_MS = 60_000;
const WORK = fileURLToPath(new URL('./testing-work.ts', import.meta.url));
const SLOW = '#!/bin/sh\n[ -e /tmp/reached ] && exit 0\n: > /tmp/reached\nsleep 3\n';
const slow = (): readonly Made[] => [
  ...plain('slow', '1'),
  { name: 'slow', version: '2', scripts: { postinst: SLOW } },
];
const ONE = [{ name: 'one', from: '1', to: '2' }];

async function until(is: () => boolean, what: () => string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!is()) {
    if (Date.now() > deadline) throw new Error(`it did not happen: ${what()}`);
    await sleep(20);
  }
}

/** One machine; its agent may be started again. */
class Bench implements AsyncDisposable {
  readonly tree: AptTree;
  readonly events: OcsfEvent[] = [];
  readonly findings: EvidenceFinding[] = [];
  readonly state: string;
  room: RunningRoom | undefined;
  isSpoolFull = false;

  constructor(tree: AptTree) {
    this.tree = tree;
    this.state = join(tree.directory, 'agent');
    mkdirSync(this.state, { mode: 0o700 });
  }

  async start(policy: object = {}): Promise<RunningRoom> {
    await this.room?.[Symbol.asyncDispose]();
    const { tree } = this;
    const agent = openAmsPatchingAgent({
      root: tree.root,
      journals: tree.state,
      changes: join(tree.directory, 'changes'),
      hasSystemd: false,
      lookEveryMs: 30,
      retryMs: 300,
    });
    this.room = await agent.start(
      testRoomContext({
        stateDirectory: this.state,
        host: {
          assetId: 'a',
          hostname: 'h',
          machineId: 'm',
          os: { name: 'Debian', version: '12', kernel: '6', family: 'debian' },
        },
        emit: async (events) => {
          if (this.isSpoolFull) throw new Error('the spool is full');
          this.events.push(...events);
        },
        evidence: async (findings) => void this.findings.push(...findings),
        program: () => ({ file: process.execPath, args: [WORK] }),
      }),
    );
    await this.room.apply(policy);
    return this.room;
  }

  /** Counted once, as the platform counts them. */
  get told(): readonly Told[] {
    const byUid = new Map(this.events.map((event) => [event.metadata.uid, event]));
    return [...byUid.values()].map(({ unmapped }) =>
      Told.parse((unmapped as { readonly demarc_patching: unknown }).demarc_patching),
    );
  }

  stateOf({ id }: Order): string {
    const found = this.room?.orders?.().find((each) => each.id === id);
    return found === undefined ? 'none' : `${found.state}: ${found.because}`;
  }

  async settled(order: Order): Promise<void> {
    await until(
      () => /^(done|refused)/.test(this.stateOf(order)),
      () => `${this.stateOf(order)} ${JSON.stringify(this.room?.health())}`,
    );
  }

  get results(): readonly string[] {
    return this.told.flatMap((told) =>
      told.about === 'result' ? [`${told.result.what} ${told.result.result}`] : [],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.room?.[Symbol.asyncDispose]();
    // Who asks the repositories is not waited for by the room; the directory is to go.
    for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
    await until(
      () => this.processes().length === 0,
      () => 'its processes end',
    );
    this.tree[Symbol.dispose]();
  }

  /** That work on this machine. */
  processes(which = ''): readonly number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
          return line.includes(WORK) && line.includes(join(this.state, which));
        } catch {
          return false;
        }
      })
      .map(Number);
  }
}

function orderFor(kind: string, what: Record<string, unknown>): Order {
  const now = Date.now();
  return {
    id: randomUUID(),
    kind,
    what,
    by: 'bob',
    because: 'approved',
    givenAtMs: now,
    untilMs: now + 3_600_000,
  };
}
const applyOf = (more: Record<string, unknown> = {}, packages: Parameters<typeof jobFor>[0] = ONE): Order =>
  orderFor('patch-apply', { job: jobFor(packages, { lockWaitSeconds: 20, ...more }) });
const opensIn = (ms: number) => ({
  window: { opensAtMs: Date.now() + ms, closesAtMs: Date.now() + 3_600_000 },
  approval: { party: 'provider', person: 'bob', atMs: Date.now() - 1_000 },
});

test('resolve: exact versions, and the package that must come along; what cannot be had says why', {
  skip,
}, async (t: TestContext) => {
  const withNeed = { name: 'one', version: '2', depends: 'library' };
  await using bench = new Bench(
    treeOf([...plain('one', '1'), withNeed], plain('other', '1'), plain('both', '1', '2')),
  );
  bench.tree.build({ name: 'library', version: '7' });
  bench.tree.build({ name: 'both', version: '3', conflicts: 'other' });
  bench.tree.publish();
  const room = await bench.start();
  const wanted = ['one', 'other', 'absent', 'both'].map((name) => ({
    name,
    fixedIn: '2',
    needsReboot: name === 'one',
  }));
  const order = orderFor('patch-resolve', { jobId: 'job-1', manager: 'apt', wanted });
  await room.carryOut?.([order]);
  await bench.settled(order);
  const [told] = bench.told;
  if (told?.about !== 'resolution') throw new Error(JSON.stringify(told));
  const { packages, missing } = told.resolution;
  t.assert.deepEqual(
    packages.map(({ name, from, to, needsReboot }) => `${name} ${from} ${to} ${needsReboot}`),
    ['library null 7 false', 'one 1 2 true'],
    JSON.stringify(missing),
  );
  t.assert.deepEqual(missing.map(({ name }) => name).sort(), ['absent', 'both', 'other']);
  const why = new Map(missing.map(({ name, because }) => [name, because]));
  t.assert.match(why.get('absent') ?? '', /not installed/);
  t.assert.match(why.get('other') ?? '', /have 1, and it is fixed in 2 only/);
  t.assert.match(why.get('both') ?? '', /other 1 would be removed/);
  t.assert.deepEqual(bench.tree.installed(), ['both 1 installed', 'one 1 installed', 'other 1 installed']);
});

test('apply waits for its window, runs, and tells begun, progress and result; again it does nothing twice', {
  skip,
}, async (t: TestContext) => {
  await using bench = new Bench(treeOf(plain('one', '1', '2')));
  const room = await bench.start();
  const order = applyOf(opensIn(1_500));
  await room.carryOut?.([order]);
  t.assert.match(bench.stateOf(order), /^waiting: its window opens at 20/);
  t.assert.deepEqual(bench.tree.installed(), ['one 1 installed']);
  await bench.settled(order);
  t.assert.match(bench.stateOf(order), /^done: done, 1 of 1 packages/);
  t.assert.deepEqual(bench.tree.installed(), ['one 2 installed']);
  const kinds = bench.told.map(({ about }) => about);
  t.assert.deepEqual([kinds[0], kinds.at(-1)], ['begun', 'result'], kinds.join());
  t.assert.ok(kinds.includes('progress'));
  for (const event of bench.events) t.assert.deepEqual(validateOcsf(event), { ok: true });
  t.assert.ok(bench.events.every(({ command_uid }) => command_uid === 'job-1'));
  const last = bench.events.at(-1);
  t.assert.deepEqual([last?.['activity_id'], last?.['status_id']], [4, 1]);
  const count = bench.events.length;
  await room.carryOut?.([order]);
  const again = await bench.start();
  await again.carryOut?.([order]);
  await sleep(200);
  t.assert.equal(bench.events.length, count);
  // Gone, it is forgotten.
  await again.carryOut?.([]);
  t.assert.deepEqual(readdirSync(join(bench.state, 'orders')), []);
  // And taken back.
  const back = orderFor('patch-rollback', order.what);
  await again.carryOut?.([back]);
  await bench.settled(back);
  t.assert.deepEqual(bench.tree.installed(), ['one 1 installed']);
  t.assert.deepEqual(bench.results, ['apply done', 'rollback done']);
  t.assert.equal(bench.events.at(-1)?.['activity_id'], 3);
  // Beside it, whether the repositories answer.
  await until(
    () => bench.findings.some(({ result }) => result === 'pass'),
    () => JSON.stringify(bench.findings),
  );
  t.assert.equal(bench.findings[0]?.rule, 'MGT-08.1');
});

test('the agent ends in the middle: the job goes on, and the next start tells its end', {
  skip,
}, async (t: TestContext) => {
  await using bench = new Bench(treeOf(slow()));
  const room = await bench.start();
  const order = applyOf({}, [{ name: 'slow', from: '1', to: '2' }]);
  await room.carryOut?.([order]);
  await until(
    () => existsSync(join(bench.tree.root, 'tmp/reached')),
    () => bench.stateOf(order),
  );
  await room[Symbol.asyncDispose]();
  const next = await bench.start();
  await next.carryOut?.([order]);
  t.assert.match(bench.stateOf(order), /^in-force/);
  // Taken back now, half of it would be left: it goes on, and that is said.
  await next.carryOut?.([]);
  t.assert.match(next.health().because, /its order is gone, and it goes on to its end/);
  await until(
    () => bench.results.length > 0,
    () => JSON.stringify(next.health()),
  );
  t.assert.deepEqual(bench.results, ['apply done']);
  t.assert.deepEqual(bench.tree.installed(), ['slow 2 installed']);
});

test('its process is killed in the middle: another settles the job; an end that was not taken is told later', {
  skip,
}, async (t: TestContext) => {
  await using bench = new Bench(treeOf(slow(), plain('later', '1', '2')));
  const room = await bench.start();
  const order = applyOf(
    {},
    ['slow', 'later'].map((name) => ({ name, from: '1', to: '2' })),
  );
  await room.carryOut?.([order]);
  await until(
    () => existsSync(join(bench.tree.root, 'tmp/reached')),
    () => bench.stateOf(order),
  );
  await until(
    () => bench.told.length > 0,
    () => bench.stateOf(order),
  );
  const killed = bench.processes('orders');
  t.assert.equal(killed.length, 1);
  for (const pid of killed) process.kill(pid, 'SIGKILL');
  bench.isSpoolFull = true;
  const directory = join(bench.state, 'orders', order.id);
  await until(
    () => existsSync(join(directory, 'outcome.json')),
    () => bench.stateOf(order),
  );
  await sleep(100);
  t.assert.match(bench.stateOf(order), /^in-force/);
  t.assert.equal(room.health().state, 'degraded');
  bench.isSpoolFull = false;
  const next = await bench.start();
  await next.carryOut?.([order]);
  await bench.settled(order);
  t.assert.deepEqual(bench.results, ['apply done']);
  t.assert.deepEqual(bench.tree.installed(), ['later 2 installed', 'slow 2 installed']);
});

test('what is refused: a hook of the platform, the owner, a damaged file, a switch, a document that is none', {
  skip,
}, async (t: TestContext) => {
  await using bench = new Bench(treeOf(plain('one', '1', '2')));
  const room = await bench.start();
  const hook = applyOf({ snapshot: { hook: ['/bin/sh', '-c', 'touch /tmp/owned'], ageSecondsMax: 60 } });
  const none = orderFor('patch-apply', { job: { id: 'x' } });
  const unknown = orderFor('format-disk', {});
  const gone = applyOf({ ...opensIn(1_000), id: 'job-2' });
  await room.carryOut?.([hook, none, unknown, gone]);
  t.assert.match(bench.stateOf(hook), /^refused: the job names a snapshot hook/);
  t.assert.match(bench.stateOf(none), /^refused: the document is not understood: job\.manager/);
  t.assert.match(bench.stateOf(unknown), /^refused: "format-disk" is nothing that is known here/);
  t.assert.match(bench.stateOf(gone), /^waiting/);
  // Gone before its window: forgotten.
  await room.carryOut?.([hook]);

  const say = 'etc/demarc/patching.json';
  const file = join(bench.tree.root, say);
  const refusedWith = async (text: string, mode: number, order = applyOf()): Promise<string> => {
    bench.tree.write(say, text);
    chmodSync(file, mode);
    await room.carryOut?.([order]);
    return bench.stateOf(order);
  };
  t.assert.match(await refusedWith('{"refuse": true}', 0o644), /^refused: the owner of this machine refuses/);
  t.assert.match(await refusedWith('{"refuse": tr', 0o644), /^refused: .* is not clear: .*cannot be read/);
  t.assert.match(await refusedWith('{"hook": []}', 0o644), /^refused: .*Unrecognized key/);
  t.assert.match(await refusedWith('{}', 0o666), /^refused: .* can be changed by others than root/);
  bench.tree.write(say, '{}');
  chmodSync(file, 0o644);

  const off = await bench.start({ isEnabled: false });
  const order = applyOf();
  await off.carryOut?.([order]);
  t.assert.match(bench.stateOf(order), /^refused: patching is switched off on this machine/);
  // It stays refused: what was said no to is not done later.
  const on = await bench.start();
  await on.carryOut?.([order]);
  await sleep(1_200);
  t.assert.match(bench.stateOf(order), /^refused: patching is switched off/);
  t.assert.deepEqual(bench.tree.installed(), ['one 1 installed']);
  t.assert.deepEqual(bench.told, []);
});

test('the owner’s hook is asked for its snapshot before a job, and an old one refuses it', {
  skip,
}, async (t: TestContext) => {
  await using bench = new Bench(treeOf(plain('one', '1', '2')));
  const hook = join(bench.tree.directory, 'hook');
  bench.tree.write('../hook', '#!/bin/sh\necho \'{"id": "s1", "takenAtMs": 1}\'\n');
  chmodSync(hook, 0o755);
  bench.tree.write(
    'etc/demarc/patching.json',
    JSON.stringify({ snapshot: { hook: [hook], ageSecondsMax: 60 } }),
  );
  const room = await bench.start();
  const order = applyOf();
  await room.carryOut?.([order]);
  await bench.settled(order);
  t.assert.match(bench.stateOf(order), /^refused: refused.*snapshot: s1 is \d+ s old/);
  t.assert.deepEqual(bench.results, ['apply refused']);
});
