/**
 * Patching from the outside: a machine with an outdated package and a repository that has a newer one, a window, a plan in
 * the browser, the approval of whose duty it is, and then what the machine has, what a new scan says, and what nobody ordered.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { keepPicture, WIDE_AND_NARROW } from './support/browser.ts';
import { Desk } from './support/desk.ts';
import { enrol, Machine } from './support/machine.ts';
import { Platform, until } from './support/platform.ts';

const INDEX = 44;
const PACKAGE = 'demarc-e2e-tool';
const WEAKNESS = 'CVE-2026-99101';
/** Feeds, inventories and jobs each have their own turn. */
const PATIENCE_MS = 300_000;
/** The server looks every five minutes whether machines can be patched. */
const EVIDENCE_MS = 420_000;
/** From now on: the machine has to be asked, and the job approved, before it opens. */
const OPENS_IN_MS = 120_000;
const PAGES = [
  ['maintenance-windows', 'Maintenance windows'],
  ['patch-plan', 'Patch plan'],
  ['patch-jobs', 'Patch jobs'],
] as const;

interface Job {
  readonly id: string;
  readonly state: string;
  readonly verification: string;
  readonly party: string | null;
  readonly mayApprove: boolean;
  readonly packages: readonly { readonly name: string; readonly from: string; readonly to: string | null }[];
  readonly outcome: { readonly result: string } | null;
}
interface Cell {
  readonly controlId: string;
  readonly duties: readonly { readonly duty: string; readonly party: string | null }[];
}
interface Shield {
  readonly state: string;
  readonly vulnerability: string;
}

const scratch = mkdtempSync(join(tmpdir(), 'demarc-patching-e2e-'));
const machine = new Machine('erp-2', INDEX);
const platform = new Platform({
  apiPort: 20_510,
  linkPort: 20_511,
  clickhousePort: 20_513,
  linkNames: [machine.hostAddress],
});
const opened = new AsyncDisposableStack();
opened.use(platform);
opened.use(machine);
let assetId = '';
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
  rmSync(scratch, { recursive: true, force: true });
});

const patching = <Reply>(path: string, method = 'GET', body?: object): Promise<Reply> =>
  platform.api(method, `/v1/tenants/local/patching/${path}`, body);
const job = async (): Promise<Job> => {
  const { jobs } = await patching<{ readonly jobs: readonly { readonly id: string }[] }>('jobs');
  assert.equal(jobs.length, 1);
  return patching<Job>(`jobs/${jobs[0]?.id}`);
};
const installed = async (): Promise<string> =>
  (await machine.run(['dpkg-query', '--show', '--showformat=${Version}', PACKAGE])).stdout;

/** Two versions of a package, the older of them installed, and a repository that has both; the machine's only one. */
const REPOSITORY = `set -eu
name=$1 repository=/srv/repository
mkdir -p "$repository"
for version in 1.0-1 2.0-1; do
  tree=$(mktemp -d)
  mkdir -p "$tree/DEBIAN" "$tree/usr/share/$name"
  echo "$version" > "$tree/usr/share/$name/version"
  printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: Nobody <nobody@example.org>\\nDescription: of a test\\n' \\
    "$name" "$version" > "$tree/DEBIAN/control"
  chmod -R go+rX "$tree"
  dpkg-deb --root-owner-group --build "$tree" "$repository/\${name}_$version.deb" >/dev/null
  file="\${name}_$version.deb"
  dpkg-deb --field "$repository/$file" >> "$repository/Packages"
  printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$file" "$(stat -c %s "$repository/$file")" \\
    "$(sha256sum "$repository/$file" | cut -d ' ' -f 1)" >> "$repository/Packages"
done
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
echo "deb [trusted=yes] file:$repository ./" > /etc/apt/sources.list
apt-get update -qq
apt-get install -y -qq "$name=1.0-1"
`;

test('pages say what to do before there is anything', async () => {
  for (const [path, heading] of PAGES) {
    await desk.open(path, heading);
    await desk.looksRight(`${path}-empty`, WIDE_AND_NARROW);
  }
});

