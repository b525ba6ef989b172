/**
 * The HTTP listener: every protocol on one port, told apart by path. Who sends is known before the body is read;
 * nothing is answered with success before it is on disk.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { DemarcError } from '@demarc/platform/errors';
import { hashToken, type ServerCertificate } from '@demarc/platform/identity';
import { plain } from '../directory.ts';
import { intakeErrors } from '../errors.ts';
import { type RunningSource, reasonOf } from '../source.ts';
import type { Answer, Decoded, IntakeRequest } from './answer.ts';
import { readBody } from './body.ts';
import { decodeBulk, greet, isBulk } from './elastic.ts';
import { decodeHecEvents, decodeHecRaw, HEC_HEALTHY, HecAcks, type HecRoute, hecRoute } from './hec.ts';
import { decodeNdjson } from './ndjson.ts';
import { decodeOtlp } from './otlp.ts';
import { failure, send } from './reply.ts';
import { tokensOf } from './token.ts';
import { checkSignature, Deliveries, decodeWebhook } from './webhook.ts';

const HEADER_BYTES_MAX = 16_384;
const HEADERS_MS_MAX = 10_000;
const REQUEST_MS_MAX = 60_000;
const CHECK_EVERY_MS = 2_000;
const KEEP_ALIVE_MS = 75_000;
const CONNECTIONS_MAX = 2_000;
/** Each holds at most a body as it came and as it unfolds. */
const REQUESTS_AT_ONCE_MAX = 16;
const WAITING_MAX = 1_000;
const CLOSE_MS = 2_000;

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: ServerCertificate & { readonly authorityPem: string };
  byToken(tokenHash: string): RunningSource | undefined;
  byId(sourceId: string): RunningSource | undefined;
  onStranger(): void;
  now(): number;
  log(line: string, error?: unknown): void;
}

export interface HttpListener extends AsyncDisposable {
  readonly port: number;
  /** For connections from now on. */
  present(certificate: ServerCertificate): void;
}

export async function listenForHttp(options: HttpOptions): Promise<HttpListener> {
  const handler = new Handler(options);
  const bounds = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: HEADERS_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionsCheckingInterval: CHECK_EVERY_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const secure = (certificate: ServerCertificate) => ({
    key: certificate.key,
    cert: `${certificate.certificate}\n${options.tls?.authorityPem ?? ''}`,
    minVersion: 'TLSv1.2' as const,
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
    void handler.answer(request, response);
  const server =
    options.tls === undefined
      ? createServer(bounds, onRequest)
      : createSecureServer(
          { ...bounds, ...secure(options.tls), handshakeTimeout: HEADERS_MS_MAX },
          onRequest,
        );
  server.maxConnections = CONNECTIONS_MAX;
  server.on('clientError', (_error, socket) => socket.destroy());
  await listening(server, options);
  return {
    port: (server.address() as { readonly port: number }).port,
    present(certificate) {
      if ('setSecureContext' in server) server.setSecureContext(secure(certificate));
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), CLOSE_MS).unref();
      await closed;
    },
  };
}

