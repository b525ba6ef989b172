/**
 * Vulnerability scanning from the outside: a machine with an outdated package, a feed that somebody brings, what is then
 * found and why, a weakness that is accepted for a while, and the report that its recipient gets by e-mail and on paper.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { SMTPServer } from 'smtp-server';
import { accessibilityProblems, keepPicture, textOnPaper, WIDE } from './support/browser.ts';
import { Desk } from './support/desk.ts';
import { enrol, Machine } from './support/machine.ts';
import { exec, Platform, until } from './support/platform.ts';

const SERVICE = 'vulnerability-scanning';
const INDEX = 43;
const EXPLOITED = 'CVE-2026-99001';
const QUIET = 'CVE-2026-99002';
const AMS = 'ams@example.org';
/** The agent reads what is installed, the server takes it in and matches it: each in its own time. */
const FOUND_MS = 180_000;

interface Cell {
  readonly controlId: string;
  readonly ownStatus: string;
  readonly ownBecause?: string;
  readonly duties: readonly { readonly duty: string; readonly party: string | null }[];
}
interface Finding {
  readonly id: string;
  readonly vulnerability: string;
  readonly name: string;
  readonly decision: string;
  readonly isKnownExploited: boolean;
  readonly exception: { readonly approver: string } | null;
  readonly notSeen: { readonly because: string } | null;
}
interface Report {
  readonly id: string;
  readonly title: string;
  readonly dueAt: string | null;
  readonly state: string;
  readonly digest: string;
  readonly attempts: readonly { readonly answer: string }[];
}

const scratch = mkdtempSync(join(tmpdir(), 'demarc-vulnerabilities-'));
const machine = new Machine('erp-1', INDEX);
const mails: { readonly to: readonly string[]; readonly text: string }[] = [];
const smtp = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  onData(stream, session, callback) {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      const text = Buffer.concat(parts).toString();
      mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text });
      callback(null, `kept as ${mails.length}`);
    });
  },
});
await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
const platform = new Platform({
  apiPort: 20_490,
  linkPort: 20_491,
  clickhousePort: 20_493,
  linkNames: [machine.hostAddress],
  environment: { DEMARC_SMTP_URL: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}` },
});
let assetId = '';
const opened = new AsyncDisposableStack();
opened.use(platform);
opened.use(machine);
const agentLog: string[] = [];
let desk: Desk;
let page: Page;

before(async () => {
  await platform.checkOutBuilt();
  await machine.boot();
  desk = opened.use(await Desk.open(platform));
  ({ page } = desk);
});

let hasFailed = false;
afterEach((t) => {
  hasFailed ||= 'passed' in t && t.passed === false;
});
after(async () => {
  // For whoever reads why a test failed.
  if (hasFailed) {
    const { stdout } = await platform.failing(['logs', 'server']);
    console.log(stdout.slice(-6_000), agentLog.join('').slice(-4_000));
    await desk.keep('failed');
  }
  await opened.disposeAsync();
  await new Promise<void>((resolve) => smtp.close(resolve));
  rmSync(scratch, { recursive: true, force: true });
});

const vulnerabilities = <Reply>(path: string, method = 'GET', body?: object): Promise<Reply> =>
  platform.api(method, `/v1/tenants/local/vulnerabilities/${path}`, body);
const findings = async (query = ''): Promise<readonly Finding[]> =>
  (await vulnerabilities<{ readonly findings: readonly Finding[] }>(`findings?assetId=${assetId}${query}`))
    .findings;
const reports = async (): Promise<readonly Report[]> =>
  (await vulnerabilities<{ readonly reports: readonly Report[] }>('reports')).reports;

const cell = (controlId: string): Promise<Cell> => platform.cell<Cell>(assetId, controlId);

/** What Debian has of a package here, with a fix that is newer than any. */
function advisory(id: string, name: string, release: string): object {
  return {
    schema_version: '1.7.0',
    id,
    published: '2026-11-01T00:00:00Z',
    modified: new Date(Date.now() - 3_600_000).toISOString(),
    summary: `A weakness of ${name} that this test made up.`,
    affected: [
      {
        package: { ecosystem: `Debian:${release}`, name },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '99:1.0-1' }] }],
      },
    ],
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
    references: [{ type: 'ADVISORY', url: `https://example.org/${id}` }],
  };
}

