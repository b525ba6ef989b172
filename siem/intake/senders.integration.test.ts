/** What others use to send, unchanged, against the listeners and the real stores. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHmac, X509Certificate } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { hashToken, makeRequest, newToken, openAuthority } from '@demarc/platform/identity';
import { freePort } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { Client } from '@elastic/elasticsearch';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { carry, type Siem } from '../siem.ts';
import { openTestRoad, type TestRoad } from '../testing.ts';
import { baseEvent, Intake, type RunningSource } from './intake.ts';
import { definitionFor, imbalance, scratch, untilTrue } from './testing.ts';

const run = promisify(execFile);
const here = grantTenantScope('here');
const LINES = 200;
const YEAR_SECONDS = 31_536_000;

let road: TestRoad;
let siem: Siem;
let intake: Intake;
const place = scratch();
const at = (...names: readonly string[]): string => join(place.directory, ...names);

before(async () => {
  road = await openTestRoad();
  siem = { ...road.siem, now: () => Date.now() };
  const authority = await openAuthority(at('keys'), Date.now());
  const server = await authority.issueServer(['localhost', '127.0.0.1', hostname()], Date.now());
  const [http, udp, tls] = [await freePort(), await freePort(), await freePort()];
  const own = await freePort();
  const on = (port: number) => ({ host: '127.0.0.1', port });
  mkdirSync(at('files', here.tenantId), { recursive: true });
  writeFileSync(at('authority.pem'), authority.certificatePem);
  intake = new Intake({
    directory: at('spools'),
    listen: {
      http: on(http),
      syslogUdp: on(udp),
      syslogTcp: on(udp),
      syslogTls: on(tls),
      ports: { from: own, to: own },
    },
    server,
    authorityPem: authority.certificatePem,
    filesRoot: at('files'),
    filesPollMs: 50,
    normalise: baseEvent,
    carry: (tenant, batch) => carry(siem, tenant, batch),
    spoolBytesMax: 268_435_456,
    freeBytesMin: 0,
    lingerMs: 50,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    log: (line, error) => console.error(line, error),
  });
  await intake.listen();
});

after(async () => {
  await intake[Symbol.asyncDispose]();
  await road[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

/** What the store has of a source, as the records came, in their order. */
async function storedOf(source: RunningSource): Promise<readonly string[]> {
  const result = await siem.clickhouse.query({
    query: `SELECT JSONExtractString(raw, 'raw_data') AS text FROM events WHERE asset_id = {asset:String} ORDER BY uid`,
    query_params: { asset: source.definition.sourceId },
    format: 'JSONEachRow',
  });
  return (await result.json<{ readonly text: string }>()).map(({ text }) => text);
}

async function allStored(t: TestContext, source: RunningSource, count: number): Promise<readonly string[]> {
  await untilTrue(() => source.accounting.stored >= count).catch((error: unknown) => {
    throw new Error(JSON.stringify([source.accounting, source.state]), { cause: error });
  });
  t.assert.equal(imbalance(source.accounting), undefined);
  const stored = await storedOf(source);
  t.assert.equal(stored.length, count);
  return stored;
}

async function httpSource(): Promise<{ readonly source: RunningSource; readonly token: string }> {
  const token = newToken();
  const source = await intake.add(definitionFor(here, { kind: 'http' }, { tokenHash: hashToken(token) }));
  return { source, token };
}

const url = (): string => `http://127.0.0.1:${intake.ports.http}`;

/** A program that is not installed is no success: the run says what it did not try. */
function missing(t: TestContext, program: string): boolean {
  const found = ['/usr/bin', '/usr/sbin', ...(process.env['PATH'] ?? '').split(':')].some((directory) =>
    existsSync(join(directory, program)),
  );
  if (!found) t.skip(`NOT TESTED: ${program} is not installed`);
  return !found;
}

