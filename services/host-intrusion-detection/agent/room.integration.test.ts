/**
 * The room at work in a network namespace, attacked by real tools from another: what it finds, whom it blocks and how
 * fast, and that a client that is served meanwhile keeps being served. Needs root.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  type FSWatcher,
  mkdirSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { EvidenceFinding, Health } from '@demarc/platform/contract';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { OrderState } from '@demarc/platform/contract/orders';
import { validateOcsf } from '@demarc/platform/ocsf';
import { CANARY_MESSAGE, canaryOf } from '../canary.ts';
import { ADDRESS, Range } from '../network/testing/range.ts';
import { startedAtMs } from './proc.ts';

interface Said {
  readonly event?: OcsfEvent & {
    readonly message?: string;
    readonly src_endpoint?: { readonly ip?: string };
    readonly unmapped?: {
      readonly detection?: { readonly kind: string };
      readonly block?: { readonly action: string; readonly range: string; readonly dropped: boolean };
      readonly suspicion?: { readonly kind: string };
    };
  };
  readonly evidence?: EvidenceFinding;
  readonly dropped?: { readonly reason: string; readonly count: number };
  readonly states?: readonly OrderState[];
  readonly applied?: Health;
  readonly health?: Health;
  readonly isolate?: readonly string[] | null;
}

const missing = ['ip', 'nmap', 'hping3', 'curl', 'python3', 'nft'].filter((tool) => !has(tool));
const skip =
  process.getuid?.() !== 0
    ? 'needs root'
    : missing.length > 0
      ? `without ${missing.join(', ')}: no attack was made`
      : false;
const HOST = fileURLToPath(new URL('./testing/room-host.ts', import.meta.url));

const range = new Range();
const logFile = join(range.directory, 'auth.log');
const state = join(range.directory, 'state');
const said: (Said & { readonly atMs: number })[] = [];
/** What anyone sees who looks where anyone may write. */
const canaries = new Set<string>();
let watching: FSWatcher | undefined;
let host: ChildProcess;
const policy = {
  // A flood is one also on a machine that has little time for it.
  network: { packetsPerSecondMax: 2_000 },
  logs: { files: [logFile], journal: 'never' },
  processes: { temporaryDirectories: [range.directory], inspectSeconds: 5 },
  heartbeatSeconds: 5,
};

before(async () => {
  if (skip !== false) return;
  await range.build();
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(logFile, '');
  range.launch('target', ['python3', '-m', 'http.server', '8080', '--directory', state]);
  watching = watch(range.directory, (_what, name) => {
    if (name?.startsWith('demarc-canary-') === true) canaries.add(name);
  });
  host = startRoom();
  await until(({ applied }) => applied !== undefined);
});

after(async () => {
  if (skip !== false) return;
  watching?.close();
  host.stdin?.write('{"end":true}\n');
  await Promise.race([new Promise((resolve) => host.once('exit', resolve)), delay(5_000)]);
  await range[Symbol.asyncDispose]();
});

test('a harmless trigger of every kind comes back, goes up in one event of its own, and is no finding', {
  skip,
}, async () => {
  const { event, evidence } = await until(
    (one) => one.event?.message === CANARY_MESSAGE || one.evidence?.rule === 'VMS-08.3',
    60_000,
  );
  assert.equal(evidence, undefined, 'only of what failed the agent alone can speak');
  assert.ok(event !== undefined);
  const { setAtMs, alarms } = canaryOf(event) ?? {};
  assert.deepEqual(
    Object.values(alarms ?? {}).map((alarm) => alarm?.class_uid),
    [4_001, 3_002, 1_007],
  );
  for (const alarm of Object.values(alarms ?? {})) assert.deepEqual(validateOcsf(alarm), { ok: true });
  host.stdin?.write('{"health":true}\n');
  const { health } = await until((one) => one.health !== undefined);
  assert.equal(health?.figures?.['canarySetAtMs'], setAtMs, 'the platform knows what to wait for');
  assert.deepEqual(
    said.filter(
      (one) => one.event !== event && JSON.stringify(one.event ?? '').match(/198\.51\.100|demarc-canary/),
    ),
    [],
  );
});

