/** How many connections each pair of hosts has, by state: what limits per host are held against. */
import { PROTOCOL } from '@demarc/platform/packets';
import type { Flow } from './flows.ts';

export interface HostCounts {
  readonly halfOpen: number;
  readonly established: number;
}

const NONE: HostCounts = { halfOpen: 0, established: 0 };
/** Pairs without connections are kept until there are so many, and then leave all at once. */
const IDLE_MAX = 65_536;

/** Bounded by the flow table, and by what may be idle beside it. */
export class Hosts {
  readonly #counts = new Map<string, { halfOpen: number; established: number }>();
  #idle = 0;

  of(pairKey: string): HostCounts {
    return this.#counts.get(pairKey) ?? NONE;
  }

  add(flow: Flow, by: 1 | -1): void {
    if (flow.protocol !== PROTOCOL.tcp) return;
    const isHalfOpen = flow.state === 'opening' || flow.state === 'half-open';
    if (!isHalfOpen && flow.state !== 'established') return;
    let counts = this.#counts.get(flow.pairKey);
    if (counts === undefined) {
      counts = { halfOpen: 0, established: 0 };
      this.#counts.set(flow.pairKey, counts);
    } else if (counts.halfOpen + counts.established === 0) this.#idle -= 1;
    if (isHalfOpen) counts.halfOpen += by;
    else counts.established += by;
    if (counts.halfOpen + counts.established > 0) return;
    this.#idle += 1;
    if (this.#idle > IDLE_MAX) this.#forget();
  }

  #forget(): void {
    for (const [key, { halfOpen, established }] of this.#counts)
      if (halfOpen + established === 0) this.#counts.delete(key);
    this.#idle = 0;
  }
}
