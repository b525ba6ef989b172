/**
 * Detection from the outside: a source is added through the page, a rule imported through the page, what is sent
 * becomes a finding that says why; and each page in a real browser, wide and light, narrow and dark.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { accessibilityProblems, keepPicture, openBrowser } from './support/browser.ts';
import { Platform } from './support/platform.ts';

const HTTP_PORT = 20_484;
const platform = new Platform({
  apiPort: 20_480,
  linkPort: 20_481,
  clickhousePort: 20_483,
  environment: { DEMARC_INTAKE_HTTP: `127.0.0.1:${HTTP_PORT}` },
});
const pictures = process.env['DEMARC_E2E_PICTURES'];
const person = { email: 'ann@example.org', password: 'correct horse battery staple' };
const RULE = `title: Shell started by a web server
id: 5c1f0c52-7f2e-4c0b-9d7e-1f5a2b8c4d99
logsource:
  category: end-to-end
detection:
  words:
    - started-by-nginx
    - started-by-apache
  condition: words
level: high
tags:
  - attack.persistence
  - attack.t1505.003
`;

let browser: Browser;
let context: BrowserContext;
let page: Page;
let token = '';
const complaints: string[] = [];

before(async () => {
  await platform.checkOut();
  const up = await platform.json<{ readonly firstAdministratorLink: string }>('up');
  browser = await openBrowser();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(up.firstAdministratorLink);
  await page.getByLabel('Name').fill('Ann Example');
  await page.getByLabel('E-mail').fill(person.email);
  await page.locator('input[name=password]').fill(person.password);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
});

after(async () => {
  await browser?.close();
  await platform[Symbol.asyncDispose]();
});

async function open(path: string, grid: string): Promise<void> {
  await page.goto(`${platform.url}/t/local/${path}`);
  await page.getByRole('grid', { name: grid }).waitFor();
}

test('a source is added, and its token is shown once with the lines to paste', async () => {
  await page.goto(`${platform.url}/t/local/sources`);
  await page.getByText('Nothing sends here yet').waitFor();
  await page.getByRole('button', { name: 'Add a source' }).click();
  await page.getByLabel('Name').fill('Web servers');
  await page.getByRole('button', { name: 'Add the source' }).click();
  const shown = page.getByTestId('shown-once');
  const lines = (await shown.locator('pre').first().textContent()) ?? '';
  token = /Bearer ([\w-]+)/.exec(lines)?.[1] ?? '';
  assert.notEqual(token, '');
  assert.deepEqual(await accessibilityProblems(page), [], 'the secret');
  await shown.getByRole('button', { name: 'I have it' }).click();
  await page.getByRole('row', { name: /Web servers/ }).waitFor();
});

test('a rule is imported after it was seen what would become of it; a wrong one is refused with its line', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-rules-'));
  const files = [join(directory, 'shell.yml'), join(directory, 'wrong.yml')];
  writeFileSync(files[0] ?? '', RULE);
  writeFileSync(
    files[1] ?? '',
    'title: Wrong\nlogsource:\n  product: linux\ndetection:\n  a:\n    x|no: 1\n  condition: a\n',
  );
  await page.goto(`${platform.url}/t/local/rules`);
  await page.getByRole('button', { name: 'Import rules' }).click();
  const dialog = page.getByRole('dialog');
  const chooser = page.waitForEvent('filechooser');
  await dialog.getByLabel('Files').click();
  await (await chooser).setFiles(files);
  await dialog.getByRole('button', { name: 'Look at it' }).click();
  await dialog.getByText('Would be imported: 1 new, 0 changed, 0 unchanged, 1 refused.').waitFor();
  await dialog.getByRole('row', { name: /Refused Wrong .*wrong\.yml:6/ }).waitFor();
  assert.deepEqual(await accessibilityProblems(page), [], 'import');
  await dialog.getByRole('button', { name: 'Import 1 rule' }).click();
  await dialog.getByText(/^Imported: 1 new/).waitFor();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('row', { name: /Shell started by a web server/ }).waitFor();
});

test('what is sent becomes a finding, which arrives by itself and says why', async () => {
  await page.goto(`${platform.url}/t/local/findings`);
  await page.getByText('No finding in this time').waitFor();
  const sent = await fetch(`http://127.0.0.1:${HTTP_PORT}/ndjson`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: '{"host":"web-1","message":"sh started-by-nginx"}\n{"host":"web-1","message":"nothing"}\n',
  });
  assert.equal(sent.status, 200);
  await page.getByTestId('fresh').click({ timeout: 20_000 });
  await page.getByRole('row', { name: /Shell started by a web server/ }).click();
  const details = page.getByRole('dialog');
  await details.getByTestId('explain').getByText('matched').first().waitFor();
  assert.match((await details.locator('pre mark').first().textContent()) ?? '', /started-by-nginx/);
  assert.match(
    (await details.getByLabel('Text of the rule').locator('mark').first().textContent()) ?? '',
    /nginx/,
  );
  await details.getByText('T1505.003 Server Software Component: Web Shell').waitFor();
  assert.deepEqual(await accessibilityProblems(page), [], 'finding');
  await keepPicture(page, 'finding');
});

test('an exception is made from a finding: what it describes is none any more', async () => {
  await page.getByRole('button', { name: 'Make an exception from this' }).click();
  const form = page.getByRole('dialog', { name: /^Tune/ });
  await form.getByLabel('Why these events are expected').fill('The monthly test');
  await form.getByLabel('Reason (kept with your name)').fill('Agreed with operations.');
  assert.deepEqual(await accessibilityProblems(page), [], 'tune');
  await form.getByRole('button', { name: 'Change the rule here' }).click();
  await form.waitFor({ state: 'detached' });
  await open('rules?show=tuned', 'Rules');
  await page.getByRole('row', { name: /Shell started by a web server/ }).click();
  await page.getByRole('dialog').getByText('Agreed with operations.').waitFor();
});

test('the numbers of the source add up', async () => {
  await open('sources', 'Sources');
  await page.getByText('every number adds up').waitFor();
  await page.getByRole('row', { name: /Web servers/ }).click();
  const sums = page.getByTestId('sums');
  await sums.getByText('✓ adds up').first().waitFor();
  assert.match((await sums.textContent()) ?? '', /= 2.*= 2/s);
  await keepPicture(page, 'source');
});

test('every page is accessible, wide and light, narrow and dark', async () => {
  for (const [width, colorScheme] of [[1440, 'light'] as const, [412, 'dark'] as const]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    for (const [path, grid] of [
      ['findings', 'Findings'],
      ['rules', 'Rules'],
      ['sources', 'Sources'],
    ] as const) {
      await open(path, grid);
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${path}-${width}.png`) });
      assert.deepEqual(await accessibilityProblems(page), [], `${path}, ${colorScheme}`);
      const beyond = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
      assert.ok(beyond <= 0, `${path} at ${width} scrolls sideways by ${beyond}`);
    }
  }
  assert.deepEqual(complaints, []);
});
