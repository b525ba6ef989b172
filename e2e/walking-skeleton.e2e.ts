/**
 * The whole story, from a clean clone: start, first administrator, buy, change files, see who did it,
 * enrol a second machine, cancel. Real processes, a real browser, a second network and mount namespace.
 */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { accessibilityProblems, openBrowser } from './support/browser.ts';
import { Machine } from './support/machine.ts';
import { exec, Platform, until } from './support/platform.ts';

const LINK_PORT = 18421;
const UP_SECONDS_MAX = 180;
const SCREENSHOTS = 'docs/screenshots';
/** Status must be stale within this when an agent falls silent; the promise of the service is longer. */
const FRESH_SECONDS_MAX = 45;

interface Asset {
  readonly assetId: string;
  readonly name: string;
  readonly state: string;
  readonly rooms: readonly { readonly serviceId: string; readonly health: { readonly state: string } }[];
}

interface Cell {
  readonly controlId: string;
  readonly assetId: string;
  readonly ownStatus: string;
  readonly status: string;
  readonly duties: readonly {
    readonly duty: string;
    readonly state: string;
    readonly party: string | null;
    readonly by: string;
  }[];
}

interface FileEvent {
  readonly class_uid: number;
  readonly file: { readonly path: string };
  readonly actor: {
    readonly process?: {
      readonly name?: string;
      readonly cmd_line?: string;
      readonly user?: { readonly name?: string };
    };
  };
  readonly metadata: { readonly uid: string };
}

const machine = new Machine('db-2', 31);
const platform = new Platform({
  apiPort: 18420,
  linkPort: LINK_PORT,
  clickhousePort: 18423,
  linkNames: [machine.hostAddress],
  environment: { DEMARC_EVIDENCE_FRESH_SECONDS_MAX: String(FRESH_SECONDS_MAX) },
});
let browser: Browser;
let page: Page;
let local: Asset;
let second: Asset;

before(async () => {
  await platform.checkOut();
  await machine.boot();
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await machine[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

async function assets(): Promise<readonly Asset[]> {
  return platform.json<readonly Asset[]>('asset', 'list');
}

async function cell(assetId: string, controlId: string): Promise<Cell> {
  const matrix = await platform.json<{ readonly cells: readonly Cell[] }>('matrix', '--asset', assetId);
  const found = matrix.cells.find((candidate) => candidate.controlId === controlId);
  assert.ok(found !== undefined, `${controlId} is not in the matrix of ${assetId}`);
  return found;
}

const duty = (of: Cell, name: string) => of.duties.find((candidate) => candidate.duty === name);

async function changesOf(assetId: string, text: string): Promise<readonly FileEvent[]> {
  const found = await platform.api<{ readonly events: readonly FileEvent[] }>(
    'POST',
    '/v1/tenants/local/events/search',
    {
      from: new Date(Date.now() - 3_600_000).toISOString(),
      to: new Date(Date.now() + 60_000).toISOString(),
      classUids: [1001],
      assetId,
      text,
      limit: 100,
    },
  );
  return found.events;
}
