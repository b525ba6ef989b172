/** The link with real agents, real certificates and the real stores: what goes wrong between two machines. */
import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, connect, constants, createSecureServer } from 'node:http2';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { zstdCompressSync } from 'node:zlib';
import { type CertificateAuthority, openAuthority, type ServerCertificate } from '@demarc/platform/identity';
import { makeRequest } from '@demarc/platform/identity/request';
import { readNote } from '@demarc/platform/notes';
import type { PostgresStore } from '@demarc/platform/stores';
import { freePort } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { carry, type Siem } from '@demarc/siem';
import { openTestStores, type TestStores } from '../testing.ts';
import { createEnrollmentToken, listAssets, revokeAsset } from './assets.ts';
import type { Exchange } from './body.ts';
import { pinOf, renewedCertificate } from './certificate.ts';
import { type Link, startLink } from './listener.ts';

/** As large as the real one. */
const PACKAGE_BYTES = 50_000_000;
const tenant = grantTenantScope('local');
const scratch = mkdtempSync(join(tmpdir(), 'demarc-link-'));
const agents: TestAgent[] = [];
const exchanges: Exchange[] = [];

let stores: TestStores;
let store: PostgresStore;
let siem: Siem;
let authority: CertificateAuthority;
let server: ServerCertificate;
let port = 0;
let link: Link;
let certificateSeconds = 3_600;
let bodySeconds = 20;
let aheadMs = 0;
/** The keys that the server would accept a signature by, at the last exchange. */
let lastKeys: readonly string[] = [];

before(async () => {
  if (process.getuid?.() !== 0) throw new Error('the agent needs root: run this test as root');
  stores = await openTestStores({ now: Date.now });
  ({ store, siem } = stores);
  authority = await openAuthority(join(scratch, 'authority'), Date.now());
  server = await authority.issueServer(['127.0.0.1', 'localhost'], Date.now());
  port = await freePort();
  await up();
});