test('logger sends RFC 5424 and RFC 3164, over UDP and TCP, framed either way', async (t: TestContext) => {
  if (missing(t, 'logger')) return;
  const { from: port } = intake.options.listen.ports ?? { from: 0 };
  const common = { port: null, peers: ['127.0.0.0/8'] };
  const udp = await intake.add(definitionFor(here, { kind: 'syslog-udp', ...common }));
  const tcp = await intake.add(definitionFor(here, { kind: 'syslog-tcp', ...common }));
  const own = await intake.add(definitionFor(here, { kind: 'syslog-tcp', port, peers: [] }));
  const send = (to: number, ...options: readonly string[]) =>
    run('logger', [
      '--server',
      '127.0.0.1',
      '--port',
      String(to),
      '--tag',
      'unit',
      ...options,
      `said ${options.join(' ')}`,
    ]);
  await send(intake.ports.udp ?? 0, '--udp', '--rfc5424');
  await send(intake.ports.udp ?? 0, '--udp', '--rfc3164');
  await send(intake.ports.tcp ?? 0, '--tcp', '--rfc5424', '--octet-count');
  await send(intake.ports.tcp ?? 0, '--tcp', '--rfc5424');
  await send(port, '--tcp', '--rfc3164');
  const datagrams = await allStored(t, udp, 2);
  t.assert.match(datagrams.join('\n'), /^<13>1 .* said --udp --rfc5424$/m);
  t.assert.match(datagrams.join('\n'), /^<13>\w{3} .* unit: said --udp --rfc3164$/m);
  const streams = await allStored(t, tcp, 2);
  t.assert.match(streams.join('\n'), /^<13>1 .* said --tcp --rfc5424 --octet-count$/m);
  t.assert.match((await allStored(t, own, 1)).join('\n'), /^<13>.* said --tcp --rfc3164$/);
});

test('rsyslog sends a file over TLS, and both sides know each other', async (t: TestContext) => {
  if (missing(t, 'rsyslogd')) return;
  if (
    !existsSync('/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_ossl.so') &&
    !existsSync('/usr/lib/aarch64-linux-gnu/rsyslog/lmnsd_ossl.so')
  )
    return t.skip('NOT TESTED: rsyslog-openssl is not installed');
  const authority = await openAuthority(at('keys'), Date.now());
  const { key, csr } = await makeRequest();
  const definition = definitionFor(here, { kind: 'syslog-tls' });
  const identity = { tenantId: here.tenantId, assetId: definition.sourceId };
  const { pem } = await authority.signClient(csr, identity, YEAR_SECONDS, Date.now());
  const fingerprint = new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
  const source = await intake.add({ ...definition, fingerprint });
  writeFileSync(at('sender.pem'), pem);
  writeFileSync(at('sender-key.pem'), key, { mode: 0o600 });
  const lines = Array.from({ length: LINES }, (_, index) => `line ${index} of a log`);
  writeFileSync(at('app.log'), `${lines.join('\n')}\n`);
  writeFileSync(
    at('rsyslog.conf'),
    `global(workDirectory="${place.directory}" DefaultNetstreamDriver="ossl"
  DefaultNetstreamDriverCAFile="${at('authority.pem')}" DefaultNetstreamDriverCertFile="${at('sender.pem')}"
  DefaultNetstreamDriverKeyFile="${at('sender-key.pem')}")
module(load="imfile")
input(type="imfile" file="${at('app.log')}" tag="app:" freshStartTail="off")
action(type="omfwd" target="127.0.0.1" port="${intake.ports.tls}" protocol="tcp" TCP_Framing="octet-counted"
  StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"
  template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1")
`,
  );
  const sender = spawn('rsyslogd', ['-n', '-f', at('rsyslog.conf'), '-i', at('rsyslog.pid')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  t.after(() => sender.kill('SIGKILL'));
  const stored = await allStored(t, source, LINES);
  t.assert.match(stored[0] ?? '', /^<133>1 .* app - - - line 0 of a log$/);
  t.assert.equal(new Set(stored).size, LINES);
});

interface Program {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Debian lets it and rsyslog not be installed together: its package is unpacked beside, with the libraries it needs. */
async function syslogNgFor(t: TestContext): Promise<Program | undefined> {
  if (existsSync('/usr/sbin/syslog-ng')) return { program: '/usr/sbin/syslog-ng', args: [], env: {} };
  const [archives, root] = [at('archives'), at('syslog-ng')];
  mkdirSync(join(archives, 'partial'), { recursive: true });
  try {
    const how = [
      '--download-only',
      '--no-install-recommends',
      '--yes',
      '--quiet',
      '-o',
      'Debug::NoLocking=1',
    ];
    await run('apt-get', ['install', ...how, '-o', `Dir::Cache::archives=${archives}`, 'syslog-ng-core']);
  } catch (error) {
    t.skip(`NOT TESTED: syslog-ng is not installed, and its package cannot be had: ${String(error)}`);
    return undefined;
  }
  for (const name of readdirSync(archives))
    if (name.endsWith('.deb')) await run('dpkg-deb', ['-x', join(archives, name), root]);
  const modules = globSync(join(root, 'usr/lib/syslog-ng/[0-9]*'));
  const libraries = [join(root, 'usr/lib/syslog-ng'), ...globSync(join(root, 'usr/lib/*-linux-gnu'))];
  return {
    program: join(root, 'usr/sbin/syslog-ng'),
    args: ['--module-path', modules.join(':')],
    env: { LD_LIBRARY_PATH: libraries.join(':') },
  };
}

test('syslog-ng sends over TLS with a certificate that the tenant brought', async (t: TestContext) => {
  const syslogNg = await syslogNgFor(t);
  if (syslogNg === undefined) return;
  execFileSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=theirs',
    '-keyout',
    at('theirs-key.pem'),
    '-out',
    at('theirs.pem'),
  ]);
  const fingerprint = new X509Certificate(readFileSync(at('theirs.pem'))).fingerprint256
    .replaceAll(':', '')
    .toLowerCase();
  const settings = { kind: 'syslog-tls', certificateFingerprint: fingerprint } as const;
  const source = await intake.add(definitionFor(here, settings, { fingerprint }));
  writeFileSync(at('ng.log'), Array.from({ length: LINES }, (_, index) => `ng ${index}\n`).join(''));
  writeFileSync(
    at('ng.conf'),
    `@version: 3.38
source s { file("${at('ng.log')}" follow-freq(1) program-override("ng") flags(no-parse)); };
destination d { syslog("127.0.0.1" port(${intake.ports.tls}) transport("tls")
  tls(ca-file("${at('authority.pem')}") key-file("${at('theirs-key.pem')}") cert-file("${at('theirs.pem')}"))); };
log { source(s); destination(d); };
`,
  );
  const files = ['-f', at('ng.conf'), '-R', at('ng.persist'), '-p', at('ng.pid'), '-c', at('ng.ctl')];
  const sender = spawn(syslogNg.program, [...syslogNg.args, '-F', '--no-caps', ...files], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...syslogNg.env },
  });
  t.after(() => sender.kill('SIGKILL'));
  t.assert.match((await allStored(t, source, LINES)).join('\n'), / ng 7$/m);
});

