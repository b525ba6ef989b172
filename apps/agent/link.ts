/** The agent's end of the link: one HTTP/2 session, mutual TLS 1.3, requests with a deadline. */
import { X509Certificate } from 'node:crypto';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import type { Identity } from './identity.ts';

const REQUEST_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
const REPLY_BYTES_MAX = 8_388_608;

export interface LinkReply {
  readonly status: number;
  readonly body: Buffer;
}

export class LinkClient implements Disposable {
  readonly #identity: Identity;
  #session: ClientHttp2Session | undefined;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  async post(path: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<LinkReply> {
    return request(await this.#connected(), 'POST', path, body, headers);
  }

  async #connected(): Promise<ClientHttp2Session> {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed)
      return this.#session;
    const { server, authority, certificate, key } = this.#identity;
    this.#session = await openSession(server, { ca: authority, cert: certificate, key });
    return this.#session;
  }

  [Symbol.dispose](): void {
    this.#session?.destroy();
    this.#session = undefined;
  }
}

export interface SessionCredentials {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Only for fetching the authority itself, which is checked against the token's fingerprint. */
  readonly trustAnyone?: boolean;
}

export function openSession(server: string, credentials: SessionCredentials): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(server, {
      minVersion: 'TLSv1.3',
      rejectUnauthorized: credentials.trustAnyone !== true,
      ...(credentials.ca === undefined ? {} : { ca: credentials.ca }),
      ...(credentials.cert === undefined ? {} : { cert: credentials.cert }),
      ...(credentials.key === undefined ? {} : { key: credentials.key }),
    });
    const timer = setTimeout(
      () => session.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`)),
      CONNECT_TIMEOUT_MS,
    );
    session.once('connect', () => {
      clearTimeout(timer);
      resolve(session);
    });
    // Stays: an error of an idle session must not end the agent; the next request opens a new one.
    session.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    session.once('close', () => clearTimeout(timer));
  });
}

export function request(
  session: ClientHttp2Session,
  method: 'GET' | 'POST',
  path: string,
  body: Buffer | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<LinkReply> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: method,
      [constants.HTTP2_HEADER_PATH]: path,
      ...headers,
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let status = 0;
    const timer = setTimeout(() => {
      // A session that does not answer is not asked again.
      session.destroy(new Error(`no answer within ${REQUEST_TIMEOUT_MS} ms`));
    }, REQUEST_TIMEOUT_MS);
    stream.on('response', (received) => {
      status = Number(received[constants.HTTP2_HEADER_STATUS] ?? 0);
    });
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > REPLY_BYTES_MAX)
        stream.destroy(new Error(`the reply is longer than ${REPLY_BYTES_MAX} bytes`));
      else chunks.push(chunk);
    });
    stream.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    stream.once('close', () => {
      clearTimeout(timer);
      if (status === 0) reject(new Error('the connection ended before an answer'));
      else resolve({ status, body: Buffer.concat(chunks) });
    });
    stream.end(body);
  });
}

/** SHA-256 of a certificate in DER, hex. */
export function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
}
