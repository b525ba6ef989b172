/** The ledger as a file: what is written can be read, what is wrong is named, what was changed is noticed. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { signedEvidence } from '@demarc/platform/evidence';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import { ACT_NAMES, type NewAct } from '../model/acts.ts';
import { chained, GENESIS, type LedgerRecord } from '../model/chain.ts';
import { actLine, readLedgerFile } from './ledger-file.ts';
import { ledgerReport, resolveLedger } from './resolve.ts';

const catalogue = loadCatalogue();
const EXAMPLE = readFileSync('examples/handover.ledger.ndjson', 'utf8').trim().split('\n');
const at = (text: string): number => Date.parse(text);

async function vms09(lines: readonly string[], asOf: string, asKnown?: string) {
  const known = asKnown === undefined ? {} : { knownAtMs: at(asKnown) };
  const report = ledgerReport(
    await resolveLedger(readLedgerFile(lines), { catalogue, asOfMs: at(asOf), ...known }),
  );
  const cell = report.cells.find(({ controlId }) => controlId === 'VMS-09');
  if (cell === undefined) throw new Error('VMS-09 is not there');
  return { ...cell, operate: cell.duties[0], report };
}

async function lines(given: readonly string[]): Promise<number> {
  let count = 0;
  for await (const _ of readLedgerFile(given)) count += 1;
  return count;
}

test('every example can be read and resolved', async (t: TestContext) => {
  const files = globSync('examples/*.ndjson');
  t.assert.ok(files.length > 0);
  for (const file of files) {
    const given = readFileSync(file, 'utf8').split('\n');
    t.assert.ok(
      (await resolveLedger(readLedgerFile(given), { catalogue, asOfMs: at('2026-11-25T00:00:00Z') }))
        .actCount > 0,
    );
  }
});

test('the worked example, at every turn it takes', async (t: TestContext) => {
  const bought = await vms09(EXAMPLE, '2026-11-02T08:05:00Z');
  t.assert.equal(bought.operate?.owner, 'customer');
  t.assert.match(bought.operate?.reason ?? '', /moves to provider with the first passing evidence/);
  const running = await vms09(EXAMPLE, '2026-11-02T08:20:00Z');
  t.assert.equal(running.operate?.owner, 'provider');
  t.assert.equal(running.ownStatus, 'satisfied');
  t.assert.ok(running.reasons.some((reason) => reason.startsWith('VMS-09.1 passed')));
  t.assert.equal((await vms09(EXAMPLE, '2026-11-02T09:10:00.000Z')).ownStatus, 'satisfied');
  t.assert.equal((await vms09(EXAMPLE, '2026-11-02T09:10:00.001Z')).ownStatus, 'stale-evidence');
  t.assert.equal((await vms09(EXAMPLE, '2026-11-06T00:00:00Z')).ownStatus, 'not-satisfied');
  t.assert.equal((await vms09(EXAMPLE, '2026-11-19T23:59:59.999Z')).operate?.owner, 'provider');
  t.assert.equal((await vms09(EXAMPLE, '2026-11-20T00:00:00Z')).operate?.state, 'unowned');
  t.assert.equal((await vms09(EXAMPLE, '2026-11-22T00:00:00Z')).operate?.owner, 'customer');
  const before = await vms09(EXAMPLE, '2026-11-20T00:00:00Z', '2026-11-09T00:00:00Z');
  t.assert.equal(before.operate?.owner, 'provider', 'nobody knew of the end yet');
  t.assert.equal(before.report.asKnown, '2026-11-09T00:00:00.000Z');
});

test('the order of the lines changes nothing', async (t: TestContext) => {
  const turned = EXAMPLE.toReversed();
  for (const asOf of ['2026-11-02T08:20:00Z', '2026-11-06T00:00:00Z', '2026-11-22T00:00:00Z'])
    t.assert.equal((await vms09(turned, asOf)).report.digest, (await vms09(EXAMPLE, asOf)).report.digest);
});

test('what is wrong is named by line and field', async (t: TestContext) => {
  const act = { kind: 'act', act: 'claim-accepted', validAt: '2026-11-01T00:00:00Z' };
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    ['{"kind":', /^Line 2 of the ledger cannot be read: it is not JSON/],
    ['[]', /^Line 2 .*: it is not an object/],
    [{ kind: 'wish' }, /^Line 2 .*field kind: it is "wish"/],
    [{ ...act, act: 'duty-wished-away', payload: {} }, /^Line 2 of the ledger is the act "duty-wished-away"/],
    [{ ...act, payload: { claimId: 'c', party: 'provider' } }, /^Line 2 .*field payload\.person/],
    [{ ...act, payload: { claimId: 'c', party: 'provider', person: 'Ann', hue: 1 } }, /field payload\.hue/],
    [{ ...act, validAt: '2026-11-01T00:00:00', payload: {} }, /field validAt/],
    [{ kind: 'evidence', assetId: 'a', rule: 'VMS-9', result: 'pass', observedAt: 1 }, /field rule/],
    [
      {
        kind: 'evidence',
        assetId: 'a',
        rule: 'VMS-09.1',
        result: 'pass',
        observedAt: 1,
        raw: { a: 1 },
        digest: '0'.repeat(64),
      },
      /field digest: it is not that of the raw record/,
    ],
    [{ kind: 'evidence', assetId: 'a', rule: 'VMS-09.1', result: 'maybe', observedAt: 1 }, /field result/],
  ];
  for (const [line, message] of wrong)
    await t.assert.rejects(lines(['', typeof line === 'string' ? line : JSON.stringify(line)]), { message });
  const unknown = JSON.stringify({
    kind: 'evidence',
    assetId: 'a',
    rule: 'VMS-99.1',
    result: 'pass',
    observedAt: 1,
  });
  await t.assert.rejects(resolveLedger(readLedgerFile([unknown]), { catalogue, asOfMs: 1 }), {
    message: /VMS-99\.1 is not a rule of the catalogue/,
  });
});

function chain(count: number): readonly LedgerRecord[] {
  const records: LedgerRecord[] = [];
  let previous = GENESIS;
  for (let seq = 1; seq <= count; seq += 1) {
    const payload = { assetId: `vm-${seq}`, name: `vm ${seq}`, type: 'vm', labels: {} } as const;
    const act: NewAct = { name: 'asset-declared', payload, atMs: seq, recordedAtMs: seq, actor: 'ann' };
    const record = chained(seq, act, previous);
    records.push(record);
    previous = record.hash;
  }
  return records;
}

test('a chain that is there is verified, and whatever was changed breaks it', async (t: TestContext) => {
  const given = chain(5).map(actLine);
  const resolved = await resolveLedger(readLedgerFile(given), { catalogue, asOfMs: 10 });
  t.assert.equal(resolved.chain, 'verified');
  t.assert.equal(resolved.assessment.assets.length, 6);
  const changed: Readonly<Record<string, (all: string[]) => void>> = {
    actor: (all) => all.splice(2, 1, (all[2] ?? '').replace('ann', 'eve')),
    payload: (all) => all.splice(2, 1, (all[2] ?? '').replace('vm 3', 'vm x')),
    instant: (all) => all.splice(2, 1, (all[2] ?? '').replace('.003Z', '.004Z')),
    removed: (all) => all.splice(2, 1),
    first: (all) => all.splice(0, 1),
    swapped: (all) => all.splice(1, 2, all[2] ?? '', all[1] ?? ''),
    unhashed: (all) => all.splice(2, 1, (all[2] ?? '').replace(/,"previousHash".*$/, '}')),
  };
  for (const [what, change] of Object.entries(changed)) {
    const copy = [...given];
    change(copy);
    await t.assert.rejects(lines(copy), { code: 'LEDGER_CHAIN_BROKEN' }, what);
  }
});

test('with keys in the file, only what they signed counts', async (t: TestContext) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const observedAtMs = at('2026-11-06T00:00:00Z');
  const made = signedEvidence(
    { rule: 'VMS-09.1', result: 'pass', because: 'All is well.', raw: { files: 1 } },
    {
      service: 'file-integrity-monitoring',
      assetId: 'db-1',
      observedAtMs,
      sign: (bytes) => sign('sha256', bytes, privateKey).toString('base64'),
    },
  );
  const { observedAtMs: _, ...rest } = made;
  const line = { kind: 'evidence', assetId: 'db-1', ...rest, observedAt: observedAtMs };
  const key = {
    kind: 'key',
    assetId: 'db-1',
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }),
  };
  const with_ = async (...more: readonly object[]) =>
    vms09([...more.map((each) => JSON.stringify(each)), ...EXAMPLE], '2026-11-06T00:00:01Z');
  const good = await with_(key, line);
  t.assert.ok(good.reasons.includes('VMS-09.1 passed: All is well.'));
  t.assert.equal(good.report.refusedCount, 3, 'the unsigned ones of the example');
  const forged = await with_(key, { ...line, because: 'All is better.' });
  t.assert.match(forged.report.refused[0]?.because ?? '', /by no key of its asset/);
  const ahead = await with_({ ...line, receivedAt: observedAtMs - 60_001 });
  t.assert.deepEqual(
    ahead.report.refused.map(({ because }) => because),
    ['it is dated after it was received'],
  );
});

test('every act of the model can stand in a file', (t: TestContext) => {
  const documented = readFileSync('docs/ledger-format.md', 'utf8');
  for (const name of ACT_NAMES) t.assert.ok(documented.includes(`### \`${name}\``), name);
});