class Handler {
  readonly #options: HttpOptions;
  readonly #acks = new HecAcks();
  readonly #deliveries = new WeakMap<RunningSource, Deliveries>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    incoming.on('error', () => undefined);
    response.on('error', () => undefined);
    const request = requestOf(incoming, this.#options.now());
    try {
      send(incoming, response, await this.#taken(request, incoming));
    } catch (error) {
      if (!(error instanceof DemarcError)) this.#options.log('intake: a request failed', error);
      send(incoming, response, failure(request, error));
    }
  }

  async #taken(request: IntakeRequest, incoming: IncomingMessage): Promise<Answer> {
    const hec = hecRoute(request);
    if (hec === 'health') return HEC_HEALTHY;
    const hook = /^\/webhook\/([0-9a-f-]{36})$/.exec(request.path)?.[1];
    if (hook !== undefined) return this.#webhook(hook, request, incoming);
    const source = this.#sourceOf(request);
    if (hec === 'ack') return this.#acks.answer(await readBody(incoming));
    const decode = this.#decoderOf(request, hec);
    if (decode === undefined) {
      const greeting = greet(request);
      if (greeting !== undefined) return greeting;
      throw intakeErrors.make('INTAKE_ROUTE_UNKNOWN', { path: request.path.slice(0, 100) });
    }
    return this.#inTurn(async () => {
      const body = await this.#bodyOf(source, request, incoming);
      return this.#hand(source, request, decodedOf(source, request, body, decode));
    });
  }

  #decoderOf(
    request: IntakeRequest,
    hec: HecRoute | undefined,
  ): ((request: IntakeRequest, body: Buffer) => Decoded) | undefined {
    if (isBulk(request)) return decodeBulk;
    if (request.method !== 'POST') return undefined;
    if (hec === 'event') return (asked, body) => decodeHecEvents(asked, body, this.#acks);
    if (hec === 'raw') return (asked, body) => decodeHecRaw(asked, body, this.#acks);
    if (request.path === '/v1/logs') return decodeOtlp;
    if (request.path === '/ndjson') return decodeNdjson;
    return undefined;
  }

  async #webhook(sourceId: string, request: IntakeRequest, incoming: IncomingMessage): Promise<Answer> {
    const source = this.#options.byId(sourceId);
    const settings = source?.definition.settings;
    const secret = source?.definition.signingSecret;
    if (source === undefined || settings?.kind !== 'webhook' || secret === undefined) {
      this.#options.onStranger();
      throw intakeErrors.make('INTAKE_ROUTE_UNKNOWN', { path: request.path });
    }
    return this.#inTurn(async () => {
      const body = await this.#bodyOf(source, request, incoming);
      const names = checked(source, request, body, () => checkSignature(settings, secret, request, body));
      const deliveries = this.#deliveries.get(source) ?? new Deliveries();
      this.#deliveries.set(source, deliveries);
      if (!names.every((name) => deliveries.add(name))) {
        refuse(source, request, 'replayed', 1, body);
        return { status: 200, body: { taken: 0, because: 'it was delivered before' } };
      }
      try {
        return await this.#hand(source, request, decodeWebhook(request, body));
      } catch (error) {
        for (const name of names) deliveries.delete(name);
        throw error;
      }
    });
  }

  /** @throws INTAKE_TOKEN_REFUSED */
  #sourceOf(request: IntakeRequest): RunningSource {
    for (const token of tokensOf(request.headers)) {
      const source = this.#options.byToken(hashToken(token));
      if (source?.definition.settings.kind === 'http') return source;
    }
    this.#options.onStranger();
    throw intakeErrors.make('INTAKE_TOKEN_REFUSED', {});
  }

  /** A body that cannot be read is one refusal: how many records it has, nobody knows. */
  async #bodyOf(source: RunningSource, request: IntakeRequest, incoming: IncomingMessage): Promise<Buffer> {
    try {
      return await readBody(incoming);
    } catch (error) {
      refuse(source, request, reasonOf(error), 1, '');
      throw error;
    }
  }

  async #hand(source: RunningSource, request: IntakeRequest, decoded: Decoded): Promise<Answer> {
    await source.take(decoded.blocks.filter(({ bounds }) => bounds.length > 0));
    for (const { reason, sample } of decoded.refused) refuse(source, request, reason, 1, sample);
    if (decoded.refused.length > 0) await source.spool.counts();
    return decoded.answer;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= REQUESTS_AT_ONCE_MAX) {
      if (this.#waiting.length >= WAITING_MAX) throw intakeErrors.make('INTAKE_BUSY', {});
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

function requestOf(incoming: IncomingMessage, receivedAtMs: number): IntakeRequest {
  const [path = '/', query = ''] = (incoming.url ?? '/').split('?', 2);
  return {
    method: incoming.method ?? '',
    path: path.length > 1 ? path.replace(/\/+$/, '') || '/' : '/',
    query: new URLSearchParams(query),
    headers: incoming.headers,
    peer: plain(incoming.socket.remoteAddress ?? ''),
    receivedAtMs,
  };
}

function decodedOf(
  source: RunningSource,
  request: IntakeRequest,
  body: Buffer,
  decode: (request: IntakeRequest, body: Buffer) => Decoded,
): Decoded {
  return checked(source, request, body, () => decode(request, body));
}

/** What is refused as a whole is counted as one, for nobody can say how many records it has. */
function checked<T>(source: RunningSource, request: IntakeRequest, body: Buffer, work: () => T): T {
  try {
    return work();
  } catch (error) {
    refuse(source, request, reasonOf(error), 1, body);
    throw error;
  }
}

function refuse(
  source: RunningSource,
  { peer }: IntakeRequest,
  reason: string,
  count: number,
  sample: Uint8Array | string,
): void {
  source.notTaken({ outcome: 'refused', reason, count, peer, sample });
}

function listening(server: Server, { host, port }: HttpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve();
    });
  });
}