test('pages say what to do before there is anything', async () => {
  for (const [path, heading, says] of [
    ['vulnerabilities', 'Vulnerabilities', 'No weakness is known'],
    ['vulnerability-feeds', 'Vulnerability feeds', 'No feed is in force'],
    ['accepted-weaknesses', 'Accepted weaknesses', 'Nothing is accepted'],
    ['vulnerability-reports', 'Vulnerability reports', 'Nobody gets a report yet'],
  ] as const) {
    await desk.open(path, heading);
    await page.getByRole('heading', { name: says }).waitFor();
    await desk.looksRight(`${path}-empty`, WIDE.slice(0, 1));
  }
});

test('the service is bought, a feed is brought, and what is outdated is found, the canary too', async () => {
  ({ assetId } = opened.use(await enrol(platform, machine, agentLog)));
  await platform.command(['schedule', 'accept']);
  await platform.command(['service', 'buy', SERVICE, '--asset', assetId, '--accept-prerequisites']);

  const release = execFileSync('sh', ['-c', '. /etc/os-release && echo "$VERSION_ID"']).toString().trim();
  const osv = join(scratch, 'test-debian.json');
  writeFileSync(osv, JSON.stringify([advisory(EXPLOITED, 'bash', release), advisory(QUIET, 'tar', release)]));
  const kev = join(scratch, 'cisa-kev');
  writeFileSync(
    kev,
    JSON.stringify({
      catalogVersion: '2026.11.27',
      vulnerabilities: [
        {
          cveID: EXPLOITED,
          dateAdded: new Date().toISOString().slice(0, 10),
          dueDate: new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10),
        },
      ],
    }),
  );
  await platform.command(['vuln', 'feeds', 'import', osv, kev]);
  await until('the weaknesses are found', FOUND_MS, async () => {
    const found = await findings();
    return [EXPLOITED, QUIET].every((id) => found.some(({ vulnerability }) => vulnerability === id));
  });
  const [first] = await findings();
  assert.deepEqual(
    [first?.vulnerability, first?.isKnownExploited],
    [EXPLOITED, true],
    'the most urgent first',
  );
  await until('the canary is found', FOUND_MS, async () => {
    const { machines } = await vulnerabilities<{
      readonly machines: readonly { readonly assetId: string; readonly notScannedBecause: string | null }[];
    }>('machines');
    const scanned = machines.find((each) => each.assetId === assetId);
    return scanned?.notScannedBecause === null;
  });
});

test('a person sees what is open, why, how urgent it is and who has to fix it', async () => {
  await desk.open('vulnerabilities', 'Vulnerabilities');
  await page
    .getByRole('row', { name: new RegExp(EXPLOITED) })
    .first()
    .waitFor();
  await page
    .getByTestId('feed-age')
    .getByText(/feeds? fresh/)
    .waitFor();
  await desk.looksRight('vulnerabilities');
  await keepPicture(page, 'vulnerabilities');
  await page.getByLabel('Vulnerability', { exact: true }).fill(QUIET);
  await page.getByLabel('Vulnerability', { exact: true }).press('Enter');
  await page
    .getByRole('row', { name: new RegExp(QUIET) })
    .first()
    .waitFor();
  await until(
    'the other is filtered away',
    10_000,
    async () => (await page.getByRole('row', { name: new RegExp(EXPLOITED) }).count()) === 0,
  );
  assert.match(page.url(), new RegExp(`vulnerability=${QUIET}`), 'a filter is in the address');

  await desk.open(`vulnerabilities?vulnerability=${EXPLOITED}`, 'Vulnerabilities');
  await page
    .getByRole('row', { name: new RegExp(EXPLOITED) })
    .first()
    .click();
  const drawer = page.getByRole('dialog');
  await drawer
    .getByText(/< 99:1\.0-1/)
    .first()
    .waitFor();
  await drawer.getByText('exploitation', { exact: true }).waitFor();
  await drawer.getByText(/CISA/).first().waitFor();
  await drawer
    .getByText(/VMS-04/)
    .first()
    .waitFor();
  await desk.looksRight('finding');
  // Until it is fixed something can stand before it: what is known of it is filled in.
  await drawer.getByRole('link', { name: 'a shield can stand before it' }).click();
  await page.getByRole('heading', { name: 'Shields', exact: true }).waitFor();
  const shield = page.getByRole('dialog', { name: 'Open a shield' });
  assert.equal(await shield.getByLabel('Advisory or CVE').inputValue(), EXPLOITED);
  // The machine that the finding is of, once the list of machines is there.
  await shield
    .getByLabel('Machine')
    .locator('option:checked', { hasText: machine.name })
    .waitFor({ state: 'attached' });
  await desk.looksRight('shield-for-finding');

  for (const [path, heading, row] of [
    ['scanned-machines', 'Scanned machines', machine.name],
    ['advisories', 'Advisories', EXPLOITED],
    ['vulnerability-feeds', 'Vulnerability feeds', 'cisa-kev'],
  ] as const) {
    await desk.open(path, heading);
    await page
      .getByRole('row', { name: new RegExp(row) })
      .first()
      .waitFor();
    await desk.looksRight(path);
    await page
      .getByRole('row', { name: new RegExp(row) })
      .first()
      .click();
    await page.getByRole('dialog').waitFor();
    await desk.looksRight(`${path}-open`);
  }
});

