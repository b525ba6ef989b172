/** Rules of a tenant, against the real stores: what holds, from when on, and what becomes of events meanwhile. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { SetRuleOverlay } from '@demarc/platform/contract/detection';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { carry } from '../carry.ts';
import { searchEvents } from '../search.ts';
import { allTime, batchOf, change, NOW, openTestRoad, type TestRoad } from '../testing.ts';
import { ProviderDirectory } from './provider-directory.ts';
import {
  findingDetails,
  importRules,
  listRules,
  removeRuleFile,
  ruleDetails,
  setRuleOverlay,
  tryRules,
} from './rules.ts';

/** Far more than it takes (`bench/rules-reload.bench.ts`); a machine may be busy. */
const RELOAD_MS_MAX = 30_000;

let road: TestRoad;
before(async () => {
  road = await openTestRoad();
});
after(async () => road[Symbol.asyncDispose]());

const uuid = (n: number): string => `7c1a0000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const ruleText = (n: number, path: string, more = ''): string => `
title: Rule ${n}
id: ${uuid(n)}
logsource: { product: linux, category: file_activity }
level: low
detection:
  selection: { file.path: ${path} }
  condition: selection
${more}`;

/** A tenant of its own for each test. */
function tenantOf(t: TestContext) {
  const tenant = grantTenantScope(
    t.name
      .toLowerCase()
      .replaceAll(/[^a-z]+/g, '-')
      .slice(0, 40),
  );
  const send = (paths: readonly string[], from = 0) =>
    carry(
      road.siem,
      tenant,
      batchOf(
        paths.map((path, index) => change(path, NOW - 60_000 + (from + index) * 10)),
        'asset-1',
      ),
    );
  const findings = async (ruleId: string) => {
    const page = await searchEvents(road.siem, tenant, {
      ...allTime,
      classUids: [2_004],
      filters: [{ field: 'finding_info.analytic.uid', op: 'eq', value: ruleId }],
      limit: 1_000,
    });
    return page.events;
  };
  const add = (files: readonly { readonly file: string; readonly text: string }[], dryRun = false) =>
    importRules(road.siem, tenant, 'someone', { files: [...files], dryRun });
  const overlay = async (ruleId: string, wanted: Partial<SetRuleOverlay>) => {
    const { overlay: before } = await ruleDetails(road.siem, tenant, ruleId);
    return setRuleOverlay(road.siem, tenant, 'someone', ruleId, {
      enabled: true,
      level: null,
      threshold: null,
      exceptions: [],
      reason: 'because',
      basedOn: before.version,
      ...wanted,
    });
  };
  return { tenant, send, findings, add, overlay };
}

test('a rule of the tenant stands beside the shipped ones, and holds from its import on', async (t: TestContext) => {
  const { send, findings, add, tenant } = tenantOf(t);
  await send(['/srv/a']);
  const done = await add([{ file: 'a.yml', text: ruleText(1, '/srv/a') }]);
  t.assert.deepEqual([done.newCount, done.refusedCount], [1, 0]);
  await send(['/srv/a', '/etc/shadow'], 10);
  t.assert.equal((await findings(uuid(1))).length, 1);
  t.assert.equal((await findings('0b5f6d0e-8c1f-4e0e-9f0a-3f6f1b1d2c3d')).length, 1);
  const other = await listRules(road.siem, grantTenantScope('nobody-else'));
  t.assert.ok(!other.rules.some(({ ruleId }) => ruleId === uuid(1)), 'another tenant sees it');
  const { rules } = await listRules(road.siem, tenant);
  const mine = rules.find(({ ruleId }) => ruleId === uuid(1));
  t.assert.deepEqual([mine?.origin, mine?.firedCount, mine?.reach], ['tenant', 1, 'can fire']);
});

test('what is refused says where and why, and takes nothing else with it', async (t: TestContext) => {
  const { add, tenant } = tenantOf(t);
  const done = await add([
    { file: 'good.yml', text: ruleText(2, '/srv/a') },
    { file: 'bad.yml', text: ruleText(3, '/srv/a').replace('file.path:', 'file.path|nonsense:') },
    { file: 'shipped.yml', text: ruleText(4, '/x').replace(uuid(4), '0b5f6d0e-8c1f-4e0e-9f0a-3f6f1b1d2c3d') },
    {
      file: 'lost.yml',
      text: `title: C\nid: ${uuid(5)}\ncorrelation: { type: event_count, rules: [nothing], timespan: 5m, condition: { gte: 2 } }\n`,
    },
  ]);
  t.assert.equal(done.newCount, 1);
  t.assert.equal(done.refusedCount, 3);
  const { rules } = await listRules(road.siem, tenant);
  const refused = rules.filter(({ state }) => state === 'refused');
  t.assert.deepEqual(refused.map(({ file }) => file).sort(), ['bad.yml', 'lost.yml', 'shipped.yml']);
  for (const { because } of refused) t.assert.ok((because ?? '').length > 10);
});

test('a dry run changes nothing', async (t: TestContext) => {
  const { add, tenant } = tenantOf(t);
  t.assert.equal((await add([{ file: 'a.yml', text: ruleText(6, '/srv/a') }], true)).newCount, 1);
  t.assert.ok(!(await listRules(road.siem, tenant)).rules.some(({ ruleId }) => ruleId === uuid(6)));
});

test('a changed file is its next version, and a removed one is gone; both are kept', async (t: TestContext) => {
  const { add, send, findings, tenant } = tenantOf(t);
  await add([{ file: 'a.yml', text: ruleText(7, '/srv/a') }]);
  t.assert.equal((await add([{ file: 'a.yml', text: ruleText(7, '/srv/b') }])).changedCount, 1);
  await send(['/srv/a', '/srv/b']);
  const found = await findings(uuid(7));
  t.assert.equal(found.length, 1);
  t.assert.equal((await ruleDetails(road.siem, tenant, uuid(7))).versions.length, 2);
  await removeRuleFile(road.siem, tenant, 'someone', 'a.yml');
  await send(['/srv/b'], 10);
  t.assert.equal((await findings(uuid(7))).length, 1);
  await t.assert.rejects(ruleDetails(road.siem, tenant, uuid(7)), { code: 'RULE_UNKNOWN' });
  await t.assert.rejects(removeRuleFile(road.siem, tenant, 'someone', 'a.yml'), {
    code: 'RULE_FILE_UNKNOWN',
  });
});

test('a rule is switched off, graded anew and on again, for this tenant', async (t: TestContext) => {
  const { add, send, findings, overlay } = tenantOf(t);
  await add([{ file: 'a.yml', text: ruleText(8, '/srv/a') }]);
  await overlay(uuid(8), { enabled: false });
  await send(['/srv/a']);
  t.assert.equal((await findings(uuid(8))).length, 0);
  await overlay(uuid(8), { level: 'critical' });
  await send(['/srv/a'], 10);
  t.assert.deepEqual(
    (await findings(uuid(8))).map((event) => event['severity_id']),
    [5],
  );
});

test('two people do not overwrite each other', async (t: TestContext) => {
  const { add, overlay } = tenantOf(t);
  await add([{ file: 'a.yml', text: ruleText(9, '/srv/a') }]);
  await overlay(uuid(9), { enabled: false });
  await t.assert.rejects(overlay(uuid(9), { enabled: true, basedOn: 0 }), { code: 'RULE_OVERLAY_OUTDATED' });
});

test('an exception holds back what it describes, counts it, and ends', async (t: TestContext) => {
  const { add, send, findings, overlay, tenant } = tenantOf(t);
  await add([{ file: 'a.yml', text: ruleText(10, '/srv/*') }]);
  const exception = (until?: string) => ({
    title: 'our backup',
    reason: 'known',
    detection: 'backup: { file.path|endswith: .bak }\ncondition: backup',
    ...(until === undefined ? {} : { until }),
  });
  await overlay(uuid(10), { exceptions: [exception()] });
  await send(['/srv/a.bak', '/srv/a']);
  t.assert.equal((await findings(uuid(10))).length, 1);
  const { overlay: after } = await ruleDetails(road.siem, tenant, uuid(10));
  t.assert.deepEqual(
    after.exceptions.map(({ state, heldBackCount, by }) => [state, heldBackCount, by]),
    [['in force', 1, 'someone']],
  );
  await overlay(uuid(10), { exceptions: [exception(new Date(NOW - 1).toISOString())] });
  await send(['/srv/b.bak'], 10);
  t.assert.equal((await findings(uuid(10))).length, 2, 'an exception that is over hides nothing');
  await t.assert.rejects(
    overlay(uuid(10), { exceptions: [{ ...exception(), detection: 'condition: nothing' }] }),
    {
      code: 'RULE_EXCEPTION_INVALID',
    },
  );
});

test('a threshold makes one finding of many matches', async (t: TestContext) => {
  const { add, send, findings, overlay } = tenantOf(t);
  await add([{ file: 'a.yml', text: ruleText(11, '/srv/*') }]);
  await overlay(uuid(11), { threshold: { count: 3, timespan: '1m', groupBy: ['device.uid'] } });
  await send(['/srv/1', '/srv/2']);
  await road.siem.deliveries.settled();
  t.assert.equal((await findings(uuid(11))).length, 0);
  await send(['/srv/3', '/srv/4'], 10);
  await road.siem.deliveries.settled();
  const found = await findings(uuid(11));
  t.assert.equal(found.length, 1);
  t.assert.match(String(found[0]?.['message']), /asset-1/);
});

test('a finding is explained: the rule, the event, and the test that decided', async (t: TestContext) => {
  const { add, send, findings, tenant } = tenantOf(t);
  await add([{ file: 'a.yml', text: ruleText(12, '/srv/a') }]);
  await send(['/srv/a']);
  const [finding] = await findings(uuid(12));
  const { uid } = (finding?.['metadata'] ?? {}) as { readonly uid?: string };
  const details = await findingDetails(road.siem, tenant, uid ?? '');
  t.assert.equal(details?.rule?.ruleId, uuid(12));
  t.assert.equal(details?.events.length, 1);
  t.assert.deepEqual(details?.explained, {
    op: 'test',
    holds: true,
    field: 'file.path',
    says: 'is "/srv/a"',
    values: ['/srv/a'],
  });
});

test('rules are tried on events, and nothing is stored', async (t: TestContext) => {
  const tried = await tryRules(road.siem, {
    text: ruleText(13, '/srv/a'),
    events: [{ ...change('/srv/a') }, { ...change('/srv/b') }],
  });
  t.assert.deepEqual(tried.matches, [{ event: 0, ruleId: uuid(13) }]);
  t.assert.equal(tried.explained.length, 2);
});

test('a rule about what no source fills is said to be dead', async (t: TestContext) => {
  const { add, send, tenant } = tenantOf(t);
  await add([
    { file: 'field.yml', text: ruleText(14, '/srv/a').replace('file.path', 'file.owner.email_addr') },
    {
      file: 'source.yml',
      text: ruleText(15, '/srv/a').replace('category: file_activity', 'service: auditd'),
    },
  ]);
  await send(['/srv/a']);
  const { rules } = await listRules(road.siem, tenant);
  const reach = (n: number) => rules.find(({ ruleId }) => ruleId === uuid(n))?.reachBecause;
  t.assert.equal(reach(14), 'No source fills file.owner.email_addr.');
  t.assert.equal(reach(15), 'No source sends linux / auditd.');
});

test('a change of the provider’s directory comes into force by itself, and no event is lost on the way', async (t: TestContext) => {
  const path = mkdtempSync(join(tmpdir(), 'demarc-rules-'));
  using _removed = { [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
  const { send, findings, tenant } = tenantOf(t);
  using directory = new ProviderDirectory({
    path,
    onFiles: (files) => road.siem.rulesets.setProviderFiles(files),
    onError: (line, error) => t.assert.fail(`${line}: ${String(error)}`),
  });
  await directory.read();
  let sent = 0;
  let isOver = false;
  const sending = (async () => {
    while (!isOver) {
      await send(['/srv/provider'], sent);
      sent += 1;
    }
  })();
  mkdirSync(join(path, 'deep'));
  writeFileSync(join(path, 'deep', 'p.yml'), ruleText(16, '/srv/provider'));
  const changedAtMs = performance.now();
  const isLoaded = async () =>
    (await listRules(road.siem, tenant)).rules.some(({ ruleId }) => ruleId === uuid(16));
  while (!(await isLoaded()) && performance.now() - changedAtMs < RELOAD_MS_MAX) await pause(20);
  const tookMs = performance.now() - changedAtMs;
  const before = sent;
  while (sent < before + 3) await pause(10);
  isOver = true;
  await sending;
  t.diagnostic(`in force after ${Math.round(tookMs)} ms`);
  t.assert.ok(await isLoaded());
  const page = await searchEvents(road.siem, tenant, { ...allTime, classUids: [1_001], limit: 1_000 });
  t.assert.equal(page.matchedCount, sent, 'an event was lost');
  t.assert.ok((await findings(uuid(16))).length >= 3);
  await road.siem.rulesets.setProviderFiles([]);
});