test('a sender whose certificate is no source’s is not heard', async (t: TestContext) => {
  if (missing(t, 'openssl')) return;
  const before = intake.figures.strangers;
  const client = spawn('openssl', ['s_client', '-quiet', '-connect', `127.0.0.1:${intake.ports.tls}`], {
    stdio: 'ignore',
  });
  t.after(() => client.kill('SIGKILL'));
  await untilTrue(() => intake.figures.strangers > before);
});

test('curl posts newline JSON, plain and as gzip', async (t: TestContext) => {
  if (missing(t, 'curl')) return;
  const { source, token } = await httpSource();
  const lines = Array.from({ length: LINES }, (_, index) => JSON.stringify({ index, text: 'ü' }));
  writeFileSync(at('body.json'), lines.join('\n'));
  writeFileSync(at('body.json.gz'), gzipSync(lines.join('\r\n')));
  const post = (...options: readonly string[]) =>
    run('curl', ['-fsS', '-H', `Authorization: Bearer ${token}`, ...options, `${url()}/ndjson`]);
  await post('--data-binary', `@${at('body.json')}`);
  await post('-H', 'Content-Encoding: gzip', '--data-binary', `@${at('body.json.gz')}`);
  const stored = await allStored(t, source, LINES * 2);
  t.assert.deepEqual([...new Set(stored)].sort(), [...lines].sort());
});

test('the official Elasticsearch client bulks to it, and hears of each document', async (t: TestContext) => {
  const { source, token } = await httpSource();
  const client = new Client({ node: url(), auth: { apiKey: { id: 'demarc', api_key: token } } });
  t.after(() => client.close());
  t.assert.equal((await client.info()).cluster_name, 'demarc');
  const dropped: unknown[] = [];
  const documents = Array.from({ length: LINES }, (_, index) => ({ index, message: `document ${index}` }));
  const result = await client.helpers.bulk({
    datasource: [...documents, { deep: JSON.parse('['.repeat(70) + ']'.repeat(70)) as unknown }],
    onDocument: (document) => ({
      create: { _index: 'index' in document && document.index % 2 === 0 ? 'even' : 'odd' },
    }),
    onDrop: (document) => dropped.push(document.error?.reason),
    retries: 0,
  });
  t.assert.deepEqual([result.successful, result.failed], [LINES, 1]);
  t.assert.deepEqual(dropped, ['the document is nested deeper than 64']);
  const stored = await allStored(t, source, LINES);
  t.assert.ok(stored.includes('{"index":7,"message":"document 7"}'));
  t.assert.deepEqual(source.accounting.refused, { 'too-deep': 1 });
});

