/** `kill -9` under load, a store that goes away, a disk that fills up: every record is accounted for. */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { SourceAccounting } from '@demarc/platform/contract/intake';
import { hashToken } from '@demarc/platform/identity';
import { openPostgres, type PostgresConnection } from '@demarc/platform/stores';
import { freePort, type TestClickHouse } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { carry } from '../siem.ts';
import { openTestRoad, openTestSiem, type TestRoad } from '../testing.ts';
import { baseEvent, Intake } from './intake.ts';
import { definitionFor, imbalance, scratch, untilTrue } from './testing.ts';

const here = grantTenantScope('here');
const KILLS = 4;
const RECORDS_PER_REQUEST = 200;
const SENDERS = 4;
const TOKEN = 'the-token-of-the-tests';
/** The same in every life of the child. */
const SOURCE = '8a3f0f5e-1d1c-4c8e-9b55-0c6f1a2b3c4d';
const STREAM = '8a3f0f5e-1d1c-4c8e-9b55-0c6f1a2b3c4e';

interface Setup {
  readonly postgres: PostgresConnection;
  readonly clickhouse: Pick<TestClickHouse, 'url' | 'username' | 'password' | 'database' | 'reader'>;
  readonly directory: string;
  readonly http: number;
  readonly tcp: number;
}

async function openIntake(setup: Setup): Promise<Intake> {
  const siem = {
    ...openTestSiem(openPostgres({ connection: setup.postgres }), setup.clickhouse),
    now: Date.now,
  };
  const intake = new Intake({
    directory: setup.directory,
    listen: {
      http: { host: '127.0.0.1', port: setup.http },
      syslogTcp: { host: '127.0.0.1', port: setup.tcp },
    },
    server: { certificate: '', key: '', expiresAtMs: 0 },
    authorityPem: '',
    normalise: baseEvent,
    carry: (tenant, batch) => carry(siem, tenant, batch),
    spoolBytesMax: 268_435_456,
    freeBytesMin: 0,
    lingerMs: 20,
    now: Date.now,
    monotonic: () => performance.now(),
    log: () => undefined,
  });
  await intake.listen();
  await intake.add(definitionFor(here, { kind: 'http' }, { sourceId: SOURCE, tokenHash: hashToken(TOKEN) }));
  const clear = definitionFor(here, { kind: 'syslog-tcp', port: null, peers: ['127.0.0.1'] });
  await intake.add({ ...clear, sourceId: STREAM });
  return intake;
}

/** The child: an intake until it is killed; says its accounts when it is asked. */
async function serve(): Promise<void> {
  const [setup] = (await once(process, 'message')) as [Setup];
  const intake = await openIntake(setup);
  process.on('message', () =>
    process.send?.(
      intake.sources.all().map(({ definition, accounting }) => [definition.sourceId, accounting]),
    ),
  );
  process.send?.('ready');
}

/** A way to the event store that can be closed. */
class Passage {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  readonly port: number;
  readonly #to: number;

  constructor(port: number, to: number) {
    this.port = port;
    this.#to = to;
  }

  async open(): Promise<void> {
    this.#server = createServer((near) => {
      const far = connect(this.#to, '127.0.0.1');
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => other.destroy()).on('close', () => other.destroy());
        socket.pipe(other);
      }
    });
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  close(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}

let road: TestRoad;
let passage: Passage;

async function setupIn(directory: string): Promise<Setup> {
  const { username, password, database, reader } = road.clickhouse;
  const url = `http://127.0.0.1:${passage.port}`;
  return {
    postgres: road.postgres.connection,
    clickhouse: { url, username, password, database, reader: { ...reader, url } },
    directory,
    http: await freePort(),
    tcp: await freePort(),
  };
}

async function countsBySource(): Promise<
  ReadonlyMap<string, { readonly n: number; readonly texts: number }>
