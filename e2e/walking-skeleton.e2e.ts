/**
 * The whole story, from a clean clone: start, first administrator, buy, change files, see who did it,
 * enrol a second machine, cancel. Real processes, a real browser, a second network and mount namespace.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibilityProblems, inEachLook, keepPicture, openBrowser, WIDE } from './support/browser.ts';
import { Machine } from './support/machine.ts';
import { exec, Platform, until } from './support/platform.ts';

const LINK_PORT = 18421;
const UP_SECONDS_MAX = 180;
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
  readonly message: string;
  readonly file_diff?: string;
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
let local: Asset;
let second: Asset;

before(async () => {
  await platform.checkOut();
  await machine.boot();
});

after(async () => {
  await machine[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

/** What is asked again and again is asked of the API: a command takes half a second of a processor to start. */
async function assets(): Promise<readonly Asset[]> {
  return platform.api<readonly Asset[]>('GET', '/v1/tenants/local/assets');
}

async function cell(assetId: string, controlId: string): Promise<Cell> {
  return platform.cell<Cell>(assetId, controlId);
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

test('one command brings the platform up, and a second one finds it running', async () => {
  const startedAt = performance.now();
  const up = await platform.json<{ readonly url: string; readonly firstAdministratorLink: string | null }>(
    'up',
  );
  assert.ok(performance.now() - startedAt < UP_SECONDS_MAX * 1_000);
  assert.match(up.firstAdministratorLink ?? '', /\/first\?token=/);
  const first = await platform.parts();
  await platform.command(['up']);
  const parts = await platform.parts();
  assert.deepEqual(
    parts.map(({ name, pid }) => [name, pid]),
    first.map(({ name, pid }) => [name, pid]),
    'the second one starts nothing anew',
  );
  assert.deepEqual(
    parts.slice(0, 5).map(({ name, health }) => [name, health.state]),
    [
      ['postgres', 'healthy'],
      ['clickhouse', 'healthy'],
      ['server', 'healthy'],
      ['agent', 'healthy'],
      ['disk', 'healthy'],
    ],
  );
});

test('engines and server do not run as root', async () => {
  for (const [name, user] of [
    ['postgres', 'postgres'],
    ['clickhouse', 'demarc-events'],
    ['server', 'demarc'],
  ] as const) {
    const { pid } = await platform.part(name);
    const { stdout } = await exec('ps', ['-o', 'user:32=', '-p', String(pid)]);
    assert.equal(stdout.trim(), user);
  }
});

test('this machine is the first asset, and protects nothing that was not bought', async () => {
  const [only, ...others] = await assets();
  assert.ok(only !== undefined);
  assert.equal(others.length, 0);
  local = only;
  assert.ok(only.rooms.length > 0);
  assert.ok(only.rooms.every(({ health }) => health.state === 'stopped'));
  const unowned = await cell(local.assetId, 'VMS-09');
  assert.ok(
    unowned.duties.every(({ state }) => state === 'unowned'),
    'nobody accepted anything yet',
  );
  assert.equal(unowned.ownStatus, 'not-assessed');
});

test('buying moves the duties with the first passing evidence, not before', async () => {
  await platform.command(['schedule', 'accept']);
  assert.equal(duty(await cell(local.assetId, 'VMS-09'), 'operate')?.party, 'customer');
  const refused = await platform.failing(['service', 'buy', 'file-integrity-monitoring']);
  assert.match(refused.stderr, /ASSURANCE_PREREQUISITES_OPEN/);
  await platform.command(['service', 'buy', 'file-integrity-monitoring', '--accept-prerequisites']);
  // Also the canary's: it touches a file through the same sensor.
  await until(
    'own status is satisfied',
    60_000,
    async () => (await cell(local.assetId, 'VMS-09')).ownStatus === 'satisfied',
  );
  const moved = await cell(local.assetId, 'VMS-09');
  assert.deepEqual(
    moved.duties.map(({ duty: name, party }) => [name, party]),
    [
      ['operate', 'provider'],
      ['configure', 'customer'],
      ['respond', 'customer'],
      ['assure', 'provider'],
    ],
  );
  // The command line says the same.
  const { cells } = await platform.json<{ readonly cells: readonly Cell[] }>(
    'matrix',
    '--asset',
    local.assetId,
  );
  assert.deepEqual(cells.find(({ controlId }) => controlId === 'VMS-09')?.duties, moved.duties);
  const listed = await platform.json<readonly Asset[]>('asset', 'list');
  assert.deepEqual(
    listed.map(({ assetId }) => assetId),
    [local.assetId],
  );
});

test('a second machine enrols in its own network and mount namespace', async () => {
  await until(
    'the agent package is offered',
    60_000,
    async () => (await platform.part('agent-package')).health.state === 'healthy',
  );
  const { command, token } = await platform.json<{ readonly command: string; readonly token: string }>(
    'enroll-token',
    'create',
  );
  // As a person would: the one line, in a shell, on that machine.
  await machine.run(['sh', '-c', command]);
  const again = ['demarc-agent', 'enroll', '--server', `https://${machine.hostAddress}:${LINK_PORT}`];
  await assert.rejects(machine.run(again, { input: token }), /LINK_TOKEN_REFUSED/, 'a token works once');
  const forged = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
  await assert.rejects(machine.run(again, { input: forged }), /AGENT_SERVER_NOT_TRUSTED/);
  machine.launch(['demarc-agent', 'run']);
  await until('the second asset is online', 30_000, async () =>
    (await assets()).some(({ name, state }) => name === machine.name && state === 'online'),
  );
  const status = await machine.run(['demarc-agent', 'status']);
  assert.match(status.stdout, /connected to .*file-integrity-monitoring: stopped: not bought/s);
  const found = (await assets()).find(({ name }) => name === machine.name);
  assert.ok(found !== undefined);
  second = found;
});

test('changes on it are seen with the process and the user behind each', async () => {
  await platform.api('PUT', `/v1/tenants/local/policies/file-integrity-monitoring/assets/${second.assetId}`, {
    watch: ['/srv/watched'],
    diff: ['/srv/watched'],
    heartbeatSeconds: 5,
    canarySeconds: 10,
  });
  await platform.command([
    'service',
    'buy',
    'file-integrity-monitoring',
    '--asset',
    second.assetId,
    '--accept-prerequisites',
  ]);
  await until(
    'the duties moved there',
    60_000,
    async () => duty(await cell(second.assetId, 'VMS-09'), 'operate')?.party === 'provider',
  );
  const writers = ['root', 'nobody', 'www-data'] as const;
  for (const user of writers) {
    // The shell stays while the file is written: who it was must be known exactly.
    await machine.run(['sh', '-c', 'echo "made by $0" > /srv/watched/by-$0; sleep 2', user], { user });
  }
  await machine.run([
    'sh',
    '-c',
    'echo changed >> /srv/watched/by-root; sleep 2; mv /srv/watched/by-nobody /srv/watched/moved; sleep 2; rm /srv/watched/by-www-data; sleep 2',
  ]);
  // The last of them: of a file that is made there may be two events.
  await until('all of it arrived', 60_000, async () =>
    (await changesOf(second.assetId, 'srv')).some(({ message }) =>
      message.includes('by-www-data was deleted'),
    ),
  );
  const events = await changesOf(second.assetId, 'srv');
  for (const user of writers) {
    const made = events.find(
      ({ file, message }) => file.path === `/srv/watched/by-${user}` && message.includes('was created'),
    );
    assert.ok(made !== undefined, `the file of ${user} is there`);
    assert.equal(made.actor.process?.user?.name, user);
    assert.equal(made.actor.process?.name, 'dash');
    assert.match(made.actor.process?.cmd_line ?? '', new RegExp(`made by.*${user}`));
  }
  const changed = events.find(
    ({ file, message }) => file.path === '/srv/watched/by-root' && message.includes('changed'),
  );
  assert.match(changed?.file_diff ?? '', /\+changed/);
  assert.ok(events.some(({ message }) => message.includes('was renamed to /srv/watched/moved')));
  assert.ok(events.some(({ message }) => message.includes('by-www-data was deleted')));
});

test('a person finds all of it in the console, in a real browser', async () => {
  await using browser = await openBrowser();
  const link = (await platform.json<{ readonly firstAdministratorLink: string }>('up'))
    .firstAdministratorLink;
  for (const colorScheme of ['light', 'dark'] as const) {
    await using context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme,
      timezoneId: 'Europe/Berlin',
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text());
    });
    const person = { email: 'ann@example.org', password: 'four words that do not belong' };
    if (colorScheme === 'light') {
      await page.goto(link);
      await page.getByLabel('Name').fill('Ann Example');
    } else await page.goto(`${platform.url}/sign-in`);
    await page.getByLabel('E-mail').fill(person.email);
    await page.locator('input[name=password]').fill(person.password);
    assert.deepEqual(await accessibilityProblems(page), []);
    await page
      .getByRole('button', { name: colorScheme === 'light' ? 'Create the account' : 'Sign in' })
      .click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    assert.deepEqual(complaints, []);
    if (colorScheme === 'dark') continue;

    for (const [path, heading, picture] of [
      ['overview', 'Overview', 'overview'],
      ['matrix', 'Responsibility matrix', 'responsibility'],
      ['integrity', 'Integrity changes', 'integrity'],
      ['search', 'Event search', 'search'],
      ['gaps', 'Gaps', undefined],
      ['stack', 'Responsibility stack', undefined],
      ['mine', 'What is still mine', undefined],
      ['decisions', 'Decisions', undefined],
      ['obligations', 'Obligations', undefined],
      ['services', 'Services', undefined],
      ['assets', 'Assets', undefined],
      ['platform', 'Platform', undefined],
    ] as const) {
      await page.goto(`${platform.url}/t/local/${path}`);
      await page.getByRole('heading', { name: heading, exact: true }).waitFor();
      await page.waitForLoadState('load');
      await inEachLook(page, WIDE, async (look) => {
        assert.deepEqual(await accessibilityProblems(page), [], `${path}, ${look.colorScheme}`);
        if (picture !== undefined && look.colorScheme === 'light') await keepPicture(page, picture);
      });
    }
    assert.deepEqual(complaints, []);

    // The change that www-data made, with the process behind it.
    await page.goto(`${platform.url}/t/local/integrity?text=by-root`);
    await page
      .getByRole('row', { name: /by-root/ })
      .first()
      .click();
    const details = page.getByRole('dialog');
    await details.getByText('/usr/bin/dash').first().waitFor();
    assert.match(await details.innerText(), /\+changed/);
    await page.keyboard.press('Escape');

    // Why the control is what it is, down to the evidence.
    await page.goto(`${platform.url}/t/local/matrix?text=VMS-09&asset=${second.assetId}`);
    await page.getByRole('row', { name: /VMS-09/ }).click();
    await page
      .getByTestId('evidence-VMS-09.2')
      .getByText(/canary file came back/)
      .waitFor();
    await page.getByText('the service is bought and operational on this asset').first().waitFor();
    assert.deepEqual(await accessibilityProblems(page), [], 'the drawer');

    // What happens now arrives by itself, and does not move what is being read.
    await page.goto(`${platform.url}/t/local/integrity`);
    await page.getByRole('grid', { name: 'Integrity changes' }).waitFor();
    await machine.run(['sh', '-c', 'echo live > /srv/watched/live; sleep 0.2']);
    await page.getByTestId('fresh').click({ timeout: 15_000 });
    await page
      .getByRole('row', { name: /\/srv\/watched\/live/ })
      .first()
      .waitFor();

    // The one-time link is used up.
    await page.goto(link);
    await page.getByLabel('Name').fill('Mallory');
    await page.getByLabel('E-mail').fill('mallory@example.org');
    await page.locator('input[name=password]').fill(person.password);
    await page.getByRole('button', { name: 'Create the account' }).click();
    await page.getByRole('alert').getByText('IDENTITY_FIRST_LINK_INVALID').waitFor();
  }
});

