/**
 * The link's listener: HTTP/2 over TLS 1.3. Enrolment, installer and package need no client certificate;
 * everything else asks the certificate who it is, and the database whether that still holds, at each request.
 */
import { X509Certificate } from 'node:crypto';
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import { DemarcError, toProblem } from '@demarc/platform/errors';
import {
  type CertificateAuthority,
  identityOfCertificate,
  type ServerCertificate,
} from '@demarc/platform/identity';
import { EnrollRequest, type ExchangeReply, LINK_PATHS, type Receipt } from '@demarc/platform/link';
import type { PostgresStore } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import * as z from 'zod';
import {
  checkCertificate,
  enrolledAsset,
  rememberCertificate,
  sawAsset,
  useEnrollmentToken,
} from './assets.ts';
import { AttemptLimit } from './attempt-limit.ts';
import { COMPRESSED_BYTES_MAX, type Exchange, parseExchange, parseJson, readBody } from './body.ts';
import { linkErrors } from './errors.ts';
import { Slots } from './slots.ts';

export interface LinkDeps {
  readonly listen: { readonly host: string; readonly port: number };
  readonly server: ServerCertificate;
  readonly authority: CertificateAuthority;
  readonly store: PostgresStore;
  readonly certificateSeconds: number;
  /** How long a body may take to arrive; 20 unless told. */
  readonly bodySeconds?: number;
  /** Stores events and evidence of one batch; resolves once nothing of it can be lost. */
  carry(
    tenant: TenantScope,
    assetId: string,
    exchange: Exchange,
    /** Of the asset's certificates, newest first: what was signed before a renewal arrives after it. */
    publicKeysPem: readonly string[],
  ): Promise<Receipt | undefined>;
  policiesFor(tenant: TenantScope, assetId: string): Promise<ExchangeReply['policies']>;
  onSeen(tenant: TenantScope, assetId: string, exchange: Exchange): Promise<void>;
  /** An asset is there that was not there before. */
  onEnrolled(tenant: TenantScope): Promise<void>;
  /** The installer script and the package, for machines that have nothing yet. */
  installer(): Promise<string>;
  agentPackage(): Promise<Download>;
  log(line: string, error?: unknown): void;
  now(): number;
}

/** Read as fast as it is taken: whoever asks for the package, and nobody has to say who they are, holds no memory. */
export interface Download {
  readonly bytes: number;
  open(): Readable;
}

const NEXT_EXCHANGE_SECONDS = 2;
const SESSION_IDLE_MS = 120_000;
const STREAMS_PER_SESSION_MAX = 16;
/** Each holds at most a compressed and an unfolded body: about 20 MiB. */
const EXCHANGES_MAX = 16;
const WAITING_MAX = 2_000;
const SMALL_BODY_BYTES_MAX = 65_536;
/** Packages on their way at once, to whoever asks; and how long each may take. */
const DOWNLOADS_MAX = 16;
const DOWNLOADS_WAITING_MAX = 256;
const DOWNLOAD_SECONDS_MAX = 300;
/** Renew when less than a third of the certificate's life is left. */
const RENEW_AT_SHARE_LEFT = 1 / 3;
const RenewRequest = z.strictObject({ csr: z.string().max(16_384) });

export interface Link extends AsyncDisposable {
  readonly port: number;
  /** For connections from now on; those that are open stay. */
  present(certificate: ServerCertificate): void;
}

export async function startLink(deps: LinkDeps): Promise<Link> {
  const context = (certificate: ServerCertificate) => ({
    key: certificate.key,
    cert: certificate.certificate,
    ca: [deps.authority.certificatePem],
    minVersion: 'TLSv1.3' as const,
  });
  const server = createSecureServer({
    ...context(deps.server),
    requestCert: true,
    // Machines that enrol have no certificate yet; every other route refuses without one, below.
    rejectUnauthorized: false,
    allowHTTP1: true,
    settings: { maxConcurrentStreams: STREAMS_PER_SESSION_MAX },
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    sessions.add(session);
    session.setTimeout(SESSION_IDLE_MS, () => session.close());
    session.on('error', () => undefined);
    session.once('close', () => sessions.delete(session));
  });
  const attempts = new AttemptLimit(deps.now);
  const slots = new Slots(EXCHANGES_MAX, WAITING_MAX);
  const downloads = new Slots(DOWNLOADS_MAX, DOWNLOADS_WAITING_MAX);
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    void answer(deps, { attempts, slots, downloads }, stream, headers);
  });
  // curl and wget speak HTTP/1.1 here when their HTTP/2 is not built in: installer and package only.
  server.on('request', (request, response) => {
    if (request.httpVersionMajor !== 1) return;
    void download(deps, downloads, request.url ?? '', response, (head) =>
      response.writeHead(200, head),
    ).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(error instanceof DemarcError ? error.status : 500).end();
    });
  });
  server.on('tlsClientError', () => undefined);
  await listen(server, deps.listen);
  return {
    port: deps.listen.port,
    present: (certificate) => server.setSecureContext(context(certificate)),
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(
  server: Http2SecureServer,
  at: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, () => resolve());
  });
}

