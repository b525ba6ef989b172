/**
 * Detection from the outside, as a tenant lives it: a real rsyslog that a password is guessed on, a real log file of
 * Windows, rules by the folder, and what each page then says; in a real browser, wide and light, narrow and dark.
 */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import {
  accessibilityProblems,
  becomeFirstAdministrator,
  keepPicture,
  openBrowser,
  textOnPaper,
} from './support/browser.ts';
import { Platform, until } from './support/platform.ts';
import { Rsyslog, rsyslogMissing } from './support/rsyslog.ts';
import { BITSADMIN, hasSigma, ruleFolder } from './support/rules.ts';

const HTTP_PORT = 20_484;
const TLS_PORT = 20_485;
const scratch = mkdtempSync(join(tmpdir(), 'demarc-detection-'));
const filesRoot = join(scratch, 'files');
const platform = new Platform({
  apiPort: 20_480,
  linkPort: 20_481,
  clickhousePort: 20_483,
  environment: {
    DEMARC_INTAKE_HTTP: `127.0.0.1:${HTTP_PORT}`,
    DEMARC_INTAKE_SYSLOG_TLS: `127.0.0.1:${TLS_PORT}`,
    DEMARC_INTAKE_FILES: filesRoot,
  },
});
const pictures = process.env['DEMARC_E2E_PICTURES'];
/** On a busy machine; nothing waits so long on a quiet one. */
const ARRIVAL_MS = 45_000;
const SLOW_MS = 1_500;

let browser: Browser;
let context: BrowserContext;
let page: Page;
const complaints: string[] = [];

before(async () => {
  mkdirSync(join(filesRoot, 'local', 'windows'), { recursive: true });
  chmodSync(scratch, 0o755);
  await platform.checkOutBuilt();
  const up = await platform.json<{ readonly firstAdministratorLink: string }>('up');
  browser = await openBrowser();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  page = await context.newPage();
  page.setDefaultTimeout(ARRIVAL_MS);
  page.on('pageerror', (error) => complaints.push(error.message));
  await becomeFirstAdministrator(page, up.firstAdministratorLink);
});

after(async () => {
  await browser?.close();
  await platform[Symbol.asyncDispose]();
});

async function open(path: string, grid: string): Promise<void> {
  await page.goto(`${platform.url}/t/local/${path}`);
  await page.getByRole('grid', { name: grid }).waitFor();
}

/** On the findings page, without loading it again: what is new says so, and is shown when it is asked for. */
async function arrives(name: RegExp): Promise<Locator> {
  const row = page.getByRole('row', { name }).first();
  const fresh = page.getByTestId('fresh');
  await until(`a finding like ${name} arrives`, ARRIVAL_MS, async () => {
    if (await row.isVisible()) return true;
    if (await fresh.isVisible()) await fresh.click();
    return row.isVisible();
  });
  return row;
}

interface Account {
  readonly accounting: Readonly<Record<'received' | 'parsed' | 'stored' | 'waiting', number>>;
}

/** Until nothing of a source is on its way, and all that was sent is stored. */
async function stored(source: string, count: number): Promise<Account['accounting']> {
  let accounting: Account['accounting'] | undefined;
  await until(`${count} records of ${source} are stored`, ARRIVAL_MS, async () => {
    ({ accounting } = await platform.json<Account>('source', 'show', source));
    return accounting.stored >= count;
  });
  if (accounting === undefined) throw new Error('nothing was asked');
  return accounting;
}

