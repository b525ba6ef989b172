/** Tells whoever watches. A reader that is too slow loses the oldest messages, and is told how many. */
import type { LiveMessage } from '@demarc/platform/contract/api';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Carried } from './enrich.ts';
import type { Siem } from './siem.ts';

const QUEUE_MAX = 1_000;
const READERS_MAX = 500;

export class Watchers {
  readonly #readers = new Map<string, Set<Watcher>>();
  #count = 0;
  #dropped = 0;

  /** Undefined when there are too many readers already. */
  watch(tenant: TenantScope): Watcher | undefined {
    if (this.#count >= READERS_MAX) return undefined;
    const readers = this.#readers.get(tenant.tenantId) ?? new Set();
    this.#readers.set(tenant.tenantId, readers);
    const watcher = new Watcher(() => {
      if (readers.delete(watcher)) this.#count -= 1;
      if (readers.size === 0 && this.#readers.get(tenant.tenantId) === readers)
        this.#readers.delete(tenant.tenantId);
    });
    readers.add(watcher);
    this.#count += 1;
    return watcher;
  }

  publish(tenant: TenantScope, message: LiveMessage): void {
    for (const watcher of this.#readers.get(tenant.tenantId) ?? [])
      if (!watcher.push(message)) this.#dropped += 1;
  }

  /** Messages that readers lost by being too slow, since the process started. */
  get dropped(): number {
    return this.#dropped;
  }

  isWatched(tenant: TenantScope): boolean {
    return this.#readers.has(tenant.tenantId);
  }

  get count(): number {
    return this.#count;
  }
}

export class Watcher implements Disposable {
  readonly #queue: LiveMessage[] = [];
  readonly #onDispose: () => void;
  #dropped = 0;
  #wake: (() => void) | undefined;

  constructor(onDispose: () => void) {
    this.#onDispose = onDispose;
  }

  /** False when the oldest message had to make room. */
  push(message: LiveMessage): boolean {
    const isFull = this.#queue.length >= QUEUE_MAX;
    if (isFull) {
      this.#queue.shift();
      this.#dropped += 1;
    }
    this.#queue.push(message);
    this.#wake?.();
    return !isFull;
  }

  /** What came since the last call, oldest first; waits at most `timeoutMs` for something to come. */
  async take(timeoutMs: number): Promise<readonly LiveMessage[]> {
    if (this.#queue.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    const taken = this.#queue.splice(0);
    if (this.#dropped === 0) return taken;
    const count = this.#dropped;
    this.#dropped = 0;
    return [{ kind: 'dropped', count }, ...taken];
  }

  [Symbol.dispose](): void {
    this.#onDispose();
    this.#wake?.();
  }
}

export function publish(siem: Siem, tenant: TenantScope, events: readonly Carried[]): void {
  for (const { event } of events) siem.watchers.publish(tenant, { kind: 'event', event });
}