interface Bounds {
  readonly attempts: AttemptLimit;
  readonly slots: Slots;
  readonly downloads: Slots;
}

async function answer(
  deps: LinkDeps,
  { attempts, slots, downloads }: Bounds,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  try {
    const path = String(headers[constants.HTTP2_HEADER_PATH] ?? '').split('?')[0] ?? '';
    const route = `${headers[constants.HTTP2_HEADER_METHOD] ?? ''} ${path}`;
    if (route === `POST ${LINK_PATHS.exchange}`) reply(stream, 200, await exchange(deps, slots, stream));
    else if (route === `POST ${LINK_PATHS.enroll}`) reply(stream, 200, await enroll(deps, attempts, stream));
    else if (route === `POST ${LINK_PATHS.renew}`) reply(stream, 200, await renew(deps, stream));
    else {
      await download(deps, downloads, path, stream, (head) => stream.respond({ ':status': 200, ...head }));
    }
  } catch (error) {
    if (stream.destroyed) return;
    if (stream.headersSent) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else if (error instanceof DemarcError) reply(stream, error.status, toProblem(error));
    else {
      deps.log('link: a request failed', error);
      reply(stream, 500, { title: 'INTERNAL', detail: 'The server failed; its log says why.' });
    }
  }
}

async function small(deps: LinkDeps, path: string): Promise<Download & { readonly type: string }> {
  switch (path) {
    case LINK_PATHS.authority:
      return { type: 'application/x-pem-file', ...text(deps.authority.certificatePem) };
    case LINK_PATHS.installer:
      return { type: 'text/x-shellscript', ...text(await deps.installer()) };
    case LINK_PATHS.agentPackage:
      return { type: 'application/vnd.debian.binary-package', ...(await deps.agentPackage()) };
    default:
      throw linkErrors.make('LINK_ROUTE_UNKNOWN', { path: path.slice(0, 100) });
  }
}

function text(content: string): Download {
  const bytes = Buffer.from(content);
  return { bytes: bytes.length, open: () => Readable.from([bytes]) };
}

/** @throws LINK_BUSY, LINK_ROUTE_UNKNOWN, LINK_PACKAGE_UNAVAILABLE */
async function download(
  deps: LinkDeps,
  downloads: Slots,
  path: string,
  to: NodeJS.WritableStream,
  begin: (head: { 'content-type': string; 'content-length': number }) => void,
): Promise<void> {
  const { type, bytes, open } = await small(deps, path);
  const send = async (): Promise<void> => {
    begin({ 'content-type': type, 'content-length': bytes });
    await pipeline(open(), to, { signal: AbortSignal.timeout(DOWNLOAD_SECONDS_MAX * 1_000) });
  };
  // What is small is sent at once: machines enrol while others take packages, or only pretend to.
  await (bytes <= SMALL_BODY_BYTES_MAX ? send() : downloads.run(send));
}