test('passwords are guessed on a host that sends over TLS, until one is right: a finding arrives', async (t: TestContext) => {
  const missing = rsyslogMissing();
  if (missing !== undefined) return t.skip(`NOT TESTED: ${missing} is not installed`);
  const prefix = join(scratch, 'bastion');
  await platform.command(['source', 'add', 'Bastion', '--kind', 'syslog-tls', '--write', prefix]);
  await page.goto(`${platform.url}/t/local/findings`);
  await page.getByText('No finding in this time').waitFor();
  await using sender = new Rsyslog();
  await sender.start({ port: TLS_PORT, prefix });
  const failed = Array.from(
    { length: 24 },
    (_, index) => `Failed password for root from 198.51.100.7 port ${40_000 + index} ssh2`,
  );
  await sender.log('sshd', failed);
  await arrives(/Many failed sign-ins from one address/);
  await sender.log('sshd', [
    'Accepted password for root from 198.51.100.7 port 40099 ssh2',
    'pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)',
  ]);
  const finding = await arrives(/Sign-in after many failures from the same address/);
  assert.match((await finding.textContent()) ?? '', /Critical/i);
  await finding.click();
  const details = page.getByRole('dialog');
  const together = details.getByRole('heading', { name: 'Counted together' }).locator('..');
  assert.match((await together.textContent()) ?? '', /src_endpoint\.ip.*198\.51\.100\.7.*Window.* to /s);
  assert.deepEqual(await accessibilityProblems(page), [], 'finding of a correlation');
  const sent = failed.length + 2;
  const accounting = await stored('Bastion', sent);
  assert.deepEqual([accounting.received, accounting.stored, accounting.waiting], [sent, sent, 0]);
  await open('sources', 'Sources');
  await page.getByText('every number adds up').waitFor();
  await page.getByRole('row', { name: /Bastion/ }).click();
  const sums = page.getByTestId('sums');
  await sums.getByText('✓ adds up').first().waitFor();
  assert.match((await sums.textContent()) ?? '', new RegExp(`= ${sent}.*= ${sent}`, 's'));
});

/** Through the dialog of the rules page, as far as what would become of them. */
async function lookAt(choose: string, paths: string | readonly string[]): Promise<Locator> {
  await page.goto(`${platform.url}/t/local/rules`);
  await page.getByRole('button', { name: 'Import rules' }).click();
  const dialog = page.getByRole('dialog');
  const chooser = page.waitForEvent('filechooser');
  await (choose === 'Files'
    ? dialog.getByLabel(choose)
    : dialog.getByRole('button', { name: choose })
  ).click();
  await (await chooser).setFiles(typeof paths === 'string' ? paths : [...paths]);
  await dialog.getByRole('button', { name: 'Look at it' }).click();
  await dialog.getByText(/^Would be imported/).waitFor();
  return dialog;
}

async function take(dialog: Locator): Promise<void> {
  await dialog.getByRole('button', { name: /^Import \d+ rule/ }).click();
  await dialog.getByText(/^Imported: /).waitFor();
  await dialog.getByRole('button', { name: 'Done' }).click();
}

test('SigmaHQ’s own case of a log file of Windows is found, and says why', async (t: TestContext) => {
  if (!hasSigma()) return t.skip('NOT TESTED: the corpus of SigmaHQ is not at hand');
  await platform.command([
    'source',
    'add',
    'Windows archive',
    '--kind=file',
    '--path=windows',
    '--format=evtx',
  ]);
  const dialog = await lookAt('Files', [BITSADMIN.rule]);
  await dialog.getByText('Would be imported: 1 new, 0 changed, 0 unchanged, 0 refused.').waitFor();
  await take(dialog);
  await page.goto(`${platform.url}/t/local/findings`);
  await page.getByRole('heading', { name: 'Findings' }).waitFor();
  copyFileSync(BITSADMIN.evtx, join(filesRoot, 'local', 'windows', 'sysmon.evtx'));
  await (await arrives(new RegExp(BITSADMIN.title))).click();
  const details = page.getByRole('dialog');
  await details.getByTestId('explain').getByText('matched').first().waitFor();
  assert.match(
    (await details.locator('mark').allTextContents()).join('\n'),
    /bitsadmin {2}\/transfer n https/,
  );
  await details.getByText(/T1197 BITS Jobs/).waitFor();
  assert.deepEqual(await accessibilityProblems(page), [], 'finding');
  await keepPicture(page, 'findings');
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, 'finding.png') });
  // The second click; the first one opened the finding.
  await details.getByRole('link', { name: 'Open it in the event search' }).click();
  const raw = page.getByRole('dialog').getByLabel('Raw record');
  await raw.waitFor();
  assert.match((await raw.textContent()) ?? '', /atomic-red-team/);
});