after(async () => {
  for (const agent of agents) await agent.stop();
  await link[Symbol.asyncDispose]();
  await stores[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

async function up(): Promise<void> {
  link = await startLink({
    listen: { host: '127.0.0.1', port },
    server,
    authority,
    store,
    certificateSeconds,
    bodySeconds,
    async carry(scope, assetId, exchange, publicKeysPem) {
      lastKeys = publicKeysPem;
      exchanges.push(exchange);
      const { header, events, rejected, bytesHint } = exchange;
      if (header.batchToken === undefined) return undefined;
      return carry(siem, scope, {
        batchToken: header.batchToken,
        assetId,
        events,
        malformed: rejected,
        bytesHint,
      });
    },
    policiesFor: async (_scope, assetId) => {
      // One machine, one asset: the agent that was started last.
      const agent = agents.findLast((each) => each.assetId === assetId);
      const policy = { watch: [agent?.watched ?? '/nowhere'], exclude: [], diff: [], heartbeatSeconds: 5 };
      return [{ serviceId: 'file-integrity-monitoring', policyVersion: '1', policy, orders: [] }];
    },
    onSeen: async () => undefined,
    onEnrolled: async () => undefined,
    installer: async () => '#!/bin/sh\n',
    agentPackage: async () => ({ bytes: PACKAGE_BYTES, open: () => Readable.from(packageChunks()) }),
    log: () => undefined,
    now: () => Date.now() + aheadMs,
  });
}

async function restart(changed: { certificateSeconds?: number; bodySeconds?: number } = {}): Promise<void> {
  await link[Symbol.asyncDispose]();
  certificateSeconds = changed.certificateSeconds ?? 3_600;
  bodySeconds = changed.bodySeconds ?? 20;
  await up();
}

interface Status {
  readonly connected: boolean;
  readonly because: string;
  readonly clockOffsetMs: number | null;
  readonly certificateExpiresAtMs: number;
  readonly rooms: readonly { readonly serviceId: string; readonly health: { readonly state: string } }[];
}

/** Twenty agents are started: with what is compiled already, each in half the time. */
const COMPILED = {
  NODE_COMPILE_CACHE: resolve('node_modules/.demarc-compiled'),
  NODE_COMPILE_CACHE_PORTABLE: '1',
};

class TestAgent {
  readonly directory: string;
  readonly watched: string;
  assetId = '';
  #process: ChildProcess | undefined;
  #environment: Record<string, string>;

  constructor(name: string, environment: Record<string, string> = {}) {
    this.directory = join(scratch, name);
    this.watched = join(scratch, `${name}-watched`);
    mkdirSync(this.watched);
    this.#environment = {
      PATH: '/usr/bin:/bin',
      DEMARC_AGENT_DIR: this.directory,
      ...COMPILED,
      ...environment,
    };
    agents.push(this);
  }

  /** What `demarc-agent enroll` says, and with which exit code. */
  async enroll(token: string): Promise<{ readonly code: number; readonly said: string }> {
    const child = spawn(
      process.execPath,
      ['apps/agent/main.ts', 'enroll', '--server', `https://127.0.0.1:${port}`, '--json'],
      { env: this.#environment, stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const output of [child.stdout, child.stderr])
      output.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    child.stdin.end(token);
    const [code] = (await once(child, 'close')) as [number];
    if (code === 0) this.assetId = (JSON.parse(said) as { assetId: string }).assetId;
    return { code, said };
  }

  start(): void {
    this.#process = spawn(process.execPath, ['apps/agent/main.ts', 'run'], {
      env: this.#environment,
      stdio: ['ignore', 'ignore', 'ignore'],
    });
  }

  async kill(): Promise<void> {
    if (this.#process === undefined || this.#process.exitCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  async stop(): Promise<void> {
    await this.kill();
    this.#process = undefined;
  }

  status(): Status | undefined {
    return readNote(join(this.directory, 'status.json')) as Status | undefined;
  }

  identity(): {
    readonly certificate: string;
    readonly key: string;
    readonly earlierKeys: readonly string[];
  } {
    return JSON.parse(readFileSync(join(this.directory, 'identity.json'), 'utf8'));
  }

  async watches(): Promise<void> {
    await until('it watches', () =>
      (this.status()?.rooms ?? []).some(
        ({ serviceId, health }) => serviceId === 'file-integrity-monitoring' && health.state === 'healthy',
      ),
    );
  }

  /** Each is there whole at once: of one that is seen half written, and again after a restart, two are told with right. */
  write(name: string, count: number): readonly string[] {
    const aside = join(scratch, 'being-written');
    const paths = Array.from({ length: count }, (_, index) => join(this.watched, `${name}-${index}`));
    for (const path of paths) {
      writeFileSync(aside, name);
      renameSync(aside, path);
    }
    return paths;
  }
}

async function until(what: string, holds: () => boolean | Promise<boolean>, seconds = 120): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`gave up waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function token(): Promise<string> {
  const { secret } = await createEnrollmentToken(store, tenant, 'test', Date.now() + aheadMs);
  return `${secret}.${authority.fingerprint}`;
}

async function enrolled(name: string, environment?: Record<string, string>): Promise<TestAgent> {
  const agent = new TestAgent(name, environment);
  const { code, said } = await agent.enroll(await token());
  if (code !== 0) throw new Error(said);
  return agent;
}

/** How often each path was stored as created, by the agent's asset. */
async function stored(agent: TestAgent): Promise<ReadonlyMap<string, number>> {
  const result = await siem.reader.query({
    query: `SELECT JSONExtractString(raw, 'file', 'path') AS path, count() AS times FROM events
      WHERE asset_id = {asset:String} AND JSONExtractInt(raw, 'activity_id') = 1 GROUP BY path`,
    query_params: { asset: agent.assetId },
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ readonly path: string; readonly times: string }>();
  return new Map(rows.map(({ path, times }) => [path, Number(times)]));
}

async function allOnce(t: TestContext, agent: TestAgent, paths: readonly string[]): Promise<void> {
  await until('everything arrived', async () => {
    const found = await stored(agent);
    return paths.every((path) => found.has(path));
  });
  const found = await stored(agent);
  t.assert.deepEqual(
    paths.filter((path) => found.get(path) !== 1),
    [],
  );
}

function session(credentials: { cert?: string; key?: string } = {}): ClientHttp2Session {
  const made = connect(`https://127.0.0.1:${port}`, { ca: authority.certificatePem, ...credentials });
  made.on('error', () => undefined);
  return made;
}

function post(
  to: ClientHttp2Session,
  body: Buffer,
  options: { readonly path?: string; readonly leaveOpen?: boolean } = {},
): Promise<{ readonly status: number; readonly code: string }> {
  return new Promise((resolve, reject) => {
    const stream = to.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: options.path ?? '/link/v1/exchange',
    });
    let status = 0;
    let said = '';
    stream.on('response', (headers) => {
      status = Number(headers[':status']);
    });
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    stream.once('error', reject);
    stream.once('close', () =>
      resolve({ status, code: said === '' ? '' : ((JSON.parse(said) as { code?: string }).code ?? '') }),
    );
    if (options.leaveOpen === true) stream.write(body);
    else stream.end(body);
  });
}