test('a weakness is accepted for a while: asked by one, approved by another, and taken back', async () => {
  await desk.open(`vulnerabilities?vulnerability=${QUIET}`, 'Vulnerabilities');
  await page
    .getByRole('row', { name: new RegExp(QUIET) })
    .first()
    .click();
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('button', { name: 'Ask for an exception' }).click();
  await drawer.getByLabel('Reason of the exception').fill('archives come from ourselves only');
  assert.deepEqual(await accessibilityProblems(page), [], 'asking for an exception');
  await drawer.getByRole('button', { name: 'Ask for it' }).click();
  await drawer.getByText('Waits for approval').waitFor();

  // Nobody approves what she asked for herself.
  await drawer.getByRole('textbox', { name: 'Reason', exact: true }).fill('I think so too');
  await drawer.getByRole('button', { name: 'Approve' }).click();
  await drawer.getByRole('alert').waitFor();
  await desk.looksRight('exception-refused');

  const { exceptions } = await vulnerabilities<{ readonly exceptions: readonly { readonly id: string }[] }>(
    'exceptions',
  );
  await vulnerabilities(`exceptions/${exceptions[0]?.id}/approve`, 'POST', {
    because: 'until the next window',
  });
  await desk.open('accepted-weaknesses', 'Accepted weaknesses');
  await page.getByRole('row', { name: /Holds.*Ann Example/ }).click();
  await page.getByRole('dialog').getByText('until the next window').waitFor();
  await desk.looksRight('accepted-weaknesses');
  await until('the finding waits', 30_000, async () =>
    (await findings('&excepted=true')).some(({ vulnerability }) => vulnerability === QUIET),
  );
});