async function exchange(deps: LinkDeps, slots: Slots, stream: ServerHttp2Stream): Promise<ExchangeReply> {
  const client = await clientOf(deps, stream);
  const { parsed, receipt } = await slots.run(async () => {
    const taken = await parseExchange(await readBody(stream, COMPRESSED_BYTES_MAX, deps.bodySeconds));
    return {
      parsed: taken,
      receipt: await deps.carry(client.tenant, client.assetId, taken, client.publicKeysPem),
    };
  });
  await sawAsset(deps.store, client.tenant, client.assetId, parsed.header, deps.now());
  await deps.onSeen(client.tenant, client.assetId, parsed);
  const life = client.expiresAtMs - client.issuedAtMs;
  return {
    ...(receipt === undefined ? {} : { receipt }),
    serverTimeMs: deps.now(),
    policies: await deps.policiesFor(client.tenant, client.assetId),
    nextExchangeSeconds: NEXT_EXCHANGE_SECONDS,
    renewCertificate: client.expiresAtMs - deps.now() < life * RENEW_AT_SHARE_LEFT,
  };
}

async function enroll(deps: LinkDeps, attempts: AttemptLimit, stream: ServerHttp2Stream): Promise<unknown> {
  const address = socketOf(stream).remoteAddress ?? '';
  if (!attempts.allows(address)) throw linkErrors.make('LINK_TOO_MANY_ATTEMPTS', {});
  const request = EnrollRequest.safeParse(parseJson(await readBody(stream, SMALL_BODY_BYTES_MAX)));
  if (!request.success)
    throw linkErrors.make('LINK_BODY_INVALID', { because: request.error.issues[0]?.message ?? '' });
  const secret = request.data.token.split('.')[0] ?? '';
  const tenantId = await useEnrollmentToken(deps.store, secret, deps.now());
  const tenant = grantTenantScope(tenantId);
  const assetId = await enrolledAsset(deps.store, tenant, request.data, address, deps.now());
  await deps.onEnrolled(tenant);
  const certificate = await issue(deps, tenant, assetId, request.data.csr);
  deps.log(`link: asset ${assetId} of tenant ${tenantId} enrolled from ${address}`);
  return { assetId, tenantId, certificate, certificateAuthority: deps.authority.certificatePem };
}

async function renew(deps: LinkDeps, stream: ServerHttp2Stream): Promise<unknown> {
  const client = await clientOf(deps, stream);
  const request = RenewRequest.safeParse(parseJson(await readBody(stream, SMALL_BODY_BYTES_MAX)));
  if (!request.success) throw linkErrors.make('LINK_BODY_INVALID', { because: 'no certificate request' });
  return { certificate: await issue(deps, client.tenant, client.assetId, request.data.csr) };
}

async function issue(deps: LinkDeps, tenant: TenantScope, assetId: string, csr: string): Promise<string> {
  const issued = await deps.authority.signClient(
    csr,
    { tenantId: tenant.tenantId, assetId },
    deps.certificateSeconds,
    deps.now(),
  );
  const publicKey = new X509Certificate(issued.pem).publicKey
    .export({ type: 'spki', format: 'pem' })
    .toString();
  await rememberCertificate(deps.store, tenant, assetId, issued, publicKey, deps.now());
  return issued.pem;
}

/** Who is speaking. The chain was checked by TLS; life and revocation are checked now. @throws LINK_CERTIFICATE_REFUSED */
async function clientOf(deps: LinkDeps, stream: ServerHttp2Stream) {
  const socket = socketOf(stream);
  const presented = socket.getPeerX509Certificate();
  if (presented === undefined || !socket.authorized) {
    const because =
      presented === undefined
        ? 'none was presented'
        : `the chain does not hold (${String(socket.authorizationError)})`;
    throw linkErrors.make('LINK_CERTIFICATE_REFUSED', { because });
  }
  const named = identityOfCertificate(presented.raw);
  if (named === undefined)
    throw linkErrors.make('LINK_CERTIFICATE_REFUSED', { because: 'it names no asset' });
  const known = await checkCertificate(deps.store, named.serial, deps.now());
  if (known.assetId !== named.assetId || known.tenantId !== named.tenantId) {
    throw linkErrors.make('LINK_CERTIFICATE_REFUSED', { because: 'it was issued for another asset' });
  }
  return { tenant: grantTenantScope(known.tenantId), ...known };
}

function socketOf(stream: ServerHttp2Stream): TLSSocket {
  return stream.session?.socket as TLSSocket;
}

function reply(stream: ServerHttp2Stream, status: number, body: unknown): void {
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  stream.respond({ ':status': status, 'content-type': type });
  stream.end(JSON.stringify(body));
  // A body that was refused half-way is not worth reading to its end.
  if (status >= 400 && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}
