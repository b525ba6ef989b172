/** Deliveries in the background, one at a time for each tenant: whoever sent the events waits for none. */
import type { CorrelationFinding } from '@demarc/platform/sigma';
import type { TenantId, TenantScope } from '@demarc/platform/tenancy';

/** More are handed out again later (`correlator.ts`): they are on disk. */
const WAITING_MAX = 10_000;

export class Deliveries {
  readonly #deliver: (tenant: TenantScope, found: readonly CorrelationFinding[]) => Promise<void>;
  readonly #onError: (line: string, error: unknown) => void;
  readonly #last = new Map<TenantId, Promise<void>>();
  #waiting = 0;

  constructor(
    deliver: (tenant: TenantScope, found: readonly CorrelationFinding[]) => Promise<void>,
    onError: (line: string, error: unknown) => void,
  ) {
    this.#deliver = deliver;
    this.#onError = onError;
  }

  hand(tenant: TenantScope, found: readonly CorrelationFinding[]): void {
    if (found.length === 0 || this.#waiting + found.length > WAITING_MAX) return;
    const { tenantId } = tenant;
    this.#waiting += found.length;
    const mine = (this.#last.get(tenantId) ?? Promise.resolve()).then(async () => {
      try {
        await this.#deliver(tenant, found);
      } catch (error) {
        this.#onError('findings of correlations could not be stored; they are tried again', error);
      } finally {
        this.#waiting -= found.length;
        if (this.#last.get(tenantId) === mine) this.#last.delete(tenantId);
      }
    });
    this.#last.set(tenantId, mine);
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }
}