function* packageChunks(): Generator<Buffer> {
  for (let left = PACKAGE_BYTES; left > 0; left -= 100_000) yield Buffer.alloc(100_000);
}

function received(from: ClientHttp2Session, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = from.request({ [constants.HTTP2_HEADER_PATH]: path });
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    stream.once('error', reject);
    stream.once('close', () => resolve(bytes));
  });
}

function heartbeat(sentAtMs = Date.now()): Buffer {
  const header = {
    protocol: 1,
    agentVersion: '0',
    recordCount: 0,
    sentAtMs,
    hostname: 'raw',
    os: { name: 'Debian', version: '12', kernel: '6', family: 'debian' as const },
    rooms: [],
    dropped: [],
    spool: { bytes: 0, bytesMax: 1, records: 0 },
  };
  return zstdCompressSync(Buffer.from(`${JSON.stringify(header)}\n`));
}

test('a token enrols one machine, once, until it expires, and only with the platform that made it', async (t) => {
  const used = await token();
  const first = new TestAgent('first');
  t.assert.equal((await first.enroll(used)).code, 0);
  const again = await new TestAgent('again').enroll(used);
  t.assert.match(again.said, /AGENT_REFUSED.*used, has expired, or was never valid/s);
  const old = await token();
  aheadMs = 25 * 3_600_000;
  t.assert.match((await new TestAgent('late').enroll(old)).said, /LINK_TOKEN_REFUSED/);
  aheadMs = 0;
  const elsewhere = `${used.split('.')[0]}.${'0'.repeat(64)}`;
  t.assert.match((await new TestAgent('elsewhere').enroll(elsewhere)).said, /AGENT_SERVER_NOT_TRUSTED/);
  t.assert.match((await new TestAgent('typo').enroll('hello')).said, /AGENT_TOKEN_MALFORMED/);
  const assets = await listAssets(store, tenant, Date.now());
  t.assert.equal(assets.length, 1);
});

test('the server away, the agent killed, the server back: everything arrives, once', async (t) => {
  const agent = await enrolled('away');
  agent.start();
  await agent.watches();
  const before_ = agent.write('before', 20);
  await allOnce(t, agent, before_);
  await link[Symbol.asyncDispose]();
  const during = agent.write('during', 200);
  await until('it knows', () => agent.status()?.connected === false);
  // What its rooms were told is kept is on disk; what it had not looked at yet is found by the next reading.
  await agent.kill();
  const dead = agent.write('dead', 30);
  agent.start();
  const after_ = agent.write('after', 50);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await up();
  await allOnce(t, agent, [...before_, ...during, ...dead, ...after_]);
  await until('it delivers', () => agent.status()?.connected === true);
  await agent.stop();
});

test('a spool that is full loses its oldest, counts it, and says so', async (t) => {
  const agent = await enrolled('full', { DEMARC_SPOOL_BYTES_MAX: '1048576' });
  agent.start();
  await agent.watches();
  await link[Symbol.asyncDispose]();
  // About 1 KiB an event: several times what fits, in rounds, so that segments are closed between them.
  let newest: readonly string[] = [];
  for (let round = 0; round < 6; round += 1) {
    newest = agent.write(`round${round}`, 700);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
  }
  exchanges.length = 0;
  await up();
  await allOnce(t, agent, newest.slice(-100));
  await until('the loss was told', () =>
    exchanges.some(({ header }) => header.dropped.some(({ stage, count }) => stage === 'spool' && count > 0)),
  );
  const told = exchanges.flatMap(({ header }) => header.dropped).filter(({ stage }) => stage === 'spool');
  const lost = told.reduce((sum, { count }) => sum + count, 0);
  const found = await stored(agent);
  t.assert.equal(lost >= 6 * 700 - found.size, true, `${lost} told, ${6 * 700 - found.size} missing`);
  const asset = (await listAssets(store, tenant, Date.now())).find(
    ({ assetId }) => assetId === agent.assetId,
  );
  t.assert.equal(asset?.droppedCount, lost);
  await agent.stop();
});

test('a certificate is renewed before it expires; what was signed before still counts', async (t) => {
  await restart({ certificateSeconds: 24 });
  const agent = await enrolled('renewed');
  agent.start();
  await agent.watches();
  const first = agent.identity();
  await until('it has a new one', () => agent.identity().certificate !== first.certificate);
  await until('and another', () => agent.identity().earlierKeys.length >= 2);
  const paths = agent.write('renewed', 10);
  await allOnce(t, agent, paths);
  t.assert.equal(agent.status()?.connected, true);
  // The server accepts evidence that waited in the spool, signed by the keys of before.
  t.assert.equal(lastKeys.length >= 3, true);
  await until('the first has expired', async () => {
    const old = session({ cert: first.certificate, key: first.key });
    const { status } = await post(old, heartbeat()).catch(() => ({ status: 401 }));
    old.destroy();
    return status === 401;
  });
  await agent.stop();
  await restart();
});

