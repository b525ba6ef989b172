/** The package as dpkg and systemd see it. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { packageAgent } from './package-agent.ts';

const run = promisify(execFile);
const UNIT = 'lib/systemd/system/demarc-agent.service';
/** systemd-analyze(1): 0 is closed off, 10 has no bounds; below 5 it says "OK". */
const EXPOSURE_MAX = 5;
const ANALYZE = '/usr/bin/systemd-analyze';

let directory: string;
let file: string;
let root: string;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'demarc-deb-'));
  file = join(directory, 'demarc-agent.deb');
  root = join(directory, 'root');
  await packageAgent(file);
  await run('dpkg-deb', ['--extract', file, root]);
});

after(() => rmSync(directory, { recursive: true, force: true }));

test('what it installs belongs to root and nobody else may write it', async (t: TestContext) => {
  const { stdout } = await run('dpkg-deb', ['--contents', file]);
  const entries = stdout
    .trim()
    .split('\n')
    .map((line) => /^(\S+) (\S+) +\d+ \S+ \S+ (\.\/\S*)/.exec(line) ?? []);
  t.assert.ok(entries.length > 20);
  for (const [line = '', mode = '', owner = ''] of entries) {
    t.assert.equal(owner, 'root/root', line);
    t.assert.match(mode, /^[-d]rw[x-]r-[x-]r-[x-]$/, line);
  }
  const outside = entries
    .map(([, , , path = '']) => path)
    .filter((path) => !path.endsWith('/') && !path.startsWith('./opt/demarc-agent/'));
  t.assert.deepEqual(outside, [`./${UNIT}`, './usr/bin/demarc-agent']);
});

test('the same sources give the same bytes', async (t: TestContext) => {
  const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
  const again = join(directory, 'again.deb');
  await packageAgent(again);
  t.assert.equal(digest(again), digest(file));
});

test('the bundle runs from where it was unpacked, and says what is missing', async (t: TestContext) => {
  const agent = join(root, 'opt/demarc-agent');
  const environment = { DEMARC_AGENT_DIR: join(directory, 'state'), PATH: '/usr/bin:/bin' };
  const status = run(join(agent, 'node'), [join(agent, 'agent.mjs'), 'status'], {
    env: environment,
    cwd: '/',
  });
  await t.assert.rejects(status, /AGENT_NOT_RUNNING[\s\S]*Next step/);
});

test('the firewall’s programs are in the bundle: what outlives the agent is taken away with it', async (t: TestContext) => {
  const agent = join(root, 'opt/demarc-agent');
  // In a network namespace of its own, with the machine's libnftables.
  const inside = (...command: readonly string[]): ReturnType<typeof run> =>
    run('unshare', [
      '--net',
      'sh',
      '-ec',
      'nft add table inet demarc; "$@"; nft list tables',
      '-',
      ...command,
    ]);
  const node = join(agent, 'node');
  const { stdout } = await inside(node, join(agent, 'agent.mjs'), 'worker', 'host-firewall/remove');
  t.assert.equal(stdout, '');
  const watched = await inside(
    node,
    join(agent, 'agent.mjs'),
    'worker',
    'host-firewall/watchdog',
    join(directory, 'rooms'),
    '00000000-0000-4000-8000-000000000000',
    '0',
  );
  t.assert.equal(
    watched.stdout,
    'awake\ntable inet demarc\n',
    'nobody asked for a change that it could take back',
  );
});

test('the unit leaves the firewall’s watchdog alive and may use a device for its probe', (t: TestContext) => {
  const unit = readFileSync(join(root, UNIT), 'utf8');
  for (const line of ['KillMode=process', 'Restart=always', 'DeviceAllow=/dev/net/tun rw'])
    t.assert.match(unit, new RegExp(`^${line}$`, 'm'));
  t.assert.match(unit, /^CapabilityBoundingSet=.*CAP_NET_ADMIN/m);
});

test('systemd understands the unit and finds little to reproach it with', async (t: TestContext) => {
  if (!existsSync(ANALYZE))
    return t.skip('NOT SHOWN: there is no systemd-analyze here (Debian package systemd)');
  // The command it starts is installed nowhere here; that is all it may miss.
  const verified = await run(ANALYZE, ['verify', '--man=no', join(root, UNIT)]).then(
    ({ stderr }) => stderr,
    (error: { readonly stderr: string }) => error.stderr,
  );
  const complaints = verified.split('\n').filter((line) => line.includes('demarc-agent.service'));
  t.assert.deepEqual(complaints, [
    'demarc-agent.service: Command /usr/bin/demarc-agent is not executable: No such file or directory',
  ]);
  const { stdout } = await run(ANALYZE, [
    'security',
    '--offline=true',
    '--json=short',
    `--threshold=${EXPOSURE_MAX * 10}`,
    join(root, UNIT),
  ]);
  const reproaches = JSON.parse(stdout) as readonly { readonly name: string; readonly set: boolean | null }[];
  t.diagnostic(
    `not closed off: ${reproaches
      .filter(({ set }) => set === false)
      .map(({ name }) => name)
      .join(', ')}`,
  );
});
