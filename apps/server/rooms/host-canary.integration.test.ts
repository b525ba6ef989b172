/**
 * Harmless triggers of host intrusion detection against the real stores: what proves an alert is that they came down the
 * road in time and that rules in force match them, whatever their agent says.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, type TestContext, test } from 'node:test';
import { acceptSchedule, buy } from '@demarc/assurance/commands';
import { canaryToOcsf } from '@demarc/host-intrusion-detection/canary';
import { hostIntrusionDetectionServer } from '@demarc/host-intrusion-detection/server';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { carry, readRuleFiles, SIEM_DETECTIONS, searchEvents } from '@demarc/siem';
import { setRuleOverlay } from '@demarc/siem/rules';
import { revokeAsset } from '../link/assets.ts';
import { openTestServer, type TestMachine, type TestServer } from '../testing.ts';

const MINUTE_MS = 60_000;
const [here, there] = [grantTenantScope('local'), grantTenantScope('other')];
const DETECTIONS = hostIntrusionDetectionServer.detectionsDirectory ?? SIEM_DETECTIONS;

let now = Date.now();
let server: TestServer;
let context: ServerRoomContext;
let machine: TestMachine;
let assetId = '';

before(async () => {
  server = await openTestServer({
    rooms: [hostIntrusionDetectionServer],
    rules: [SIEM_DETECTIONS, DETECTIONS].flatMap(readRuleFiles),
    now: () => now,
  });
  context = server.contexts.get('host-intrusion-detection') as ServerRoomContext;
  machine = await server.enrolled('db-1');
  ({ assetId } = machine);
  await machine.seen();
  const { assurance } = server;
  await assurance.sync(here);
  await assurance.act(here, acceptSchedule, 'ann');
  const bought = { serviceId: 'host-ids-firewall', tier: 'managed', assetIds: [assetId] } as const;
  await assurance.act(here, buy({ ...bought, prerequisites: 'all' }), 'ann');
});

after(() => server[Symbol.asyncDispose]());

async function evidence(rule: string, on: string) {
  const why = await server.assurance.why(here, { assetId: on, controlId: rule.split('.')[0] ?? '' });
  const found = why.evidence.find((item) => item.rule === rule);
  if (found === undefined) throw new Error(`${rule} is not there`);
  return found;
}

/** What a sensor would have sent: an event that a rule of the room is for, by the sample beside it. */
function alarm(rule: string): OcsfEvent {
  const samples = readFileSync(new URL(`${rule}.samples.jsonl`, DETECTIONS), 'utf8')
    .trim()
    .split('\n');
  const sample = (samples[0] ?? '').replaceAll('"{ms}"', String(now)).replaceAll('{n}', '1');
  const { event, records } = JSON.parse(sample) as {
    readonly event?: OcsfEvent;
    readonly records?: readonly { readonly record: OcsfEvent }[];
  };
  const found = event ?? records?.[0]?.record;
  if (found === undefined) throw new Error(`${rule} has no sample`);
  return found;
}

const alarms = {
  network: alarm('network-scan'),
  logs: alarm('guessed-at'),
  processes: alarm('temporary-program'),
};

/** The agent says that it found what it set off at `setAtMs`, by its own clock, which is ahead by `aheadMs`. */
async function saysFound(setAtMs: number, aheadMs = 0, on = machine): Promise<void> {
  const health = { state: 'healthy', because: 'watching', sinceMs: 0, figures: { canarySetAtMs: setAtMs } };
  const room = { serviceId: 'host-intrusion-detection', policyVersion: '1', health };
  await on.seen({ aheadMs, rooms: [room] });
}

async function sends(what: Parameters<typeof canaryToOcsf>[0], setAtMs: number): Promise<void> {
  const os = { name: 'Debian', version: '12', kernel: '6', family: 'debian' as const };
  const host = { assetId, hostname: 'db-1', machineId: 'm', os };
  const batchToken = createHash('sha256').update(randomUUID()).digest('hex');
  const events = [{ index: 0, event: canaryToOcsf(what, setAtMs, host) }];
  const { acceptedCount } = await carry(server.siem, here, { batchToken, assetId, events });
  if (acceptedCount !== 1) throw new Error('the canary was not accepted');
}

/** As a server that starts now observes, which knows of nothing that was said. */
async function observedAnew() {
  return (await hostIntrusionDetectionServer.observer?.observe({ ...context }, here)) ?? [];
}