test('a client with a wrong token is told so in its own words', async (t: TestContext) => {
  const client = new Client({ node: url(), auth: { apiKey: newToken() } });
  t.after(() => client.close());
  await t.assert.rejects(
    client.bulk({ operations: [{ index: { _index: 'a' } }, { a: 1 }] }),
    /security_exception/,
  );
});

test('the OpenTelemetry SDK exports logs as protobuf', async (t: TestContext) => {
  const { source, token } = await httpSource();
  const exporter = new OTLPLogExporter({
    url: `${url()}/v1/logs`,
    headers: { authorization: `Bearer ${token}` },
  });
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger('tests', '1.2.3');
  for (let index = 0; index < LINES; index += 1)
    logger.emit({
      severityNumber: 9,
      severityText: 'INFO',
      body: `entry ${index}`,
      attributes: { index, nested: { list: [1, 'two', true] }, big: 2 ** 60 },
    });
  await provider.forceFlush();
  await provider.shutdown();
  const stored = await allStored(t, source, LINES);
  const record = JSON.parse(stored.find((text) => text.includes('"entry 7"')) ?? '{}') as Record<
    string,
    unknown
  >;
  t.assert.deepEqual(record['scope'], { name: 'tests', version: '1.2.3', attributes: {} });
  t.assert.equal(record['severityText'], 'INFO');
  const attributes = record['attributes'] as Record<string, unknown>;
  t.assert.deepEqual(attributes['nested'], { list: [1, 'two', true] });
  t.assert.equal(attributes['index'], 7);
});

test('Splunk’s own logger sends events', async (t: TestContext) => {
  const { source, token } = await httpSource();
  interface SplunkLogger {
    send(
      context: object,
      then: (error: unknown, response: unknown, body: { readonly text: string }) => void,
    ): void;
  }
  const { Logger } = createRequire(import.meta.url)('splunk-logging') as {
    readonly Logger: new (config: object) => SplunkLogger;
  };
  const logger = new Logger({ token, url: url(), maxBatchCount: 1 });
  const texts = await Promise.all(
    Array.from(
      { length: 10 },
      (_, index) =>
        new Promise((resolve, reject) => {
          const message = { said: `event ${index}`, braces: '}{"' };
          logger.send(
            { message, severity: 'info', metadata: { host: 'web-1', sourcetype: 'tests' } },
            (error, _response, body) =>
              error === null || error === undefined ? resolve(body.text) : reject(error as Error),
          );
        }),
    ),
  );
  t.assert.deepEqual(new Set(texts), new Set(['Success']));
  const stored = await allStored(t, source, 10);
  t.assert.match(stored.join('\n'), /"sourcetype":"tests"/);
});

test('curl delivers a webhook once, and only with the right signature', async (t: TestContext) => {
  if (missing(t, 'curl')) return;
  const settings = {
    kind: 'webhook',
    signatureHeader: 'x-hub-signature-256',
    timestampHeader: null,
    toleranceSeconds: 300,
    deliveryHeader: 'x-github-delivery',
  } as const;
  const source = await intake.add(definitionFor(here, settings, { signingSecret: 'of the test' }));
  const body = JSON.stringify({ action: 'created' });
  const signature = createHmac('sha256', 'of the test').update(body).digest('hex');
  const deliver = async (signed: string, id: string) => {
    const { stdout } = await run('curl', [
      '-sS',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-H',
      `X-Hub-Signature-256: sha256=${signed}`,
      '-H',
      `X-GitHub-Delivery: ${id}`,
      '-H',
      'X-GitHub-Event: push',
      '--data-binary',
      body,
      `${url()}/webhook/${source.definition.sourceId}`,
    ]);
    return stdout;
  };
  t.assert.equal(await deliver(signature, 'one'), '202');
  t.assert.equal(await deliver(signature, 'one'), '200');
  t.assert.equal(await deliver(signature, 'another'), '200');
  t.assert.equal(await deliver(signature.replace(/^./, 'x'), 'two'), '401');
  t.assert.deepEqual(await allStored(t, source, 1), [body]);
  t.assert.deepEqual(source.accounting.refused, { replayed: 2, 'signature-refused': 1 });
});
