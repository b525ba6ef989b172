/**
 * A real Chromium from Debian, without the parts that only a screen needs, driven by playwright-core, with accessibility
 * checked by axe.
 */
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { exec } from './platform.ts';

const EXECUTABLE = '/usr/bin/chromium-headless-shell';

export async function openBrowser(): Promise<Browser> {
  if (!existsSync(EXECUTABLE))
    throw new Error(`${EXECUTABLE} is missing: ./demarc test installs it (package chromium-headless-shell)`);
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
 * By axe on the page itself, which reads it once: the console has no frames, and what gathers the results of frames costs a
 * second page and two more readings each time, two thirds of the processor time that a page takes.
 */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  if (page.frames().length > 1) throw new Error('the page has frames, and what is in them is not looked at');
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(axe.source);
  const options: axe.RunOptions = { runOnly: { type: 'tag', values: WCAG }, resultTypes: ['violations'] };
  const { violations, testEngine } = await page.evaluate<axe.AxeResults>(
    `axe.run(document, ${JSON.stringify(options)})`,
  );
  if (testEngine.version !== axe.version) throw new Error('axe did not run');
  return violations.flatMap((violation) =>
    violation.nodes.map(
      (node) => `${violation.id}: ${node.target.join(' ')}: ${node.failureSummary ?? violation.help}`,
    ),
  );
}

export interface Look {
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
}
export const WIDE: readonly Look[] = [
  { colorScheme: 'light', width: 1440 },
  { colorScheme: 'dark', width: 1440 },
];
export const WIDE_AND_NARROW: readonly Look[] = [
  { colorScheme: 'light', width: 1440 },
  { colorScheme: 'dark', width: 420 },
];

/** The page that is open, in each look; then as in the first. Loading it for each would take three times as long. */
export async function inEachLook(
  page: Page,
  looks: readonly Look[],
  check: (look: Look) => Promise<void>,
): Promise<void> {
  const as = async ({ colorScheme, width }: Look): Promise<void> => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
  };
  for (const look of looks) {
    await as(look);
    // Charts and tables are drawn anew, and what colours fade does.
    await page.waitForTimeout(700);
    await check(look);
  }
  const [first] = looks;
  if (first !== undefined) await as(first);
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
