/** A real Chromium from Debian, driven by playwright-core, with accessibility checked by axe. */
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { exec } from './platform.ts';

const EXECUTABLE = '/usr/bin/chromium';

export async function openBrowser(): Promise<Browser> {
  if (!existsSync(EXECUTABLE))
    throw new Error(`${EXECUTABLE} is missing: ./demarc test installs it (package chromium)`);
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      // The sandbox needs user namespaces of a non-root user; the pages are our own.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export const ANN = {
  name: 'Ann Example',
  email: 'ann@example.org',
  password: 'four words that do not belong',
};

/** Follows the one-time link, and is signed in on the overview afterwards. */
export async function becomeFirstAdministrator(page: Page, link: string, person = ANN): Promise<void> {
  await page.goto(link);
  await page.getByLabel('Name').fill(person.name);
  await page.getByLabel('E-mail').fill(person.email);
  await page.locator('input[name=password]').fill(person.password);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/**
 * Violations of WCAG 2.2 A and AA on the page as it stands, each with where.
 *
 * In one run on the page itself: the console has no frames, and gathering what frames say costs a second page and a second
 * copy of axe each time, two thirds of the processor time that a page takes.
 */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  const result = await new AxeBuilder({ page })
    .options({ runOnly: { type: 'tag', values: WCAG }, resultTypes: ['violations'] })
    .setLegacyMode()
    .analyze();
  if (page.frames().length > 1) throw new Error('the page has frames, and what is in them was not looked at');
  return result.violations.flatMap((violation) =>
    violation.nodes.map(
      (node) => `${violation.id}: ${node.target.join(' ')}: ${node.failureSummary ?? violation.help}`,
    ),
  );
}

/** For the README, when asked for: pictures differ with every run, and must not make every run a change. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  if (process.env['DEMARC_E2E_SCREENSHOTS'] === undefined) return;
  mkdirSync('docs/screenshots', { recursive: true });
  await page.screenshot({ path: `docs/screenshots/${name}.png` });
}

/** The page's text as it is printed: all rows of its tables, not those in view. */
export async function textOnPaper(page: Page): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), 'demarc-paper-')), 'page.pdf');
  await page.pdf({ path: file, format: 'A4', landscape: true });
  const { stdout } = await exec('pdftotext', ['-layout', file, '-'], { maxBuffer: 16 * 1_048_576 });
  return stdout;
}
