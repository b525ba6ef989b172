/**
 * Delivers the spool and brings policy back, in one request, for as long as the agent lives.
 *
 * At once when there is something to send, otherwise when the server said; after a failure with full jitter,
 * so that a thousand agents do not come back in step.
 */
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import type { DropRecord } from '@demarc/platform/contract';
import type { HostIdentity } from '@demarc/platform/contract/agent';
import { DemarcError } from '@demarc/platform/errors';
import { makeRequest } from '@demarc/platform/identity/request';
import { type ExchangeHeader, ExchangeReply, LINK_PATHS } from '@demarc/platform/link';
import * as z from 'zod';
import { acceptedJson } from './enroll.ts';
import { type Identity, renewedIdentity } from './identity.ts';
import { LinkClient, type LinkReply } from './link.ts';
import type { Spool, SpoolBatch } from './spool/spool.ts';
import { AGENT_VERSION } from './version.ts';

const compress = promisify(zstdCompress);
const ZSTD_LEVEL = 3;
const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 60_000;
/** Records that arrive together travel together. */
const GATHER_MS = 150;
const FOR_GOOD = ['LINK_BODY_INVALID', 'LINK_BODY_TOO_LARGE'];
const REFUSALS_MAX = 5;
const RenewReply = z.strictObject({ certificate: z.string() });

export interface ShipOptions {
  readonly identity: Identity;
  readonly host: HostIdentity;
  readonly spool: Spool;
  readonly spoolBytesMax: number;
  rooms(): ExchangeHeader['rooms'];
  /** Drops not yet told to the server; `told` is called when it knows. */
  drops(): readonly DropRecord[];
  told(records: readonly DropRecord[]): void;
  onPolicies(policies: ExchangeReply['policies']): void;
  onIdentity(identity: Identity): void;
  onState(state: ShipState): void;
  log(line: string, details?: Readonly<Record<string, unknown>>): void;
  random(): number;
}

export interface ShipState {
  readonly connected: boolean;
  readonly because: string;
  readonly lastExchangeAtMs: number | null;
  /** This machine's clock minus the server's, as far as half a round trip tells. */
  readonly clockOffsetMs: number | null;
}

export class Ship {
  readonly #options: ShipOptions;
  #identity: Identity;
  #client: LinkClient;
  #wake: (() => void) | undefined;
  #stopped = false;
  #failures = 0;
  #refusals = { token: '', count: 0 };
  #state: ShipState = {
    connected: false,
    because: 'not connected yet',
    lastExchangeAtMs: null,
    clockOffsetMs: null,
  };

  constructor(options: ShipOptions) {
    this.#options = options;
    this.#identity = options.identity;
    this.#client = new LinkClient(options.identity);
  }

  /** Something was spooled: do not wait for the next heartbeat. */
  notify(): void {
    this.#wake?.();
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      let batch: SpoolBatch | undefined;
      let waitMs: number;
      try {
        batch = this.#options.spool.nextBatch();
        const reply = await this.#exchange(batch);
        this.#failures = 0;
        // While there is more to send there is no pause.
        waitMs = batch === undefined ? reply.nextExchangeSeconds * 1_000 : 0;
      } catch (error) {
        this.#failures += 1;
        this.#lost(error);
        if (batch !== undefined) this.#refused(batch, error);
        waitMs =
          Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(this.#failures, 16)) *
          this.#options.random();
        await this.#sleep(waitMs, false);
        continue;
      }
      if (waitMs > 0) await this.#sleep(waitMs, true);
    }
    this.#client[Symbol.dispose]();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  async #exchange(batch: SpoolBatch | undefined): Promise<ExchangeReply> {
    const { spool } = this.#options;
    const drops = this.#options.drops().slice(0, 256);
    const sentAtMs = Date.now();
    const answer = await this.#post(this.#client, batch, drops, sentAtMs);
    const reply = ExchangeReply.parse(acceptedJson(answer));
    const receivedAtMs = Date.now();
    if (reply.receipt !== undefined) {
      spool.acknowledge(reply.receipt.batchToken);
      for (const refused of reply.receipt.rejected) this.#options.log('the server refused a record', refused);
    }
    this.#options.told(drops);
    this.#state = {
      connected: true,
      because: 'delivering',
      lastExchangeAtMs: receivedAtMs,
      clockOffsetMs: Math.round((sentAtMs + receivedAtMs) / 2 - reply.serverTimeMs),
    };
    this.#options.onState(this.#state);
    this.#options.onPolicies(reply.policies);
    if (reply.renewCertificate) await this.#renew();
    return reply;
  }

  /** Over a connection of its own, made now. */
  async reach(): Promise<boolean> {
    using client = new LinkClient(this.#identity);
    try {
      ExchangeReply.parse(acceptedJson(await this.#post(client, undefined, [], Date.now())));
      return true;
    } catch {
      return false;
    }
  }

  async #post(
    client: LinkClient,
    batch: SpoolBatch | undefined,
    drops: readonly DropRecord[],
    sentAtMs: number,
  ): Promise<LinkReply> {
    const { spool, host } = this.#options;
    const header: ExchangeHeader = {
      protocol: 1,
      agentVersion: AGENT_VERSION,
      ...(batch === undefined ? {} : { batchToken: batch.token }),
      recordCount: batch?.recordCount ?? 0,
      sentAtMs,
      hostname: host.hostname,
      os: host.os,
      rooms: this.#options.rooms(),
      dropped: [...drops],
      spool: { bytes: spool.bytes, bytesMax: this.#options.spoolBytesMax, records: spool.records },
    };
    const body = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), batch?.lines ?? Buffer.alloc(0)]);
    const compressed = (await compress(body, {
      params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
    })) as Buffer;
    return client.post(LINK_PATHS.exchange, compressed, {
      'content-encoding': 'zstd',
      'content-type': 'application/x-ndjson',
    });
  }

  async #renew(): Promise<void> {
    const { key, csr } = await makeRequest();
    const answer = await this.#client.post(LINK_PATHS.renew, Buffer.from(JSON.stringify({ csr })));
    const { certificate } = RenewReply.parse(acceptedJson(answer));
    this.#identity = renewedIdentity(this.#identity, key, certificate);
    // On disk before it is used: the old one may not be good for long.
    this.#options.onIdentity(this.#identity);
    this.#client[Symbol.dispose]();
    this.#client = new LinkClient(this.#identity);
    this.#options.log('the certificate was renewed');
  }

  #lost(error: unknown): void {
    const because = error instanceof Error ? error.message.slice(0, 500) : String(error);
    if (this.#state.connected || this.#failures === 1)
      this.#options.log('the server does not answer', { because });
    this.#state = { ...this.#state, connected: false, because };
    this.#options.onState(this.#state);
    this.#client[Symbol.dispose]();
  }

  /** A batch that the server calls malformed again and again will not become better. */
  #refused(batch: SpoolBatch, error: unknown): void {
    const code = error instanceof DemarcError ? String(error.details['code'] ?? '') : '';
    if (!FOR_GOOD.includes(code)) return;
    this.#refusals = this.#refusals.token === batch.token ? this.#refusals : { token: batch.token, count: 0 };
    this.#refusals.count += 1;
    if (this.#refusals.count < REFUSALS_MAX) return;
    this.#options.spool.setAside(batch, `refused by the server: ${code}`);
    this.#options.log('a batch was set aside', { token: batch.token, code });
  }

  async #sleep(milliseconds: number, wakeable: boolean): Promise<void> {
    if (this.#stopped) return;
    let woken = false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        if (!wakeable && !this.#stopped) return;
        woken = true;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
    if (woken && !this.#stopped) await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
  }
}
