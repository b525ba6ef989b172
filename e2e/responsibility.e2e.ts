/**
 * Responsibility from the outside: bought and waiting for proof; what a cancellation would leave; exports that are
 * checked without the platform and brought back; and each page in a real browser, wide and light, narrow and dark.
 * The auditor's way: population, a red cell, the signed raw record in three clicks; a sample that is drawn again; the
 * ledger and its chain; who of the provider looked.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import {
  accessibilityProblems,
  inEachLook,
  keepPicture,
  openBrowser,
  textOnPaper,
  WIDE_AND_NARROW,
} from './support/browser.ts';
import { Platform, until } from './support/platform.ts';

const platform = new Platform({ apiPort: 20_470, linkPort: 20_471, clickhousePort: 20_473 });
const pictures = process.env['DEMARC_E2E_PICTURES'];
let link = '';

before(async () => {
  await platform.checkOutBuilt();
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

interface Cell {
  readonly controlId: string;
  readonly assetId: string;
  readonly status: string;
  readonly duties: readonly {
    readonly duty: string;
    readonly party: string | null;
    readonly state: string;
  }[];
}
const operators = (cells: readonly Cell[], control: string) =>
  cells
    .filter(({ controlId }) => controlId === control)
    .flatMap(({ duties }) => duties.filter(({ duty }) => duty === 'operate').map(({ party }) => party));

test('bought, it moves with its first proof; before that instant it had not', async () => {
  const matrix = (...more: readonly string[]) =>
    platform.json<{ readonly cells: readonly Cell[] }>('matrix', ...more);
  const boughtAt = new Date().toISOString();
  await platform.json('service', 'buy', 'file-integrity-monitoring', '--accept-prerequisites');
  await until('the provider operates VMS-09', 60_000, async () =>
    operators((await matrix()).cells, 'VMS-09').includes('provider'),
  );
  assert.deepEqual(operators((await matrix(`--as-of=${boughtAt}`)).cells, 'VMS-09'), [null]);
  const knownThen = await matrix(`--as-of=${new Date().toISOString()}`, `--as-known=${boughtAt}`);
  assert.deepEqual(operators(knownThen.cells, 'VMS-09'), [null], 'as it was known then');

  const simulated = await platform.json<{
    readonly blockers: readonly unknown[];
    readonly unowned: { readonly total: number };
  }>('simulate', 'cancel', 'file-integrity-monitoring');
  assert.ok(JSON.stringify(simulated).includes('VMS-10'));
  const refused = await platform.failing(['service', 'cancel', 'file-integrity-monitoring', '--reason=none']);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /ASSURANCE_HANDOVER_OPEN: .*operate VMS-10/);

  await platform.json('schedule', 'accept');
  assert.ok((await matrix()).cells.every(({ duties }) => duties.every(({ state }) => state !== 'contested')));
});

test('what is exported holds elsewhere, and changes nothing when it is brought back', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-exports-'));
  const at = (name: string): string => join(directory, name);
  const taken = await platform.json<{
    readonly sha256: string;
    readonly asOf: string;
    readonly knownAt: string;
  }>('export', 'bundle', `--to=${at('bundle.zip')}`);
  const again = await platform.json<typeof taken>(
    'export',
    'bundle',
    `--as-of=${taken.asOf}`,
    `--as-known=${taken.knownAt}`,
    `--to=${at('again.zip')}`,
  );
  assert.equal(again.sha256, taken.sha256);
  for (const file of ['workbook.xlsx', 'crm.xlsx', 'crm.pdf', 'soa.xlsx', 'soa.pdf'])
    await platform.json('export', file.split('.')[0] ?? '', `--to=${at(file)}`);
  const { stdout } = await platform.command(['verify', at('bundle.zip')]);
  assert.match(stdout, /^HOLDS/);
  const bytes = readFileSync(at('bundle.zip'));
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(at('changed.zip'), bytes);
  assert.equal((await platform.failing(['verify', at('changed.zip')])).code, 1);

  for (const version of ['1.2.2', '1.1.2']) {
    const to = at(`oscal-${version}`);
    await platform.json('export', 'oscal', `--version=${version}`, `--to=${to}`);
    const files = readdirSync(to).map((name) => join(to, name));
    assert.deepEqual(await platform.json('oscal', 'check', ...files), { problems: [] });
    const ledger = (await platform.json<{ readonly records: readonly unknown[] }>('audit', 'ledger')).records
      .length;
    const { sameCount, ...rest } = await platform.json<{ readonly sameCount: number }>(
      'oscal',
      'import',
      ...files,
    );
    assert.deepEqual(rest, { added: [], differs: [], left: [], controlsDiffer: [], dryRun: false });
    assert.ok(sameCount > 0);
    assert.equal(
      (await platform.json<{ readonly records: readonly unknown[] }>('audit', 'ledger')).records.length,
      ledger,
    );
  }
});

async function signedIn(browser: Browser) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    timezoneId: 'Europe/Berlin',
  });
  const page = await context.newPage();
  await page.goto(`${platform.url}/sign-in`);
  await page.getByLabel('E-mail').fill('ann@example.org');
  await page.locator('input[name=password]').fill('four words that do not belong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  return { page };
}

const PAGES = [
  ['stack', 'Responsibility stack', 'stack'],
  ['mine', 'What is still mine', undefined],
  ['gaps', 'Gaps', 'gaps'],
  ['decisions', 'Decisions', undefined],
  ['obligations', 'Obligations', undefined],
  ['services', 'Services', undefined],
  ['handovers', 'Hand-overs', undefined],
  ['exports', 'Exports', undefined],
  ['workbook', 'Workbook', 'workbook'],
  ['risks', 'Risks', 'risks'],
  ['exceptions', 'Exceptions', undefined],
  ['standards', 'Standards', undefined],
  ['frameworks', 'Frameworks', undefined],
] as const;

test('every page about responsibility, wide and light, narrow and dark, and on paper', async () => {
  await using browser = await openBrowser();
  const { page } = await signedIn(browser);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  for (const [path, heading, picture] of PAGES) {
    await page.goto(`${platform.url}/t/local/${path}`);
    await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    await inEachLook(page, WIDE_AND_NARROW, async ({ colorScheme, width }) => {
      assert.deepEqual(await accessibilityProblems(page), [], `${path}, ${colorScheme}`);
      const tooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
      assert.equal(tooWide, false, `${path} scrolls sideways at ${width}`);
      if (picture !== undefined && colorScheme === 'light') await keepPicture(page, picture);
    });
    if (path === 'workbook') assert.equal((await onPaper(page)).size, 62);
  }
  assert.deepEqual(complaints, []);
});

/** The controls that are named on the page as it is printed: all of them, not those in view. */
async function onPaper(page: Page): Promise<ReadonlySet<string>> {
  return new Set((await textOnPaper(page)).match(/\b[A-Z]{3}-\d{2}\b/g));
}