test('the link’s own certificate is renewed while it runs, with the same key', async (t) => {
  const day = 86_400_000;
  const kept = await authority.issueServer(['127.0.0.1'], Date.now());
  t.assert.equal(await renewedCertificate(authority, kept, [], Date.now() + 59 * day), undefined);
  const renewed = await renewedCertificate(authority, kept, [], Date.now() + 61 * day);
  if (renewed === undefined) throw new Error('it was not renewed');
  t.assert.equal(renewed.expiresAtMs - kept.expiresAtMs > 60 * day, true);
  t.assert.equal(pinOf(renewed), pinOf(kept));
  // One that was issued today, so that it is valid today: the listener takes it without a restart.
  const next = await authority.issueServer(['127.0.0.1', 'localhost'], Date.now(), server.key);
  const agent = await enrolled('renewal');
  agent.start();
  await agent.watches();
  const open = session();
  await once(open, 'connect');
  link.present(next);
  const shown = connectTls({ port, host: '127.0.0.1', ca: authority.certificatePem });
  await once(shown, 'secureConnect');
  t.assert.equal(
    shown.getPeerX509Certificate()?.toString(),
    new X509Certificate(next.certificate).toString(),
  );
  shown.destroy();
  t.assert.equal((await post(open, heartbeat())).status, 401);
  open.destroy();
  await allOnce(t, agent, agent.write('renewal', 5));
  await agent.stop();
});

test('a machine whose clock is a day behind can enrol and connect', async (t) => {
  for (const pem of [server.certificate, authority.certificatePem])
    t.assert.equal(new X509Certificate(pem).validFromDate.getTime() < Date.now() - 86_400_000, true);
});

test('a revoked machine is refused at its next request, on a session that was open', async (t) => {
  const agent = await enrolled('revoked');
  const { certificate: cert, key } = agent.identity();
  const open = session({ cert, key });
  t.assert.equal((await post(open, heartbeat())).status, 200);
  agent.start();
  await until('it delivers', () => agent.status()?.connected === true);
  await revokeAsset(store, tenant, agent.assetId, Date.now());
  t.assert.deepEqual(await post(open, heartbeat()), { status: 401, code: 'LINK_CERTIFICATE_REFUSED' });
  open.destroy();
  await until('the agent says why', () => /was revoked/.test(agent.status()?.because ?? ''));
  await agent.stop();
});

test('nobody is believed without a certificate of this platform', async (t) => {
  const bare = session();
  t.assert.deepEqual(await post(bare, heartbeat()), { status: 401, code: 'LINK_CERTIFICATE_REFUSED' });
  t.assert.deepEqual(await post(bare, heartbeat(), { path: '/link/v1/renew' }), {
    status: 401,
    code: 'LINK_CERTIFICATE_REFUSED',
  });
  bare.destroy();
  const other = await openAuthority(join(scratch, 'other-authority'), Date.now());
  const { key, csr } = await makeRequest();
  const asset = agents.find(({ assetId }) => assetId !== '')?.assetId ?? '';
  const forged = await other.signClient(csr, { tenantId: 'local', assetId: asset }, 3_600, Date.now());
  const stranger = session({ cert: forged.pem, key });
  t.assert.deepEqual(await post(stranger, heartbeat()), { status: 401, code: 'LINK_CERTIFICATE_REFUSED' });
  stranger.destroy();
  // Signed by the right authority, but not in its ledger: a stolen key makes no machine.
  const unknown = await authority.signClient(csr, { tenantId: 'local', assetId: asset }, 3_600, Date.now());
  const unlisted = session({ cert: unknown.pem, key });
  t.assert.deepEqual(await post(unlisted, heartbeat()), { status: 401, code: 'LINK_CERTIFICATE_REFUSED' });
  unlisted.destroy();
  const old = connectTls({ port, host: '127.0.0.1', ca: authority.certificatePem, maxVersion: 'TLSv1.2' });
  const [error] = (await once(old, 'error')) as [Error];
  t.assert.match(error.message, /protocol version|alert|SSL/i);
});