test('a port scan is blocked, and a client is served all the while', {
  skip,
}, async (t) => {
  const client = serving();
  // Also where something fails: it would keep this process for ever.
  t.after(client);
  await delay(500);
  const startedMs = Date.now();
  const scan = range.run('attacker', [
    'nmap',
    '-n',
    '-Pn',
    '-sS',
    '-p1-2000',
    '--max-retries',
    '0',
    '--host-timeout',
    '6s',
    ADDRESS.target,
  ]);
  const found = await until(({ event }) => event?.unmapped?.detection?.kind === 'syn-scan');
  const blocked = await until(
    ({ event }) =>
      event?.unmapped?.block?.range === ADDRESS.attacker && event.unmapped.block.action === 'blocked',
  );
  t.diagnostic(`detected after ${found.atMs - startedMs} ms, blocked after ${blocked.atMs - startedMs} ms`);
  // That it takes less than two seconds from the first packet on is held where packets have their times.
  assert.equal(blocked.event?.unmapped?.block?.dropped, true);
  assert.match(
    await range.run('target', ['nft', 'list', 'set', 'inet', 'test_wall', 'blocked']),
    /10\.232\.1\.66/,
  );
  // The kernel drops it now.
  const curl = ['curl', '-s', '-m', '1', '-o', '/dev/null', '-w', '%{http_code}'];
  assert.equal(await range.run('attacker', [...curl, `http://${ADDRESS.target}:8080/`]), '000');
  await scan;
  const { served, failed } = await client();
  t.diagnostic(`the client was served ${served} times`);
  assert.ok(served > 5);
  assert.equal(failed, 0);
  assert.deepEqual(
    said.filter(({ event }) => event?.unmapped?.block?.range === ADDRESS.client),
    [],
  );
});

test('whoever is allowed is detected and spared', { skip }, async () => {
  await range.run('client', [
    'nmap',
    '-n',
    '-Pn',
    '-sS',
    '-p1-100',
    '--max-retries',
    '0',
    '--host-timeout',
    '4s',
    ADDRESS.targetForClient,
  ]);
  const spared = await until(({ event }) => event?.unmapped?.block?.range === ADDRESS.client);
  assert.equal(spared.event?.unmapped?.block?.action, 'spared');
});

test('a line of a log becomes an event', { skip }, async () => {
  appendFileSync(
    logFile,
    `${new Date().toISOString()} web-1 sshd[812]: Failed password for invalid user admin from 203.0.113.9 port 4711 ssh2\n`,
  );
  appendFileSync(logFile, `${new Date().toISOString()} web-1 cron[1]: nothing to see\n`);
  const { event } = await until((one) => one.event?.src_endpoint?.ip === '203.0.113.9');
  assert.equal(event?.class_uid, 3_002);
});

test('a program that runs from where anyone may write becomes an event', { skip }, async () => {
  const program = join(range.directory, 'miner');
  copyFileSync('/bin/sleep', program);
  chmodSync(program, 0o700);
  const child = spawn(program, ['3'], { stdio: 'ignore' });
  const { event } = await until((one) => one.event?.unmapped?.suspicion?.kind === 'temporary-program');
  assert.match(event?.message ?? '', /miner$/);
  child.kill('SIGKILL');
});

test('a program that borrows the name of a canary is a finding like every other', { skip }, async () => {
  const [name] = canaries;
  assert.ok(name !== undefined, 'no canary was seen');
  const directory = join(range.directory, name);
  mkdirSync(directory, { recursive: true });
  const program = join(directory, 'rat');
  copyFileSync('/bin/sleep', program);
  chmodSync(program, 0o700);
  const child = spawn(program, ['3'], { stdio: 'ignore' });
  await until(({ event }) => event?.message?.endsWith('/rat') === true);
  child.kill('SIGKILL');
});

test('a policy that is refused is evidence at once, and the one before goes on', { skip }, async () => {
  await until((one) => one.evidence?.rule === 'VMS-08.2' && one.evidence.result === 'pass');
  host.stdin?.write(`${JSON.stringify({ policy: { network: 'everything' } })}\n`);
  const { evidence } = await until(
    (one) => one.evidence?.rule === 'VMS-08.2' && one.evidence.result === 'fail',
  );
  assert.match(evidence?.because ?? '', /The last policy was refused/);
  const inForce = Object.values(evidence?.raw['inForce'] ?? {});
  assert.equal(inForce.length, 3);
  assert.ok(
    inForce.every((revision) => revision === evidence?.raw['wanted']),
    JSON.stringify(evidence?.raw),
  );
});

test('orders: an address is blocked and let in again, a process tree ends, a number used again does not', {
  skip,
}, async () => {
  const tree = spawn('sh', ['-c', 'sleep 300 & sh -c "sleep 300; true" & wait'], { stdio: 'ignore' });
  await delay(300);
  const pid = tree.pid ?? 0;
  const began = startedAtMs(pid) ?? 0;
  const family = childrenOf(pid);
  assert.equal(family.length, 3);
  const bot = ADDRESS.bot(3);
  const orders = [
    order('block-address', { range: bot }),
    order('kill-process-tree', { pid, startedAtMs: began - 60_000 }),
    order('isolate-host', { except: ['10.232.2.10'] }),
    order('disable-account', { account: 'root' }),
  ];
  const first = await carryOut(orders);
  assert.deepEqual(
    first.map((one) => one.state),
    ['in-force', 'refused', 'in-force', 'refused'],
  );
  assert.match(first[1]?.because ?? '', /another one by now/);
  assert.ok(family.every((one) => startedAtMs(one) !== undefined));
  assert.match(
    await range.run('target', ['nft', 'list', 'set', 'inet', 'test_wall', 'blocked']),
    /10\.232\.1\.104/,
  );
  const kill = order('kill-process-tree', { pid, startedAtMs: began });
  const second = await carryOut([kill]);
  assert.deepEqual(
    second.map((one) => one.state),
    ['done'],
  );
  assert.match(second[0]?.because ?? '', /4 processes ended/);
  assert.ok(family.every((one) => !isRunning(one)));
  assert.doesNotMatch(
    await range.run('target', ['nft', 'list', 'set', 'inet', 'test_wall', 'blocked']),
    /10\.232\.1\.104/,
  );
  assert.deepEqual(
    said.flatMap(({ isolate }) => (isolate === undefined ? [] : [isolate])),
    [['10.232.2.10'], null],
  );
});