test('a folder of rules is imported after it was seen what would become of each', async () => {
  const dialog = await lookAt('Choose a folder', ruleFolder());
  const says = (await dialog.getByText(/^Would be imported/).textContent()) ?? '';
  const [, fresh, refused] = /: (\d+) new, 0 changed, 0 unchanged, (\d+) refused/.exec(says) ?? [];
  assert.ok(Number(fresh) > 50, says);
  assert.equal(refused, '2', says);
  await dialog.getByRole('row', { name: /Refused Wrong modifier .*modifier\.yml:6/ }).waitFor();
  await dialog.getByRole('row', { name: /Refused .*colon\.yml:\d/ }).waitFor();
  assert.deepEqual(await accessibilityProblems(page), [], 'import');
  await take(dialog);
  await page.getByText(/rules are loaded/).waitFor();
});

test('the rules page names those that cannot fire, and what they wait for', async () => {
  await open('rules?show=never', 'Rules');
  const words = page.getByRole('textbox', { name: 'Words in title, id, file or reason' });
  for (const [title, because] of [
    ['Looks at a mainframe', 'No source sends mainframe.'],
    ['Looks at a field of its own', 'No source fills never_filled.'],
  ] as const) {
    await words.fill(title);
    await words.press('Enter');
    await page.getByRole('row', { name: new RegExp(`${title}.*${because}`) }).waitFor();
  }
});

let token = '';

test('a source is added on its page, and its token is shown once with the lines to paste', async () => {
  await open('sources', 'Sources');
  await page.getByRole('button', { name: 'Add a source' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Web servers');
  await page.getByRole('button', { name: 'Add the source' }).click();
  await page.getByTestId('shown-once').waitFor();
  assert.deepEqual(await accessibilityProblems(page), [], 'the secret');
  token = await shownToken();
  await page.getByRole('row', { name: /Web servers/ }).waitFor();
});

async function shownToken(): Promise<string> {
  const shown = page.getByTestId('shown-once');
  const lines = (await shown.locator('pre').first().textContent()) ?? '';
  await shown.getByRole('button', { name: 'I have it' }).click();
  const [, found = ''] = /Bearer ([\w-]+)/.exec(lines) ?? [];
  assert.notEqual(found, '');
  return found;
}

/** @returns the status that the intake answers */
const send = (...messages: readonly string[]): Promise<number> => sendAs(token, messages);

async function sendAs(bearer: string, messages: readonly string[]): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${HTTP_PORT}/ndjson`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}` },
    body: messages.map((message) => JSON.stringify({ host: 'web-1', message })).join('\n'),
  });
  return status;
}

const SHELL = /Shell started by a web server/;
const RESTART = /Web server was restarted/;

test('an exception is made from a finding: what it describes is held back, and counted', async () => {
  await page.goto(`${platform.url}/t/local/findings`);
  assert.equal(await send('sh started-by-nginx', 'nothing'), 200);
  await (await arrives(SHELL)).click();
  await page.getByRole('button', { name: 'Make an exception from this' }).click();
  const form = page.getByRole('dialog', { name: /^Tune/ });
  await form.getByLabel('Why these events are expected').fill('The monthly test');
  await form.getByLabel('Reason (kept with your name)').fill('Agreed with operations.');
  assert.deepEqual(await accessibilityProblems(page), [], 'tune');
  await form.getByRole('button', { name: 'Change the rule here' }).click();
  await form.waitFor({ state: 'detached' });
  // A store that is busy: a page takes longer than the count of what is new since.
  await page.route('**/events/search', async (route) => {
    const { limit } = route.request().postDataJSON() as { readonly limit: number };
    await delay(limit === 1 ? 0 : SLOW_MS);
    await route.continue();
  });
  await page.goto(`${platform.url}/t/local/findings`);
  assert.equal(await send('sh started-by-nginx', 'restarted-by-hand 1'), 200);
  await arrives(RESTART);
  await page.unrouteAll({ behavior: 'wait' });
  assert.equal(await page.getByRole('row', { name: SHELL }).count(), 1);
  await open('rules?show=tuned', 'Rules');
  await page.getByRole('row', { name: SHELL }).click();
  await page.getByRole('dialog').getByText('Agreed with operations.').waitFor();
  await page.getByRole('dialog').getByText('1 held back').waitFor();
});