test('a report comes by itself when it is due, by e-mail, and on paper when somebody asks', async () => {
  await desk.open('vulnerability-reports', 'Vulnerability reports');
  await page.getByRole('button', { name: 'Add a schedule' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name').fill('ERP for the AMS team');
  await form.getByLabel('How often').selectOption('daily');
  const due = new Date(Math.ceil((Date.now() + 75_000) / 60_000) * 60_000);
  await form.getByRole('textbox', { name: 'At', exact: true }).fill(due.toISOString().slice(11, 16));
  await form.getByLabel('On the clock of').fill('UTC');
  await form.getByLabel('Not before').fill(due.toISOString().slice(0, 10));
  await form.getByLabel('Who acts on it').selectOption('ams');
  await form.getByLabel('E-mail addresses').fill(AMS);
  await form
    .getByTestId('runs')
    .getByText(/It comes next on/)
    .waitFor();
  await desk.looksRight('schedule');
  await form.getByRole('button', { name: 'Add it' }).click();
  await page
    .getByRole('row', { name: /ERP for the AMS team/ })
    .first()
    .waitFor();

  await page.getByRole('button', { name: 'Make one now' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Make the report' }).click();
  const report = page.getByRole('dialog', { name: 'All machines' });
  await report.getByText('It was sent to nobody.').waitFor();
  await desk.looksRight('report');
  const started = page.waitForEvent('download');
  await report.getByRole('link', { name: 'PDF' }).click();
  const paper = join(scratch, 'report.pdf');
  await (await started).saveAs(paper);
  const { stdout } = await exec('pdftotext', ['-layout', paper, '-']);
  for (const said of [EXPLOITED, QUIET, machine.name, 'Accepted for a while', 'Not scanned', 'Feeds'])
    assert.ok(stdout.includes(said), `the paper does not say ${said}`);

  // Whoever has the data can make it again: the command line does, and comes to the same.
  const json = page.waitForEvent('download');
  await report.getByRole('link', { name: /^JSON/ }).click();
  const data = join(scratch, 'report.json');
  await (await json).saveAs(data);
  const { holds } = await platform.json<{ readonly holds: boolean }>(
    'vuln',
    'report',
    'verify',
    '--report',
    data,
  );
  assert.equal(holds, true);

  await until('the report that was due is delivered', 180_000, async () =>
    (await reports()).some(({ dueAt, state }) => dueAt !== null && state === 'delivered'),
  );
  const scheduled = (await reports()).filter(({ dueAt }) => dueAt !== null);
  assert.deepEqual(
    scheduled.map(({ dueAt }) => dueAt),
    [due.toISOString()],
    'once, and of that instant',
  );
  assert.match(scheduled[0]?.attempts[0]?.answer ?? '', /kept as 1/);
  assert.deepEqual(
    mails.map(({ to }) => to),
    [[AMS]],
  );
  assert.match(mails[0]?.text ?? '', /filename=.*\.pdf/);
  await page.keyboard.press('Escape');
  await page.reload();
  await page.getByRole('row', { name: /ERP for the AMS team.*Delivered/ }).waitFor();
  await desk.looksRight('vulnerability-reports');
  await keepPicture(page, 'vulnerability-reports');
});

test('scanning is proved: machine scanned, feed fresh, canary found, report delivered; nobody’s duty was moved', async () => {
  await until('MGT-09 holds', FOUND_MS, async () => (await cell('MGT-09')).ownStatus === 'satisfied');
  const { duties } = await cell('MGT-09');
  assert.equal(duties.find(({ duty }) => duty === 'operate')?.party, 'provider');
  assert.notEqual(
    (await cell('VMS-04')).duties.find(({ duty }) => duty === 'operate')?.party,
    'provider',
    'who scans has not to patch',
  );
});

test('who empties a machine’s database of packages has mended nothing: what nobody can see any more stays open', async () => {
  const status = '/var/lib/dpkg/status';
  const notSeen = async (): Promise<Finding['notSeen'] | undefined> =>
    (await findings()).find(({ vulnerability }) => vulnerability === EXPLOITED)?.notSeen;
  // For another policy it is read at once, and without all of the disk: beside others that takes minutes.
  const readAgain = (policy: object): Promise<unknown> =>
    platform.api('PUT', `/v1/tenants/local/policies/${SERVICE}/assets/${assetId}`, policy);
  await machine.run(['sh', '-c', 'cp "$1" "$1.kept" && : > "$1"', 'empty', status]);
  await readAgain({ languages: false });
  await until('nobody can look', FOUND_MS, async () => typeof (await notSeen())?.because === 'string');

  await desk.open(`vulnerabilities?vulnerability=${EXPLOITED}`, 'Vulnerabilities');
  const row = page.getByRole('row', { name: new RegExp(EXPLOITED) }).first();
  await row.getByText('not seen').waitFor();
  await desk.looksRight('not-seen');
  const paper = await textOnPaper(page);
  assert.match(paper, new RegExp(`${EXPLOITED}[^]*not seen`), 'on paper too');
  assert.doesNotMatch(paper, /\bago\b|\bin \d+ /, 'nobody knows of when a paper is');
  await row.click();
  const drawer = page.getByRole('dialog');
  await drawer.getByText(/the database of deb packages was not read, or not all of it/).waitFor();
  await desk.looksRight('not-seen-open');

  await machine.run(['mv', `${status}.kept`, status]);
  await readAgain({ languages: false, exclude: ['/srv'] });
  await until('it is seen again', FOUND_MS, async () => (await notSeen()) === null);
  assert.deepEqual(desk.complaints, []);
});
