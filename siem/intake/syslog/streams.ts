/**
 * Syslog over TCP and over TLS (RFC 6587, RFC 5425). The protocol has no answers, so that a sender who must wait
 * is held back: its connection is not read while the source is over its rate, or while there is no room on disk.
 * Nothing is lost by that; what was read is kept until it can be written.
 */

import { constants } from 'node:crypto';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { ServerCertificate } from '@demarc/platform/identity';
import { plain } from '../directory.ts';
import { type Framed, type Lost, SyslogFramer } from '../framing/syslog-stream.ts';
import { type Block, recordCount } from '../record.ts';
import { type RunningSource, reasonOf } from '../source.ts';

const CONNECTIONS_MAX = 2_000;
const CONNECTIONS_PER_SOURCE_MAX = 200;
const HANDSHAKE_MS_MAX = 10_000;
/** Of a connection on which nothing happens; senders come back by themselves. */
const IDLE_MS_MAX = 3_600_000;
/** A message that does not end for as long will not. */
const MESSAGE_MS_MAX = 60_000;
const KEEP_ALIVE_MS = 60_000;
/** Of one connection, read and not yet on disk. */
const HELD_BYTES_MAX = 1_048_576; // 1 MiB
/** Written at once. */
const PORTION_BYTES = 262_144; // 256 KiB
const RETRY_MS = 500;

export interface StreamOptions {
  readonly host: string;
  readonly port: number;
  /** Left out for clear text. */
  readonly tls?: ServerCertificate & { readonly authorityPem: string };
  /** Undefined for a stranger, whose connection is closed. */
  sourceOf(peer: {
    readonly address: string;
    readonly fingerprint: string | undefined;
  }): RunningSource | undefined;
  onStranger(): void;
  now(): number;
}

export interface StreamListener extends AsyncDisposable {
  readonly port: number;
  /** For connections from now on. */
  present(certificate: ServerCertificate): void;
}

export async function listenForStreams(options: StreamOptions): Promise<StreamListener> {
  const connections = new Set<Connection>();
  const accept = (socket: Socket | TLSSocket): void => {
    socket.on('error', () => undefined);
    const address = plain(socket.remoteAddress ?? '');
    const source = options.sourceOf({ address, fingerprint: fingerprintOf(socket, options.now()) });
    if (source === undefined || !source.definition.enabled) {
      options.onStranger();
      socket.destroy();
      return;
    }
    if (source.connections >= CONNECTIONS_PER_SOURCE_MAX) {
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, source, address, options.now);
    connections.add(connection);
    // What it brought may still wait for room.
    socket.once('close', () => void connection.drained().then(() => connections.delete(connection)));
  };
  const secure = (certificate: ServerCertificate) => ({
    key: certificate.key,
    cert: `${certificate.certificate}\n${options.tls?.authorityPem ?? ''}`,
    minVersion: 'TLSv1.2' as const,
  });
  const server =
    options.tls === undefined
      ? createTcpServer({ noDelay: true }, accept)
      : createTlsServer(
          {
            ...secure(options.tls),
            requestCert: true,
            // Senders bring certificates of their own; which one it is decides, not who signed it.
            rejectUnauthorized: false,
            handshakeTimeout: HANDSHAKE_MS_MAX,
            // A resumed session would not show its certificate again.
            secureOptions: constants.SSL_OP_NO_TICKET,
          },
          accept,
        );
  server.on('tlsClientError', () => options.onStranger());
  server.maxConnections = CONNECTIONS_MAX;
  await listening(server, options);
  return {
    port: (server.address() as { readonly port: number }).port,
    present(certificate) {
      if ('setSecureContext' in server) server.setSecureContext(secure(certificate));
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.all([...connections].map((connection) => connection.stop()));
      await closed;
    },
  };
}

class Connection {
  readonly #socket: Socket;
  readonly #source: RunningSource;
  readonly #peer: string;
  readonly #now: () => number;
  readonly #framer: SyslogFramer;
  readonly #held: Block[] = [];
  #heldBytes = 0;
  #draining: Promise<void> | undefined;
  #stopped = false;
  #openSince: number | undefined;

