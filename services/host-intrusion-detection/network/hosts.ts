/** How many connections each pair of hosts has, by state: what limits per host are held against. */
import { PROTOCOL } from '@demarc/platform/packets';
import type { Flow } from './flows.ts';

export interface HostCounts {
  readonly halfOpen: number;
  readonly established: number;
}

const NONE: HostCounts = { halfOpen: 0, established: 0 };

/** Bounded by the flow table: a pair without flows has no entry. */
export class Hosts {
  readonly #counts = new Map<string, { halfOpen: number; established: number }>();

  of(initiator: string, responder: string): HostCounts {
    return this.#counts.get(`${initiator} ${responder}`) ?? NONE;
  }

  add(flow: Flow, by: 1 | -1): void {
    if (flow.protocol !== PROTOCOL.tcp) return;
    const isHalfOpen = flow.state === 'opening' || flow.state === 'half-open';
    if (!isHalfOpen && flow.state !== 'established') return;
    const key = `${flow.initiator} ${flow.responder}`;
    const counts = this.#counts.get(key) ?? { halfOpen: 0, established: 0 };
    if (isHalfOpen) counts.halfOpen += by;
    else counts.established += by;
    if (counts.halfOpen === 0 && counts.established === 0) this.#counts.delete(key);
    else this.#counts.set(key, counts);
  }
}