test('a harmless trigger passes when it came here in time and rules match it, not when its agent says so', async (t: TestContext) => {
  now += 61 * MINUTE_MS;
  await saysFound(now);
  await server.schedule.round();
  t.assert.notEqual((await evidence('VMS-08.3', assetId)).state, 'pass', 'it may still come');

  const ahead = 400;
  const first = now + ahead;
  now += 3_000;
  await sends(alarms, first);
  now += MINUTE_MS;
  await saysFound(first, ahead);
  await server.schedule.round();
  const passed = await evidence('VMS-08.3', assetId);
  t.assert.equal(passed.state, 'pass', passed.because ?? '');
  t.assert.match(passed.because ?? '', /came to the SIEM after 3 s, where rules in force match it/);
  const range = { from: new Date(now - 90 * MINUTE_MS).toISOString(), to: new Date(now).toISOString() };
  const findings = await searchEvents(server.siem, here, { ...range, classUids: [2_004], limit: 10 });
  t.assert.deepEqual(
    findings.events.map(({ message }) => message),
    [],
    'nobody is called for it',
  );

  const second = now;
  await saysFound(second);
  now += 2 * MINUTE_MS + 1_000;
  await saysFound(second);
  await server.schedule.round();
  const lost = await evidence('VMS-08.3', assetId);
  t.assert.equal(lost.state, 'fail');
  t.assert.match(lost.because ?? '', /The agent found .*, and nothing of it came to the SIEM within 120 s/);

  const third = now;
  now += 150_000;
  await sends(alarms, third);
  await saysFound(third);
  await server.schedule.round();
  t.assert.match((await evidence('VMS-08.3', assetId)).because ?? '', /after 150 s; the bound is 120 s/);

  now += MINUTE_MS;
  await sends({ ...alarms, processes: alarms.network, logs: undefined }, now);
  await saysFound(now);
  now += MINUTE_MS;
  await server.schedule.round();
  t.assert.match(
    (await evidence('VMS-08.3', assetId)).because ?? '',
    /no rule in force makes an alert.*: logs\.$/,
  );

  now += MINUTE_MS;
  const last = now;
  await sends(alarms, last);
  await saysFound(last);
  now += MINUTE_MS;
  await server.schedule.round();
  t.assert.equal((await evidence('VMS-08.3', assetId)).state, 'pass');
  const history = await server.assurance.evidenceHistory(here, assetId, 'VMS-08.3', 10);
  t.assert.deepEqual(
    history.map(({ result }) => result),
    ['pass', 'fail', 'fail', 'fail', 'pass'],
    'each is said once',
  );

  // A server that starts anew makes no new evidence of old triggers.
  now += 16 * MINUTE_MS;
  await saysFound(last);
  t.assert.deepEqual(await observedAnew(), []);
});

test('a rule that the tenant switched off makes no alert of it; another tenant has it still', async (t: TestContext) => {
  const rules = await context.rulesMatching(here, alarms.network);
  t.assert.ok(rules.length > 0);
  const off = {
    enabled: false,
    level: null,
    threshold: null,
    exceptions: [],
    reason: 'too loud',
    basedOn: 0,
  };
  for (const rule of rules) await setRuleOverlay(server.siem, here, 'ann', rule, off);
  t.assert.deepEqual(await context.rulesMatching(here, alarms.network), []);
  t.assert.deepEqual(await context.rulesMatching(there, alarms.network), rules);
  await sends(alarms, now);
  await saysFound(now);
  now += MINUTE_MS;
  await server.schedule.round();
  t.assert.match((await evidence('VMS-08.3', assetId)).because ?? '', /no rule in force .*: network\.$/);
});

test('nothing is said of a machine that is silent or revoked, or for which nobody bought the service', async (t: TestContext) => {
  now += 61 * MINUTE_MS;
  const unbought = await server.enrolled('db-2');
  await server.assurance.sync(here);
  await saysFound(now, 0, unbought);
  await saysFound(now);
  now += 3 * MINUTE_MS;
  const said = await observedAnew();
  t.assert.deepEqual(
    said.map((finding) => [finding.assetId, finding.rule, finding.result]),
    [[assetId, 'VMS-08.3', 'fail']],
  );
  // Newer than the machine's last word: it is silence, not age, by which nothing is said.
  const set = now + 5 * MINUTE_MS;
  await saysFound(set);
  now += 15 * MINUTE_MS;
  t.assert.equal((await observedAnew()).length, 1);
  now += 1_000;
  t.assert.deepEqual(await observedAnew(), []);
  await saysFound(set);
  t.assert.equal((await observedAnew()).length, 1);
  await revokeAsset(server.store, here, assetId, now);
  t.assert.deepEqual(await observedAnew(), []);
});