test('under a flood it says what it did not look at', { skip }, async (t) => {
  const flood = range.run(
    'attacker',
    ['hping3', '-q', '-S', '--flood', '-p', '8080', '-a', ADDRESS.bot(5), ADDRESS.target],
    4,
  );
  const { dropped } = await until((one) => /beyond the pace/.test(one.dropped?.reason ?? ''), 12_000);
  t.diagnostic(`${dropped?.count} packets were not looked at`);
  await flood;
  await until(({ event }) => event?.unmapped?.detection?.kind === 'syn-flood');
});

test('after a restart it knows whom it blocked, and every event is valid', { skip }, async () => {
  host.stdin?.write('{"end":true}\n');
  await new Promise((resolve) => host.once('exit', resolve));
  assert.doesNotMatch(await range.run('target', ['nft', 'list', 'tables']), /demarc_watch/);
  const before_ = said.length;
  await range.run('target', ['nft', 'flush', 'set', 'inet', 'test_wall', 'blocked']);
  host = startRoom();
  await until((one) => one.applied !== undefined && said.indexOf(one) >= before_);
  assert.match(
    await range.run('target', ['nft', 'list', 'set', 'inet', 'test_wall', 'blocked']),
    /10\.232\.1\.66/,
  );
  for (const { event } of said)
    if (event !== undefined) assert.deepEqual(validateOcsf(event), { ok: true }, JSON.stringify(event));
});

function startRoom(): ChildProcess {
  const made = range.launch('target', [process.execPath, HOST, state, JSON.stringify(policy)], 'pipe');
  if (made.stdout === null || made.stderr === null) throw new Error('no output');
  createInterface(made.stdout).on('line', (line) =>
    said.push({ ...(JSON.parse(line) as Said), atMs: Date.now() }),
  );
  made.stderr.pipe(process.stderr);
  return made;
}

async function until(
  holds: (one: Said & { readonly atMs: number }) => boolean,
  timeoutMs = 40_000,
): Promise<Said & { readonly atMs: number }> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const found = said.find(holds);
    if (found !== undefined) return found;
    if (Date.now() > endMs)
      throw new Error(
        `gave up; said last: ${said
          .slice(-12)
          .map((one) => JSON.stringify(one).slice(0, 300))
          .join('\n')}`,
      );
    await delay(10);
  }
}

/** Asks for a page five times a second until it is called. */
function serving(): () => Promise<{ readonly served: number; readonly failed: number }> {
  let isOver = false;
  const counts = { served: 0, failed: 0 };
  const work = (async () => {
    while (!isOver) {
      const curl = ['curl', '-s', '-m', '2', '-o', '/dev/null', '-w', '%{http_code}'];
      const code = await range.run('client', [...curl, `http://${ADDRESS.targetForClient}:8080/`]);
      if (code === '200') counts.served += 1;
      else counts.failed += 1;
      await delay(200);
    }
  })();
  return async () => {
    isOver = true;
    await work;
    return counts;
  };
}

let orders = 0;
function order(kind: string, what: object) {
  orders += 1;
  return {
    id: `00000000-0000-4000-8000-${String(orders).padStart(12, '0')}`,
    kind,
    what,
    by: 'Ada',
    because: 'a test',
    givenAtMs: Date.now(),
    untilMs: Date.now() + 600_000,
  };
}

async function carryOut(wanted: readonly object[]): Promise<readonly OrderState[]> {
  const from = said.length;
  host.stdin?.write(`${JSON.stringify({ orders: wanted })}\n`);
  return (await until((one) => one.states !== undefined && said.indexOf(one as never) >= from)).states ?? [];
}

function childrenOf(pid: number): readonly number[] {
  const children = execFileSync('ps', ['--ppid', String(pid), '-o', 'pid='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(Number);
  return children.flatMap((child) => {
    try {
      return [child, ...childrenOf(child)];
    } catch {
      return [child];
    }
  });
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(
      execFileSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8', stdio: 'pipe' }),
    );
  } catch {
    return false;
  }
}

function has(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', tool], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
