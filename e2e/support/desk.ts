/** Somebody at the console, in a real browser: the first administrator, signed in. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { accessibilityProblems, becomeFirstAdministrator, inEachLook, openBrowser, WIDE } from './browser.ts';
import type { Platform } from './platform.ts';

const PATIENCE_MS = 45_000;
const pictures = process.env['DEMARC_E2E_PICTURES'];

export class Desk implements AsyncDisposable {
  readonly page: Page;
  /** What the pages' programs threw. */
  readonly complaints: string[] = [];
  readonly #url: string;
  readonly #context: BrowserContext;
  readonly #browser: Browser;

  private constructor(url: string, browser: Browser, context: BrowserContext, page: Page) {
    this.#url = url;
    this.#browser = browser;
    this.#context = context;
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  /** Starts the platform, if nobody did. */
  static async open(platform: Platform): Promise<Desk> {
    const up = await platform.json<{ readonly firstAdministratorLink: string }>('up');
    const browser = await openBrowser();
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: 'light',
      timezoneId: 'Europe/Berlin',
      acceptDownloads: true,
    });
    const desk = new Desk(platform.url, browser, context, await context.newPage());
    await becomeFirstAdministrator(desk.page, up.firstAdministratorLink);
    return desk;
  }

  async open(path: string, heading: string): Promise<void> {
    await this.page.goto(`${this.#url}/t/local/${path}`);
    await this.page.getByRole('heading', { name: heading, exact: true }).waitFor();
  }

  /** Where they are asked for: how the pages look, to be looked at. */
  async keep(name: string): Promise<void> {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await this.page.screenshot({ path: join(pictures, `${name}.png`) });
  }

  /** The page as it is: WCAG 2.2 AA. */
  async looksRight(name: string, looks = WIDE): Promise<void> {
    await inEachLook(this.page, looks, async ({ colorScheme, width }) => {
      await this.keep(`${name}-${colorScheme}-${width}`);
      assert.deepEqual(await accessibilityProblems(this.page), [], `${name}, ${colorScheme}, ${width}`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    await this.#browser.close();
  }
}
