/** What stands in the way of `./demarc up`, as whoever typed it sees it: a code, a sentence, a next step. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { postgresBinaries } from '@demarc/platform/stores/engines';
import { Installation, said } from './testing.ts';

let installation: Installation;
let data = '';

before(async () => {
  installation = await Installation.make({});
  data = installation.environment['DEMARC_DATA_DIR'] ?? '';
  await installation.json('up');
  await installation.json('down');
});

after(() => installation[Symbol.asyncDispose]());

/** Runs `up` with something in its way, takes it away again, and returns what `up` said. */
async function refused(
  t: TestContext,
  code: string,
  inTheWay: () => Promise<() => unknown>,
): Promise<string> {
  const away = await inTheWay();
  const answer = await installation.try('up');
  await away();
  t.assert.notEqual(answer.code, 0);
  const { error } = JSON.parse(answer.stdout) as { error: { code: string; message: string; fix: string } };
  t.assert.equal(error.code, code, said(answer));
  t.assert.ok(error.fix.length > 20);
  t.assert.equal((await installation.try('status')).code, 3, 'nothing is left running');
  return error.message;
}

function damaged(path: string, content: string): () => Promise<() => void> {
  return async () => {
    const kept = readFileSync(join(data, path));
    writeFileSync(join(data, path), content);
    return () => writeFileSync(join(data, path), kept);
  };
}

for (const [setting, code] of [
  ['DEMARC_API_LISTEN', 'SERVER_CANNOT_LISTEN'],
  ['DEMARC_LINK_LISTEN', 'SERVER_CANNOT_LISTEN'],
  ['DEMARC_CLICKHOUSE_PORT', 'STORES_PORT_TAKEN'],
] as const) {
  test(`a taken port: ${setting}`, async (t: TestContext) => {
    const port = Number(installation.environment[setting]?.split(':').at(-1));
    const message = await refused(t, code, async () => {
      const taker: Server = createServer((caller) => caller.destroy());
      await new Promise<void>((resolve) => taker.listen(port, '127.0.0.1', resolve));
      return () => new Promise((resolve) => taker.close(resolve));
    });
    t.assert.ok(message.includes(setting) && message.includes(String(port)), message);
  });
}

test('data that another PostgreSQL uses', async (t: TestContext) => {
  if (process.getuid?.() !== 0) throw new Error('this needs root: run it as root');
  await refused(t, 'STORES_DATA_DIRECTORY_LOCKED', async () => {
    const other: ChildProcess = spawn(
      'setpriv',
      [
        '--reuid=postgres',
        '--regid=postgres',
        '--clear-groups',
        join(postgresBinaries().directory, 'postgres'),
        '-D',
        join(data, 'postgres'),
        '-k',
        join(data, 'postgres'),
        '-p',
        '5999',
        '-c',
        'listen_addresses=',
      ],
      { stdio: 'ignore' },
    );
    const ended = new Promise((resolve) => other.once('exit', resolve));
    while (!existsSync(join(data, 'postgres', '.s.PGSQL.5999')))
      await new Promise((resolve) => setTimeout(resolve, 50));
    return () => {
      other.kill('SIGINT');
      return ended;
    };
  });
});

test('a corrupt PostgreSQL', async (t: TestContext) => {
  await refused(t, 'STORES_DATA_DIRECTORY_CORRUPT', damaged('postgres/global/pg_control', 'x'));
});

test('a corrupt ClickHouse', async (t: TestContext) => {
  const [table] = globSync('clickhouse/store/*/*/events.sql', { cwd: data });
  await refused(t, 'STORES_DATA_DIRECTORY_CORRUPT', damaged(table ?? '', 'junk'));
});

test('damaged keys', async (t: TestContext) => {
  const message = await refused(t, 'CONFIG_SECRETS_DAMAGED', damaged('keys/secrets.json', '{"postgres":'));
  t.assert.doesNotMatch(message, /[\w-]{40}/);
  await refused(t, 'IDENTITY_AUTHORITY_DAMAGED', damaged('keys/authority.pem', 'x'));
});

test('a file where the data directory should be', async (t: TestContext) => {
  const file = join(installation.directory, 'file');
  writeFileSync(file, '');
  const kept = installation.environment['DEMARC_DATA_DIR'] ?? '';
  installation.environment['DEMARC_DATA_DIR'] = file;
  await refused(t, 'CLI_DATA_DIRECTORY_UNUSABLE', async () => () => rmSync(file));
  installation.environment['DEMARC_DATA_DIR'] = kept;
});

test('a damaged identity of this machine’s agent is enrolled again, as the same asset', async (t: TestContext) => {
  if (process.getuid?.() !== 0) throw new Error('the agent needs root: run this test as root');
  const identity = join(data, 'agent', 'identity.json');
  const { assetId } = JSON.parse(readFileSync(identity, 'utf8')) as { readonly assetId: string };
  truncateSync(identity, 10);
  await installation.json('up');
  const assets = await installation.json<readonly { readonly assetId: string; readonly state: string }[]>(
    'asset',
    'list',
  );
  t.assert.deepEqual(
    assets.map((asset) => [asset.assetId, asset.state]),
    [[assetId, 'online']],
  );
  // And nothing of the above was left behind that a healthy platform would show.
  t.assert.doesNotMatch(JSON.stringify(await installation.json('status')), /"(?:failed|degraded)"/);
});
