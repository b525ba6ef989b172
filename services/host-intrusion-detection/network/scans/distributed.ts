/** Many sources that share the ports of one target among them, each below what would show by itself. */
import { type Detection, detection } from '../detection.ts';
import type { NetworkDetectionPolicy } from '../policy.ts';

const TARGETS_MAX = 4_096;
/** Of one target, within the window. */
const PORTS_MAX = 1_024;
/** Sources that asked for fewer are not blocked for it: their address may have been used by somebody else. */
const PROBES_TO_BLOCK = 2;

interface Target {
  readonly ports: Map<number, { readonly source: string; readonly atMs: number }>;
  readonly sources: Map<string, number>;
  saidAtMs: number;
}

export class DistributedScans {
  evicted = 0;
  readonly #targets = new Map<string, Target>();
  readonly #policy: NetworkDetectionPolicy;

  constructor(policy: NetworkDetectionPolicy) {
    this.#policy = policy;
  }

  add(target: string, source: string, port: number, nowMs: number): Detection | undefined {
    const { scans, repeatSeconds } = this.#policy;
    const found = this.#targets.get(target) ?? this.#start(target);
    if (found.ports.has(port)) return undefined;
    for (const [old, { atMs }] of found.ports) {
      if (found.ports.size < PORTS_MAX && nowMs - atMs <= scans.distributedWindowSeconds * 1_000) break;
      remove(found, old);
    }
    found.ports.set(port, { source, atMs: nowMs });
    found.sources.set(source, (found.sources.get(source) ?? 0) + 1);
    if (found.sources.size < scans.distributedSources || found.ports.size < scans.distributedPorts)
      return undefined;
    if (nowMs - found.saidAtMs < repeatSeconds * 1_000) return undefined;
    found.saidAtMs = nowMs;
    return say(target, found, nowMs);
  }

  /** It is being served, or is a scanner of its own that needs no help to be found. */
  clear(target: string, source: string, port?: number): void {
    const found = this.#targets.get(target);
    if (found === undefined) return;
    for (const at of port === undefined ? [...found.ports.keys()] : [port])
      if (found.ports.get(at)?.source === source) remove(found, at);
  }

  #start(target: string): Target {
    if (this.#targets.size >= TARGETS_MAX)
      for (const oldest of this.#targets.keys()) {
        this.#targets.delete(oldest);
        this.evicted += 1;
        break;
      }
    const made: Target = { ports: new Map(), sources: new Map(), saidAtMs: -Infinity };
    this.#targets.set(target, made);
    return made;
  }
}

function remove(target: Target, port: number): void {
  const source = target.ports.get(port)?.source ?? '';
  target.ports.delete(port);
  const left = (target.sources.get(source) ?? 1) - 1;
  if (left === 0) target.sources.delete(source);
  else target.sources.set(source, left);
}

function say(target: string, found: Target, nowMs: number): Detection {
  const named = [...found.sources].filter(([, probes]) => probes >= PROBES_TO_BLOCK);
  const firstAtMs = Math.min(...[...found.ports.values()].map(({ atMs }) => atMs));
  return detection({
    kind: 'distributed-scan',
    firstAtMs,
    lastAtMs: nowMs,
    sources: named.map(([source]) => source),
    sourceCount: found.sources.size,
    targets: [target],
    ports: [...found.ports.keys()],
    portCount: found.ports.size,
    evidence: { sources: found.sources.size, probes: found.ports.size },
    because: `${found.sources.size} sources asked ${found.ports.size} ports of ${target} between them and used none`,
    sourceIsProved: false,
    response: named.length === 0 ? 'observe' : 'block',
  });
}
