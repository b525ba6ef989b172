/**
 * One live stream for the page, shared by all who listen; it comes back by itself with growing pauses.
 *
 * What happens before it is open, between two connections, or while its reader was too slow is not in it. Then it says
 * that there is a gap, and whoever needs all of it asks for it.
 */
import { LiveMessage } from '@demarc/platform/contract/api';

const KINDS = ['event', 'evidence', 'matrix', 'asset', 'rules', 'dropped'] as const;
export type StreamMessage = LiveMessage | { readonly kind: 'gap' };
type Listener = (message: StreamMessage) => void;

const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 30_000;

export class LiveStream {
  readonly #tenantId: string;
  readonly #listeners = new Set<Listener>();
  #source: EventSource | undefined;
  #pauseMs = PAUSE_MS_MIN;
  #timer: number | undefined;

  constructor(tenantId: string) {
    this.#tenantId = tenantId;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#source === undefined && this.#timer === undefined) this.#open();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#close();
    };
  }

  #open(): void {
    this.#timer = undefined;
    const source = new EventSource(`/v1/tenants/${this.#tenantId}/events/stream`);
    this.#source = source;
    source.addEventListener('open', () => {
      this.#pauseMs = PAUSE_MS_MIN;
      this.#tell({ kind: 'gap' });
    });
    source.addEventListener('error', () => {
      source.close();
      this.#source = undefined;
      if (this.#listeners.size === 0) return;
      this.#timer = window.setTimeout(() => this.#open(), this.#pauseMs * (0.5 + Math.random() / 2));
      this.#pauseMs = Math.min(PAUSE_MS_MAX, this.#pauseMs * 2);
    });
    for (const kind of KINDS) {
      source.addEventListener(kind, (event: MessageEvent<string>) => {
        const message = LiveMessage.safeParse(JSON.parse(event.data));
        if (!message.success) return;
        this.#tell(message.data);
        if (message.data.kind === 'dropped') this.#tell({ kind: 'gap' });
      });
    }
  }

  #tell(message: StreamMessage): void {
    for (const listener of this.#listeners) listener(message);
  }

  #close(): void {
    window.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#source?.close();
    this.#source = undefined;
  }
}

const streams = new Map<string, LiveStream>();

export function liveStream(tenantId: string): LiveStream {
  const known = streams.get(tenantId) ?? new LiveStream(tenantId);
  streams.set(tenantId, known);
  return known;
}