test('what is outdated on a machine is found, and shielded until it is patched', async () => {
  await machine.run(['sh', '-c', REPOSITORY, 'repository', PACKAGE]);
  assert.equal(await installed(), '1.0-1');
  ({ assetId } = opened.use(await enrol(platform, machine, agentLog)));
  await platform.command(['schedule', 'accept']);
  for (const service of ['vulnerability-scanning', 'host-ids-firewall', 'ams-patching'])
    await platform.command(['service', 'buy', service, '--asset', assetId, '--accept-prerequisites']);
  const { stdout } = await machine.run(['sh', '-c', '. /etc/os-release && echo "$VERSION_ID"']);
  const osv = join(scratch, 'test-debian.json');
  writeFileSync(
    osv,
    JSON.stringify([
      {
        schema_version: '1.7.0',
        id: WEAKNESS,
        modified: new Date(Date.now() - 3_600_000).toISOString(),
        affected: [
          {
            package: { ecosystem: `Debian:${stdout.trim()}`, name: PACKAGE },
            ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.0-1' }] }],
          },
        ],
        severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
      },
    ]),
  );
  await platform.command(['vuln', 'feeds', 'import', osv]);
  await until('the weakness is found', PATIENCE_MS, async () => {
    const { findings } = await platform.api<{ readonly findings: readonly object[] }>(
      'GET',
      `/v1/tenants/local/vulnerabilities/findings?assetId=${assetId}&vulnerability=${WEAKNESS}`,
    );
    return findings.length === 1;
  });
  const against = ['--port', 'tcp/9', '--because', 'until it is patched'];
  await platform.command(['shield', 'open', WEAKNESS, '--asset', assetId, ...against]);
  await until(
    'the duty moved with the first evidence',
    EVIDENCE_MS,
    async () =>
      (await platform.cell<Cell>(assetId, 'VMS-04')).duties.find(({ duty }) => duty === 'operate')?.party ===
      'ams',
  );
});

test('a person plans it into a window and publishes the plan', async () => {
  const startsAt = new Date(Date.now() + OPENS_IN_MS).toISOString();
  await patching('windows', 'POST', { name: 'tonight', minutes: 60, startsAt });
  await desk.open('patch-plan', 'Patch plan');
  await page.getByRole('button', { name: 'Make a plan' }).click();
  await page.getByRole('button', { name: 'Publish it' }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByLabel('Why it is published').fill('as agreed with the customer');
  await drawer.getByRole('button', { name: 'Publish it' }).click();
  await drawer.waitFor({ state: 'detached' });
  await page.getByText(PACKAGE).first().waitFor();
  await until('the machine said what it would install', PATIENCE_MS, async () => {
    const { state } = await job();
    return state === 'proposed';
  });
  const { packages, party } = await job();
  assert.deepEqual(
    packages.map(({ name, from, to }) => [name, from, to]),
    [[PACKAGE, '1.0-1', '2.0-1']],
  );
  assert.equal(party, 'ams');
  assert.equal(await installed(), '1.0-1', 'nothing is done before it is approved');
});

test('who has the duty approves, nobody else', async () => {
  await desk.open('patch-jobs', 'Patch jobs');
  await page.getByRole('row', { name: new RegExp(machine.name) }).click();
  const drawer = page.getByRole('dialog');
  await drawer
    .getByText(/the duty to patch this machine is of ams/)
    .first()
    .waitFor();
  assert.equal(await drawer.getByRole('button', { name: 'Approve' }).count(), 0);
  const { id, mayApprove } = await job();
  assert.equal(mayApprove, true, 'the operator of the platform speaks for the AMS team');
  await patching(`jobs/${id}/approve`, 'POST', { because: 'tested in QAS' });
  for (const [path, heading] of PAGES) {
    await desk.open(path, heading);
    await page.getByText('tonight').first().waitFor();
    await keepPicture(page, path);
    await desk.looksRight(path, WIDE_AND_NARROW);
  }
});

test('within the window the machine has it, a new scan proves it, and the shield goes by itself', async () => {
  await until('the job ended', OPENS_IN_MS + PATIENCE_MS, async () => (await job()).state === 'ended');
  const ended = await job();
  assert.equal(ended.outcome?.result, 'done', JSON.stringify(ended.outcome));
  assert.equal(await installed(), '2.0-1');
  await until('a new scan verified it', PATIENCE_MS, async () => (await job()).verification === 'verified');
  await until('the shield is withdrawn', PATIENCE_MS, async () => {
    const { shields } = await platform.json<{ readonly shields: readonly Shield[] }>('shield', 'list');
    return shields.every(({ vulnerability, state }) => vulnerability === WEAKNESS && state === 'withdrawn');
  });
  await desk.open('patch-jobs', 'Patch jobs');
  await page.getByRole('row', { name: new RegExp(machine.name) }).click();
  await page.getByRole('dialog').getByText('2.0-1').first().waitFor();
  await keepPicture(page, 'patch-job');
  await desk.looksRight('patch-job', WIDE_AND_NARROW);
});

test('what was patched can be taken back', async () => {
  const { id } = await job();
  await patching(`jobs/${id}/roll-back`, 'POST', { because: 'the application does not start' });
  await until('it was taken back', PATIENCE_MS, async () => (await job()).state === 'taken-back');
  assert.equal(await installed(), '1.0-1');
  assert.deepEqual(desk.complaints, []);
});