test('a local change makes a finding when a rule says so', async () => {
  // In a file of its own, below a watched path, that no other program of this machine uses.
  await exec('sh', [
    '-c',
    'umask 077; echo "* * * * * nobody true" > /etc/cron.d/demarc-e2e; sleep 2; rm /etc/cron.d/demarc-e2e',
  ]);
  await until('the finding is stored', 30_000, async () => {
    const found = await platform.json<{ readonly matchedCount: number }>(
      'events',
      'search',
      '--class',
      '2004',
      '--text',
      'demarc-e2e',
    );
    return found.matchedCount >= 1;
  });
});

test('every part may be killed while events flow: each arrives, once', async () => {
  const total = 600;
  const writer = machine.launch([
    'sh',
    '-c',
    'mkdir -p /srv/watched/load; i=0; while [ $i -lt $0 ]; do echo $i > /srv/watched/load/f$i; i=$((i+1)); sleep 0.05; done',
    String(total),
  ]);
  const finished = new Promise((resolve) => writer.once('exit', resolve));
  for (const part of ['server', 'clickhouse', 'postgres', 'agent']) await platform.killPart(part);
  await finished;
  const seen = async (): Promise<Map<string, number>> => {
    const counts = new Map<string, number>();
    let cursor: string | null = null;
    do {
      const page: { readonly events: readonly FileEvent[]; readonly nextCursor: string | null } =
        await platform.api('POST', '/v1/tenants/local/events/search', {
          from: new Date(Date.now() - 3_600_000).toISOString(),
          to: new Date(Date.now() + 60_000).toISOString(),
          classUids: [1001],
          assetId: second.assetId,
          filters: [{ field: 'file.path', op: 'prefix', value: '/srv/watched/load/f' }],
          limit: 1000,
          ...(cursor === null ? {} : { cursor }),
        });
      for (const { file, message } of page.events)
        if (message.includes('was created')) counts.set(file.path, (counts.get(file.path) ?? 0) + 1);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return counts;
  };
  await until(`all ${total} files arrived`, 90_000, async () => (await seen()).size === total);
  assert.deepEqual(
    [...(await seen()).values()].filter((count) => count !== 1),
    [],
    'none arrived twice',
  );
});

test('a killed platform comes back with one command', async () => {
  const { pid } = await platform.json<{ readonly pid: number }>('status');
  process.kill(pid, 'SIGKILL');
  await platform.command(['up']);
  await until('the agents deliver again', 60_000, async () =>
    (await assets()).every(({ state }) => state === 'online'),
  );
});

test('a silent agent makes the status stale within its freshness, never green', async () => {
  // Of that machine alone: others run beside, in the same list of processes. The brackets spare the shell itself.
  const kill = 'pkill -9 --ns $$ --nslist net -f "[d]emarc-agent/agent.mjs run"';
  await machine.run(['sh', '-c', kill]);
  await until(
    'the status is stale',
    (FRESH_SECONDS_MAX + 20) * 1_000,
    async () => (await cell(second.assetId, 'VMS-09')).ownStatus === 'stale-evidence',
  );
  const stale = await cell(second.assetId, 'VMS-09');
  assert.equal(duty(stale, 'operate')?.party, 'provider', 'the duty does not slide back');
  assert.notEqual(stale.status, 'satisfied');
});

test('a revoked agent is refused at its next request', async () => {
  await platform.command(['asset', 'revoke', second.assetId]);
  const agent = machine.launch(['demarc-agent', 'run']);
  const said: Buffer[] = [];
  agent.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
  await until('the agent is told', 20_000, async () => Buffer.concat(said).toString().includes('revoked'));
  agent.kill('SIGKILL');
});

test('after a cancellation the duty is nobody’s until somebody takes it', async () => {
  const offers = await platform.json<
    readonly {
      readonly serviceId: string;
      readonly entitlements: readonly {
        readonly entitlementId: string;
        readonly assets: readonly { readonly assetId: string }[];
      }[];
    }[]
  >('service', 'list');
  const entitlement = offers
    .find(({ serviceId }) => serviceId === 'file-integrity-monitoring')
    ?.entitlements.find((candidate) => candidate.assets.some(({ assetId }) => assetId === local.assetId));
  assert.ok(entitlement !== undefined);
  const cancel = ['service', 'cancel', entitlement.entitlementId, '--reason', 'end-to-end test'];
  assert.match((await platform.failing(cancel)).stderr, /ASSURANCE_HANDOVER_OPEN/);
  const until30Days = new Date(Date.now() + 30 * 86_400_000).toISOString();
  await platform.command([...cancel, '--accept-risk-until', until30Days]);
  const left = await cell(local.assetId, 'VMS-09');
  assert.equal(duty(left, 'operate')?.state, 'unowned');
  assert.equal(duty(left, 'assure')?.state, 'unowned');
  await platform.command(['service', 'accept-handback', entitlement.entitlementId, local.assetId]);
  assert.equal(duty(await cell(local.assetId, 'VMS-09'), 'operate')?.party, 'customer');
  await until(
    'the room stopped',
    20_000,
    async () =>
      (await assets())
        .find(({ assetId }) => assetId === local.assetId)
        ?.rooms.find(({ serviceId }) => serviceId === 'file-integrity-monitoring')?.health.state ===
      'stopped',
  );
});

test('a backup restored into an empty directory gives the same answers', async () => {
  const everything = async () => ({
    // The agent goes on reporting: only what was there at the time of the backup is compared.
    events: await platform.json<{ readonly matchedCount: number }>(
      'events',
      'search',
      '--to',
      madeAt,
      '--limit',
      '1000',
    ),
    matrix: await platform.json<{ readonly cells: readonly Cell[] }>('matrix', '--as-of', madeAt),
    tenants: await platform.json('tenant', 'list'),
  });
  const backup = `${platform.dataDirectory}-backup`;
  const madeAt = new Date().toISOString();
  await platform.command(['backup', '--to', backup]);
  const before = await everything();
  assert.ok(before.events.matchedCount > 600);
  await platform.command(['down']);
  assert.match((await platform.failing(['restore', '--from', backup])).stderr, /CLI_RESTORE_NOT_EMPTY/);
  platform.environment['DEMARC_DATA_DIR'] = `${platform.dataDirectory}-restored`;
  await platform.command(['restore', '--from', backup]);
  await platform.command(['up']);
  const after = await everything();
  assert.equal(after.events.matchedCount, before.events.matchedCount);
  assert.deepEqual(after.events, {
    ...before.events,
    elapsedMs: (after.events as { elapsedMs?: number }).elapsedMs,
  });
  assert.deepEqual(after.matrix.cells, before.matrix.cells);
  assert.deepEqual(after.tenants, before.tenants);
});

test('what a command cannot do it says, with a code, a next step and an exit status', async () => {
  const unknown = await platform.failing(['asset', 'revoke', 'no-such-machine']);
  assert.equal(unknown.code, 5);
  assert.match(unknown.stderr, /CLI_UNKNOWN[\s\S]*Next step/);
  const usage = await platform.failing(['events', 'search', '--from', 'yesterday-ish']);
  assert.equal(usage.code, 2);
  await platform.command(['down']);
  assert.equal((await platform.failing(['status'])).code, 3);
});
