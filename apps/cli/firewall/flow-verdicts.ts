/** Verdicts of packets, gathered by flow and told once each; or told as they come. */
import type { Packet } from '@demarc/platform/packets';
import { keyOf } from './connections.ts';
import type { Judged } from './judge.ts';
import type { VerdictLine } from './replay-lines.ts';

/** Flows that are gathered; the oldest are told early, and once more if they go on. */
const GATHERED_MAX = 65_536;
/** What decided when no rule did. */
const NO_RULE = '(none)';

type Gathered = { -readonly [Key in keyof VerdictLine]: VerdictLine[Key] };

export class FlowVerdicts {
  readonly verdicts = { accept: 0, drop: 0 };
  readonly judged = { accept: 0, drop: 0 };
  readonly rules: Record<string, number> = {};
  flows = 0;
  readonly #perPacket: boolean;
  readonly #tell: (line: VerdictLine) => void;
  readonly #gathered = new Map<string, Map<'accept' | 'drop', Gathered>>();

  constructor(perPacket: boolean, tell: (line: VerdictLine) => void) {
    this.#perPacket = perPacket;
    this.#tell = tell;
  }

  add(index: number, packet: Packet, judged: Judged): void {
    this.verdicts[judged.verdict] += 1;
    this.judged[judged.judged] += 1;
    const rule = judged.rule ?? NO_RULE;
    this.rules[rule] = (this.rules[rule] ?? 0) + 1;
    const key = keyOf(packet);
    let flow = this.#gathered.get(key);
    if (flow === undefined) {
      if (this.#gathered.size >= GATHERED_MAX) this.#tellOldest(GATHERED_MAX / 2);
      flow = new Map();
      this.#gathered.set(key, flow);
      this.flows += 1;
    }
    if (this.#perPacket) {
      this.#tell(lineOf(index, packet, judged));
      return;
    }
    const known = flow.get(judged.judged);
    if (known === undefined) flow.set(judged.judged, lineOf(index, packet, judged));
    else {
      known.packets += 1;
      known.bytes += packet.bytes;
      known.lastAt = instant(packet.atMs);
    }
  }

  end(): void {
    this.#tellOldest(0);
  }

  /** Many at once: a Map finds its first entry by walking over all that were deleted before it. */
  #tellOldest(leave: number): void {
    for (const [key, flow] of this.#gathered) {
      if (this.#gathered.size <= leave) return;
      this.#gathered.delete(key);
      for (const line of flow.values()) this.#tell(line);
    }
  }
}

function lineOf(index: number, packet: Packet, { logged: _logged, ...judged }: Judged): Gathered {
  const at = instant(packet.atMs);
  return {
    kind: 'verdict',
    packet: index,
    at,
    lastAt: at,
    protocol: packet.protocol,
    source: packet.source,
    sourcePort: packet.sourcePort ?? null,
    destination: packet.destination,
    destinationPort: packet.destinationPort ?? null,
    ...judged,
    packets: 1,
    bytes: packet.bytes,
  };
}

function instant(atMs: number): string {
  return Math.abs(atMs) <= 8.64e15 ? new Date(atMs).toISOString() : '';
}
