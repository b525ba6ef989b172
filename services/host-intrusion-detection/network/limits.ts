/** How many connections one source may have to one target: held against the flow table's own counts. */
import { type Detection, type DetectionKind, detection } from './detection.ts';
import type { Flow, FlowTable } from './flows.ts';
import type { NetworkDetectionPolicy } from './policy.ts';

/** Of sources and targets that were said lately. */
const SAID_MAX = 4_096;

export class Limits {
  readonly #policy: NetworkDetectionPolicy;
  readonly #flows: FlowTable;
  readonly #said = new Map<string, number>();

  constructor(policy: NetworkDetectionPolicy, flows: FlowTable) {
    this.#policy = policy;
    this.#flows = flows;
  }

  observe(flow: Flow | undefined, nowMs: number): Detection | undefined {
    if (flow === undefined || (flow.change !== 'opened' && flow.change !== 'established')) return undefined;
    const { halfOpen, established } = this.#flows.hosts.of(flow.pairKey);
    const { limits } = this.#policy;
    if (established >= limits.connections) return this.#say('connection-limit', flow, established, nowMs);
    return halfOpen >= limits.halfOpen ? this.#say('half-open-limit', flow, halfOpen, nowMs) : undefined;
  }

  #say(
    kind: Extract<DetectionKind, 'connection-limit' | 'half-open-limit'>,
    { initiator, responder, responderPort, isProved }: Flow,
    connections: number,
    nowMs: number,
  ): Detection | undefined {
    const key = `${kind} ${initiator} ${responder}`;
    if (nowMs - (this.#said.get(key) ?? -Infinity) < this.#policy.repeatSeconds * 1_000) return undefined;
    if (this.#said.size >= SAID_MAX) this.#said.clear();
    this.#said.set(key, nowMs);
    const what = kind === 'connection-limit' ? 'connections' : 'half-open connections';
    return detection({
      kind,
      firstAtMs: nowMs,
      lastAtMs: nowMs,
      sources: [initiator],
      targets: [responder],
      ports: [responderPort],
      evidence: { connections },
      because: `${initiator} has ${connections} ${what} to ${responder} at once`,
      // Connections are there because it answered.
      sourceIsProved: kind === 'connection-limit' || isProved,
    });
  }
}