test('the stack is turned back with the keyboard alone, and every cell says why', async () => {
  await using browser = await openBrowser();
  const { page } = await signedIn(browser);
  await page.goto(`${platform.url}/t/local/stack`);
  const slider = page.getByRole('slider', { name: 'As of' });
  await slider.focus();
  await page.keyboard.press('Home');
  await page.waitForURL(/asOf=/);
  await page.getByText(/Provider \d+ of \d+ duties/).waitFor();
  await page.goto(`${platform.url}/t/local/stack`);
  const brick = page.getByRole('button', { name: /^Operating system, Machines/ });
  await brick.focus();
  await page
    .getByRole('tooltip')
    .getByText(/Provider, because file integrity monitoring managed, operational on 1 of 1 assets/)
    .waitFor();
  await page.keyboard.press('Enter');
  const details = page.getByRole('dialog', { name: /Operating system: Machines/ });
  await details
    .getByText(/because file integrity monitoring managed, operational on 1 of 1 assets/)
    .waitFor();
  await details.getByRole('button', { name: /^VMS-09 / }).click();
  await page.getByTestId('evidence-VMS-09.1').waitFor();
  assert.deepEqual(await accessibilityProblems(page), [], 'why');
});

test('a cancellation is simulated before it is done; its hand-over waits and is signed', async () => {
  await using browser = await openBrowser();
  const { page } = await signedIn(browser);
  await page.goto(`${platform.url}/t/local/services`);
  await page.getByRole('button', { name: 'Cancel' }).click();
  const simulation = page.getByTestId('simulation');
  await simulation.getByText('VMS-10').first().waitFor();
  assert.deepEqual(await accessibilityProblems(page), [], 'simulation');
  await page.getByLabel(/Reason/).fill('tried in a test');
  await page.getByRole('button', { name: 'Give notice and open the hand-over' }).click();
  await page.getByRole('button', { name: 'Confirm the end' }).waitFor();
  await page.goto(`${platform.url}/t/local/handovers`);
  await page.getByRole('row', { name: /ends/ }).first().click();
  const handover = page.getByRole('dialog');
  await handover.getByRole('region', { name: 'Duties', exact: true }).waitFor();
  assert.deepEqual(await accessibilityProblems(page), [], 'hand-over');
  await page.keyboard.press('Escape');
  await page
    .getByRole('row', { name: /begins/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Sign for the receiving side' }).click();
  await page
    .getByRole('dialog')
    .getByText(/Ann Example for provider/)
    .waitFor();
});