> {
  const result = await road.siem.clickhouse.query({
    query: `SELECT asset_id, count() AS n, uniqExact(JSONExtractString(raw, 'raw_data')) AS texts FROM events GROUP BY asset_id`,
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ readonly asset_id: string; readonly n: string; readonly texts: string }>();
  return new Map(rows.map(({ asset_id, n, texts }) => [asset_id, { n: Number(n), texts: Number(texts) }]));
}

if (process.argv[2] === 'serve') await serve();
else {
  before(async () => {
    road = await openTestRoad();
    passage = new Passage(await freePort(), Number(new URL(road.clickhouse.url).port));
    await passage.open();
  });
  after(async () => {
    passage.close();
    await road[Symbol.asyncDispose]();
  });

  test('after many deaths and with the store away for a while, what was acknowledged is there once', async (t: TestContext) => {
    using place = scratch();
    const setup = await setupIn(place.directory);
    let child = await start(setup);
    const acknowledged = new Set<string>();
    let attempts = 0;
    let isOver = false;
    const sender = async (): Promise<void> => {
      while (!isOver) {
        attempts += 1;
        const texts = Array.from(
          { length: RECORDS_PER_REQUEST },
          (_, index) => `{"attempt":${attempts},"index":${index}}`,
        );
        try {
          const response = await fetch(`http://127.0.0.1:${setup.http}/ndjson`, {
            method: 'POST',
            headers: { authorization: `Bearer ${TOKEN}` },
            body: texts.join('\n'),
          });
          await response.text();
          if (response.status === 200) for (const text of texts) acknowledged.add(text);
        } catch {
          // Killed before it could answer: nobody knows what became of it, and nobody counts on it.
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    };
    let lines = 0;
    const stream = async (): Promise<void> => {
      while (!isOver) {
        const socket = connect(setup.tcp, '127.0.0.1');
        socket.on('error', () => undefined);
        const closed = new Promise((resolve) => socket.once('close', resolve));
        const timer = setInterval(() => {
          lines += 50;
          socket.write(
            Array.from({ length: 50 }, (_, index) => `<13>1 - - - - - - line ${lines + index}\n`).join(''),
          );
        }, 20);
        await Promise.race([closed, untilTrue(() => isOver, 60_000)]);
        clearInterval(timer);
        socket.end();
        await closed;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const senders = [...Array.from({ length: SENDERS }, sender), stream()];
    for (let kill = 0; kill < KILLS; kill += 1) {
      if (kill === 1) passage.close();
      if (kill === 3) await passage.open();
      await new Promise((resolve) => setTimeout(resolve, 200 + 130 * kill));
      const gone = once(child, 'exit');
      for (const account of (await accounts(child)).values()) t.assert.equal(imbalance(account), undefined);
      child.kill('SIGKILL');
      await gone;
      child = await start(setup);
      for (const account of (await accounts(child)).values()) t.assert.equal(imbalance(account), undefined);
    }
    isOver = true;
    await Promise.all(senders);
    await untilTrue(
      async () => [...(await accounts(child)).values()].every(({ waiting }) => waiting === 0),
      60_000,
    );
    const final = await accounts(child);
    child.kill('SIGKILL');
    const stored = await countsBySource();
    for (const id of [SOURCE, STREAM]) {
      const account = final.get(id);
      t.assert.equal(account && imbalance(account), undefined);
      t.assert.equal(stored.get(id)?.n, account?.stored, 'the account is what the store has');
      t.assert.equal(stored.get(id)?.n, stored.get(id)?.texts, 'each of them once');
      t.assert.equal(account?.duplicates, 0);
    }
    const result = await road.siem.clickhouse.query({
      query: `SELECT JSONExtractString(raw, 'raw_data') AS text FROM events WHERE asset_id = {source:String}`,
      query_params: { source: SOURCE },
      format: 'JSONEachRow',
    });
    const there = new Set((await result.json<{ readonly text: string }>()).map(({ text }) => text));
    t.assert.deepEqual(
      [...acknowledged].filter((text) => !there.has(text)),
      [],
    );
    t.assert.ok(acknowledged.size > 1_000, `only ${acknowledged.size} were acknowledged`);
    t.diagnostic(
      `${KILLS} deaths, ${acknowledged.size} acknowledged, ${there.size} stored, ${stored.get(STREAM)?.n} lines`,
    );
  });

  test('a full disk refuses, says so, and loses nothing that it took', async (t: TestContext) => {
    if (process.getuid?.() !== 0) return t.skip('NOT TESTED: mounting a file system needs root');
    const mount = join('/mnt', `demarc-intake-${process.pid}`);
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=0700', 'tmpfs', mount]);
    t.after(() => {
      execFileSync('umount', ['--lazy', mount]);
      rmSync(mount, { recursive: true });
    });
    passage.close();
    await road.siem.clickhouse.command({ query: 'TRUNCATE TABLE events' });
    const setup = await setupIn(join(mount, 'intake'));
    await using intake = await openIntake(setup);
    writeFileSync(join(mount, 'ballast'), Buffer.alloc(4 * 1_048_576));
    const statuses = new Map<number, number>();
    let taken = 0;
    for (let round = 0; round < 60; round += 1) {
      const response = await fetch(`http://127.0.0.1:${setup.http}/ndjson`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}` },
        body: Array.from(
          { length: 1_000 },
          (_, index) => `{"round":${round},"index":${index},"text":"${'x'.repeat(80)}"}`,
        ).join('\n'),
      });
      await response.text();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status === 200) taken += 1_000;
      const account = intake.sources.byId(SOURCE)?.accounting;
      t.assert.equal(account && imbalance(account), undefined);
    }
    t.assert.deepEqual(
      [...statuses.keys()].toSorted((a, b) => a - b),
      [200, 507],
    );
    const full = intake.sources.byId(SOURCE)?.accounting;
    t.assert.deepEqual(full?.refused, { 'disk-full': 60_000 - taken });
    t.assert.equal(full?.received, 60_000);
    await passage.open();
    rmSync(join(mount, 'ballast'));
    await untilTrue(() => intake.sources.byId(SOURCE)?.accounting.waiting === 0, 40_000);
    const account = intake.sources.byId(SOURCE)?.accounting;
    t.assert.equal(account?.stored, taken);
    const stored = (await countsBySource()).get(SOURCE);
    t.assert.deepEqual([stored?.n, stored?.texts], [taken, taken]);
    t.diagnostic(`${taken} of 60000 taken before the disk was full`);
  });
}

async function start(setup: Setup): Promise<ChildProcess> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = fork(import.meta.filename, ['serve'], { env, stdio: 'inherit' });
  child.send(setup);
  await once(child, 'message');
  return child;
}

async function accounts(child: ChildProcess): Promise<ReadonlyMap<string, SourceAccounting>> {
  child.send('accounts');
  const [found] = (await once(child, 'message')) as [readonly (readonly [string, SourceAccounting])[]];
  return new Map(found);
}
