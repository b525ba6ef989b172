/**
 * The auditor's way, in a real browser: population, a red cell, the signed raw record in three clicks; a sample that
 * is drawn again; the ledger and its chain; who of the provider looked. And the same from the command line.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { accessibilityProblems, openBrowser } from './support/browser.ts';
import { Platform, until } from './support/platform.ts';

const platform = new Platform({ apiPort: 20_470, linkPort: 20_471, clickhousePort: 20_473 });
const pictures = process.env['DEMARC_E2E_PICTURES'];
let link = '';

before(async () => {
  await platform.checkOut();
  link = (await platform.json<{ readonly firstAdministratorLink: string }>('up')).firstAdministratorLink;
});

after(async () => platform[Symbol.asyncDispose]());

interface Why {
  readonly evidence: readonly {
    readonly rule: string;
    readonly state: string;
    readonly evidenceId: string | null;
  }[];
}

test('what the platform observes of itself arrives by itself', async () => {
  await until('the platform has observed itself', 60_000, async () => {
    const why = await platform.json<Why>('matrix', '--asset', 'tenant', '--why', 'PLT-07');
    return why.evidence.every(({ state }) => state === 'pass');
  });
  const health = await platform.json<Why>('matrix', '--asset', 'tenant', '--why', 'MGT-13');
  assert.equal(health.evidence.find(({ rule }) => rule === 'MGT-13.2')?.state, 'no-source');
});

test('somebody denies, with a report; the command line shows population, sample, record and ledger', async () => {
  const report = join(mkdtempSync(join(tmpdir(), 'demarc-report-')), 'report.pdf');
  writeFileSync(report, 'not really a report\n');
  const attested = await platform.json<{ readonly uid: string }>(
    'attest',
    'DAT-01.2',
    '--statement',
    'Two databases have no owner.',
    '--until=30d',
    '--denies',
    `--report=${report}`,
  );
  const record = await platform.json<{
    readonly raw: { readonly report: { readonly digest: string } };
    readonly signature: string;
  }>('audit', 'evidence', attested.uid);
  assert.equal(record.signature, 'holds');
  assert.match(record.raw.report.digest, /^[0-9a-f]{64}$/);
  const refused = await platform.failing(['attest', 'VMS-09.1', '--statement', 'Yes.', '--until', '30d']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /ASSURANCE_ATTESTATION_REFUSED/);
  interface Sample {
    readonly seed: string;
    readonly digest: string;
    readonly asOf: string;
    readonly knownAt: string;
  }
  const sample = await platform.json<Sample>('audit', 'sample', '--control', 'DAT-01', '--n', '3');
  const again = await platform.json<Sample>(
    'audit',
    'sample',
    '--control=DAT-01',
    '--n=3',
    `--seed=${sample.seed}`,
    `--as-of=${sample.asOf}`,
    `--as-known=${sample.knownAt}`,
  );
  assert.equal(again.digest, sample.digest);
  const { stdout } = await platform.command(['audit', 'ledger']);
  assert.match(stdout, /the chain of \d+ records holds/);
  const population = await platform.command(['audit', 'population', '--control', 'VMS-09']);
  assert.match(population.stdout, /VMS-09 is about vm, and this is of the type tenant/);
});

test('a ledger of somebody else’s is resolved without the platform', async () => {
  const file = join(platform.checkout, 'examples', 'handover.ledger.ndjson');
  const replay = [
    'assurance',
    'replay',
    '--ledger',
    file,
    '--as-of',
    '2026-11-20T00:00:00Z',
    '--control',
    'VMS-09',
  ];
  const { cells } = await platform.json<{
    readonly cells: readonly {
      readonly status: string;
      readonly duties: readonly { readonly state: string; readonly reason: string }[];
    }[];
  }>(...replay);
  assert.equal(cells[0]?.duties[0]?.state, 'unowned');
  assert.match(cells[0]?.duties[0]?.reason ?? '', /nobody took the duty back/);
  const wrong = join(mkdtempSync(join(tmpdir(), 'demarc-ledger-')), 'wrong.ndjson');
  writeFileSync(wrong, `${readFileSync(file, 'utf8')}{"kind":"act","act":"wish","validAt":1}\n`);
  const failed = await platform.failing(['assurance', 'replay', '--ledger', wrong]);
  assert.equal(failed.code, 2);
  assert.match(failed.stderr, /LEDGER_ACT_UNKNOWN: Line 13 of the ledger is the act "wish"/);
});

async function look(page: Page, what: string, colorScheme: string): Promise<void> {
  await page.waitForTimeout(500);
  if (pictures !== undefined)
    await page.screenshot({ path: join(pictures, `audit-${what}-${colorScheme}.png`) });
  assert.deepEqual(await accessibilityProblems(page), [], `${what}, ${colorScheme}`);
}

test('from the population to the raw record in three clicks, and the rest of the page', async () => {
  await using browser = await openBrowser();
  const person = { email: 'ann@example.org', password: 'four words that do not belong' };
  for (const colorScheme of ['light', 'dark'] as const) {
    const viewport = colorScheme === 'light' ? { width: 1440, height: 900 } : { width: 420, height: 900 };
    await using context = await browser.newContext({ viewport, colorScheme, timezoneId: 'Europe/Berlin' });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    if (colorScheme === 'light') {
      await page.goto(link);
      await page.getByLabel('Name').fill('Ann Example');
    } else await page.goto(`${platform.url}/sign-in`);
    await page.getByLabel('E-mail').fill(person.email);
    await page.locator('input[name=password]').fill(person.password);
    await page
      .getByRole('button', { name: colorScheme === 'light' ? 'Create the account' : 'Sign in' })
      .click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();

    await page.goto(`${platform.url}/t/local/audit?control=DAT-01`);
    await page.getByRole('grid', { name: 'Included assets' }).waitFor();
    await look(page, 'population', colorScheme);
    // One: the red cell. Two: the record. It is all there.
    await page.getByRole('row', { name: /the tenant as a whole.*Fails/ }).click();
    await page.getByText('DAT-01.2 failed:').waitFor();
    await look(page, 'cell', colorScheme);
    await page.getByRole('button', { name: 'Open the record of DAT-01.2' }).click();
    await page.getByTestId('signature').getByText('Holds, by the platform’s key').waitFor();
    assert.match(await page.getByLabel('Raw record').innerText(), /Two databases have no owner\./);
    await look(page, 'record', colorScheme);

    await page.goto(`${platform.url}/t/local/audit?control=DAT-01&tab=sample`);
    await page.getByRole('button', { name: 'Draw' }).click();
    const digest = page.getByTestId('sample-digest');
    const first = await digest.innerText();
    await page.reload();
    await digest.waitFor();
    assert.equal(await digest.innerText(), first, 'the address draws the same again');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export with digests' }).click();
    const exported = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as {
      readonly digest: string;
    };
    assert.equal(exported.digest, first);
    await look(page, 'sample', colorScheme);

    await page.goto(`${platform.url}/t/local/audit?tab=ledger`);
    await page.getByText(/The chain of \d+ records holds/).waitFor();
    await look(page, 'ledger', colorScheme);
    await page.getByRole('row').nth(1).click();
    await page.getByRole('dialog').getByText('Record before').waitFor();

    await page.goto(`${platform.url}/t/local/audit?tab=access`);
    await page
      .getByRole('row', { name: /local command line|Ann Example/ })
      .first()
      .waitFor();
    await look(page, 'access', colorScheme);
    assert.deepEqual(complaints, []);
  }
});
