/** A source of the intake as a benchmark drives it: filled as a connection would, and waited for. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Receipt } from '@demarc/platform/link';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Batch } from '@demarc/siem';
import { type baseEvent, RunningSource, SyslogFramer } from '@demarc/siem/intake';

/** Between the listener and the disk, as in `siem/intake/syslog/streams.ts`. */
const PENDING_BYTES_MAX = 1_048_576;
type Take = (batch: Batch) => Promise<Receipt>;
type Normalise = typeof baseEvent;

interface RoadOptions {
  readonly tenant: TenantScope;
  readonly directory: string;
  /** What a socket hands over at once. */
  readonly chunkBytes: number;
}

export class IntakeRoad {
  readonly #options: RoadOptions;

  constructor(options: RoadOptions) {
    this.#options = options;
  }

  /** Until the bytes are in the spool; the source is left behind at its work. */
  async fill(bytes: Buffer, normalise: Normalise, take: Take): Promise<void> {
    await this.#send(this.#open(normalise, take), bytes);
  }

  /** Until all of the bytes' lines were taken. */
  async through(bytes: Buffer, lines: number, normalise: Normalise, take: Take): Promise<void> {
    const source = this.#open(normalise, take);
    await this.#send(source, bytes);
    while (source.accounting.stored < lines) await pause(2);
    await source[Symbol.asyncDispose]();
    source.remove();
  }

  #open(normalise: Normalise, take: Take): RunningSource {
    const { tenant, directory } = this.#options;
    return new RunningSource(
      {
        tenant,
        sourceId: randomUUID(),
        name: 'bench',
        settings: { kind: 'syslog-tcp', port: null, peers: [] },
        limits: { eventsPerSecond: 10_000_000, bytesPerSecond: 10_000_000_000 },
        enabled: true,
        tokenHash: undefined,
        signingSecret: undefined,
        fingerprint: undefined,
      },
      {
        directory,
        normalise,
        carry: (_tenant, batch) => take(batch),
        spoolBytesMax: 1_073_741_824,
        freeBytesMin: 0,
        lingerMs: 5,
        now: Date.now,
        monotonic: () => performance.now(),
        log: console.error,
      },
    );
  }

  /** As a connection does it: frame, hand over, wait only when too much is not on disk yet. */
  async #send(source: RunningSource, bytes: Buffer): Promise<void> {
    const { chunkBytes } = this.#options;
    const framer = new SyslogFramer(() => undefined);
    let last: Promise<void> = Promise.resolve();
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const framed = framer.push(bytes.subarray(at, at + chunkBytes));
      if (framed === undefined) continue;
      last = source.append([
        { format: 'syslog', receivedAtMs: Date.now(), peer: '192.0.2.1', about: {}, ...framed },
      ]);
      if (source.spool.pendingBytes > PENDING_BYTES_MAX) await last;
    }
    await last;
  }
}