  constructor(socket: Socket, source: RunningSource, peer: string, now: () => number) {
    this.#socket = socket;
    this.#source = source;
    this.#peer = peer;
    this.#now = now;
    this.#framer = new SyslogFramer((lost) => this.#lost(lost));
    source.connections += 1;
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setTimeout(IDLE_MS_MAX, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    const watch = setInterval(() => this.#endWhoNeverEnds(), MESSAGE_MS_MAX / 4).unref();
    socket.once('close', () => {
      clearInterval(watch);
      source.connections -= 1;
      this.#take(this.#framer.end());
    });
  }

  /** Resolves when nothing of it is held any more. */
  async drained(): Promise<void> {
    await this.#draining;
  }

  /** What finds no room now is dropped, and counted. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#socket.destroy();
    await this.#draining;
  }

  #read(chunk: Buffer): void {
    this.#take(this.#framer.push(chunk));
    this.#openSince = this.#framer.heldBytes === 0 ? undefined : (this.#openSince ?? this.#now());
    if (this.#heldBytes + this.#framer.heldBytes > HELD_BYTES_MAX) this.#socket.pause();
  }

  #take(framed: Framed | undefined): void {
    if (framed === undefined) return;
    this.#openSince = undefined;
    const { bytes, bounds } = framed;
    const receivedAtMs = this.#now();
    this.#held.push({ format: 'syslog', receivedAtMs, peer: this.#peer, about: {}, bounds, bytes });
    this.#heldBytes += bytes.length;
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#held.length > 0) {
      const blocks: Block[] = [];
      let bytes = 0;
      // In portions: one that is larger than all the room there is would wait for ever.
      while (bytes < PORTION_BYTES) {
        const next = this.#held.shift();
        if (next === undefined) break;
        blocks.push(next);
        bytes += next.bytes.length;
      }
      await this.#writeThrough(blocks, bytes);
      this.#heldBytes -= bytes;
      if (this.#heldBytes < HELD_BYTES_MAX && this.#socket.isPaused()) this.#socket.resume();
    }
    // In the same moment in which nothing is held: what comes next must find that nobody drains.
    this.#draining = undefined;
  }

  async #writeThrough(blocks: readonly Block[], bytes: number): Promise<void> {
    const source = this.#source;
    const records = blocks.reduce((sum, { bounds }) => sum + recordCount(bounds), 0);
    for (;;) {
      const { waitMs } = source.rate;
      if (waitMs > 0 && !this.#stopped) {
        this.#socket.pause();
        await pause(Math.min(waitMs, RETRY_MS));
        continue;
      }
      try {
        await source.append(blocks);
        source.rate.spend(records, bytes);
        return;
      } catch (error) {
        if (this.#stopped) {
          const [first] = blocks;
          const sample = first?.bytes.subarray(first.bounds[0], first.bounds[1]) ?? '';
          const reason = reasonOf(error);
          source.notTaken({ outcome: 'dropped', reason, count: records, peer: this.#peer, sample });
          return;
        }
        this.#socket.pause();
        await pause(RETRY_MS);
      }
    }
  }

  #lost({ reason, sample }: Lost): void {
    this.#source.notTaken({ outcome: 'dropped', reason, count: 1, peer: this.#peer, sample });
  }

  /** Many connections that each hold half a message hold memory. */
  #endWhoNeverEnds(): void {
    if (this.#openSince !== undefined && this.#now() - this.#openSince > MESSAGE_MS_MAX)
      this.#socket.destroy();
    else if (!this.#source.definition.enabled) this.#socket.destroy();
  }
}

/** SHA-256 (hex) of the certificate that the sender presented, while it is valid. */
function fingerprintOf(socket: Socket | TLSSocket, nowMs: number): string | undefined {
  if (!('getPeerX509Certificate' in socket)) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  if (nowMs > Date.parse(certificate.validTo)) return undefined;
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

function listening(server: Server, { host, port }: StreamOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve();
    });
  });
}