test('an agent delivers to nobody who only stands where its server stood', async (t) => {
  const agent = await enrolled('impostor');
  await link[Symbol.asyncDispose]();
  const other = await openAuthority(join(scratch, 'impostor-authority'), Date.now());
  const certificate = await other.issueServer(['127.0.0.1'], Date.now());
  let asked = 0;
  const impostor = createSecureServer({ key: certificate.key, cert: certificate.certificate });
  impostor.on('stream', (stream) => {
    asked += 1;
    stream.respond({ ':status': 200 });
    stream.end('{}');
  });
  impostor.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => impostor.listen(port, '127.0.0.1', resolve));
  agent.start();
  await until('it refuses', () => /certificate|self-signed|issuer/i.test(agent.status()?.because ?? ''));
  t.assert.equal(asked, 0);
  await agent.stop();
  await new Promise((resolve) => impostor.close(resolve));
  await up();
});

test('bodies that are bombs, torn, foreign or slow are refused within bounds', async (t) => {
  await restart();
  const agent = await enrolled('bombs');
  const { certificate: cert, key } = agent.identity();
  let open = session({ cert, key });
  const residentBefore = process.memoryUsage.rss();
  // A gigabyte of zeros is a few dozen kilobytes of zstd.
  const bomb = zstdCompressSync(Buffer.alloc(1_073_741_824 / 4));
  t.assert.equal(bomb.length < 1_048_576, true);
  const results = await Promise.all(Array.from({ length: 12 }, () => post(open, bomb)));
  for (const result of results) t.assert.deepEqual(result, { status: 413, code: 'LINK_BODY_TOO_LARGE' });
  t.assert.equal(process.memoryUsage.rss() - residentBefore < 700_000_000, true);
  const whole = heartbeat();
  t.assert.equal((await post(open, whole.subarray(0, whole.length - 4))).code, 'LINK_BODY_INVALID');
  t.assert.equal((await post(open, Buffer.from('hello'))).code, 'LINK_BODY_INVALID');
  t.assert.equal((await post(open, Buffer.alloc(0))).code, 'LINK_BODY_INVALID');
  t.assert.equal((await post(open, zstdCompressSync(Buffer.from('{}\n')))).code, 'LINK_BODY_INVALID');
  t.assert.deepEqual(await post(open, Buffer.alloc(9_000_000, 7)), {
    status: 413,
    code: 'LINK_BODY_TOO_LARGE',
  });
  open.destroy();
  await restart({ bodySeconds: 1 });
  open = session({ cert, key });
  t.assert.deepEqual(await post(open, Buffer.from('('), { leaveOpen: true }), {
    status: 408,
    code: 'LINK_BODY_SLOW',
  });
  t.assert.equal((await post(open, heartbeat())).status, 200);
  open.destroy();
  await restart();
});

test('a hundred strangers that take the package slowly cost the server no memory', async (t) => {
  const residentBefore = process.memoryUsage.rss();
  const strangers = Array.from({ length: 100 }, () => {
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      ca: authority.certificatePem,
      ALPNProtocols: ['http/1.1'],
    });
    socket.on('error', () => undefined);
    socket.write('GET /link/v1/demarc-agent.deb HTTP/1.1\r\nhost: x\r\n\r\n');
    // Nobody reads.
    return socket.pause();
  });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  t.assert.equal(process.memoryUsage.rss() - residentBefore < 300_000_000, true);
  // Agents are served meanwhile.
  const agent = await enrolled('beside');
  const { certificate: cert, key } = agent.identity();
  const open = session({ cert, key });
  t.assert.equal((await post(open, heartbeat())).status, 200);
  open.destroy();
  for (const stranger of strangers) stranger.destroy();
  const bare = session();
  t.assert.deepEqual(await post(bare, Buffer.alloc(0), { path: '/link/v1/nowhere' }), {
    status: 404,
    code: 'LINK_ROUTE_UNKNOWN',
  });
  t.assert.equal(await received(bare, '/link/v1/demarc-agent.deb'), PACKAGE_BYTES);
  bare.destroy();
});

test('both ends know how far their clocks are apart', async (t) => {
  const agent = await enrolled('skewed');
  aheadMs = 1_800_000;
  agent.start();
  await until('it knows', () => Math.abs((agent.status()?.clockOffsetMs ?? 0) + 1_800_000) < 5_000);
  const asset = (await listAssets(store, tenant, Date.now())).find(
    ({ assetId }) => assetId === agent.assetId,
  );
  t.assert.equal(Math.abs((asset?.clockOffsetMs ?? 0) + 1_800_000) < 5_000, true);
  await agent.stop();
  aheadMs = 0;
});