test('a rule that is switched off fires no more', async () => {
  await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
  const form = page.getByRole('dialog', { name: /^Tune/ });
  await form.getByLabel('Reason (kept with your name)').fill('Too loud.');
  await form.getByRole('button', { name: 'Change the rule here' }).click();
  await form.waitFor({ state: 'detached' });
  await open('rules?show=off', 'Rules');
  await page.getByRole('row', { name: SHELL }).waitFor();
  await page.goto(`${platform.url}/t/local/findings`);
  await page.getByRole('row', { name: RESTART }).waitFor();
  assert.equal(await send('zsh started-by-nginx at night', 'restarted-by-hand 2'), 200);
  await until('the other rule fires again', ARRIVAL_MS, async () => {
    const fresh = page.getByTestId('fresh');
    if (await fresh.isVisible()) await fresh.click();
    return (await page.getByRole('row', { name: RESTART }).count()) === 2;
  });
  assert.equal(await page.getByRole('row', { name: SHELL }).count(), 1);
});

test('every page is accessible, wide and light, narrow and dark, and on paper has every row', async () => {
  for (const [width, colorScheme] of [[1440, 'light'] as const, [412, 'dark'] as const]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    for (const [path, grid, mark] of [
      ['findings', 'Findings', INSTANT],
      ['rules', 'Rules', /\b(?:Shipped|Your)\b/g],
      ['sources', 'Sources', INSTANT],
    ] as const) {
      await open(path, grid);
      if (pictures !== undefined)
        await page.screenshot({ path: join(pictures, `${path}-${width}-${colorScheme}.png`) });
      if (width === 1440 && path === 'rules') await keepPicture(page, path);
      assert.deepEqual(await accessibilityProblems(page), [], `${path}, ${colorScheme}`);
      const beyond = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      assert.ok(beyond <= 0, `${path} at ${width} scrolls sideways by ${beyond}`);
      if (width === 1440) await printed(grid, mark);
      if (pictures !== undefined) {
        await page.emulateMedia({ colorScheme: colorScheme === 'light' ? 'dark' : 'light' });
        await page.screenshot({ path: join(pictures, `${path}-${width}-other.png`) });
        await page.emulateMedia({ colorScheme });
      }
    }
  }
  assert.deepEqual(complaints, []);
});

/** As the console writes it out. */
const INSTANT = /\b\d\d \w{3} \d{4}, \d\d:\d\d:\d\d\b/g;

/** Each row says what `mark` finds once. */
async function printed(grid: string, mark: RegExp): Promise<void> {
  const count = Number(await page.getByRole('grid', { name: grid }).getAttribute('aria-rowcount')) - 1;
  assert.equal((await textOnPaper(page)).match(mark)?.length, count, `${grid} on paper`);
}

/** One of what can be done with the source that is open: what its dialog says first, and then doing it. */
async function act(button: string, says: RegExp, confirm: string): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click();
  const dialog = page.getByRole('dialog', { name: /“Web servers”/ });
  await dialog.getByText(says).waitFor();
  if (button === 'Remove') assert.deepEqual(await accessibilityProblems(page), [], button);
  await dialog.getByRole('button', { name: confirm }).click();
}

test('a source gets a new token, is disabled, and is removed; the page says what that means', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
  await open('sources', 'Sources');
  await page.getByRole('row', { name: /Web servers/ }).click();
  await act('New token', /is worth nothing from that moment on/, 'Make a new token');
  const old = token;
  token = await shownToken();
  assert.equal(await send('with the new one'), 200);
  assert.equal(await sendAs(old, ['with the old one']), 401);
  await act('Disable', /What it sends from now on is refused, and counted/, 'Disable it');
  await page.getByRole('row', { name: /Web servers.*Disabled/ }).waitFor();
  assert.equal(await send('while it is disabled', 'and again'), 403);
  await page.getByText('nothing is taken from it until it is enabled').waitFor();
  await page.getByText(/ [1-9]\d* were refused or dropped/).waitFor();
  await page.getByTestId('sums').getByText('✓ adds up').first().waitFor();
  await keepPicture(page, 'sources');
  await act('Remove', /its numbers go. What is stored stays/, 'Remove the source');
  await page.getByRole('row', { name: /Web servers/ }).waitFor({ state: 'detached' });
  assert.equal(await send('after that'), 401);
});
