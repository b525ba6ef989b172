/** Verdicts over the packets of a capture: the oracle, with the directions and connections that a capture lacks. */
import type { HostFirewallPolicy } from '@demarc/host-firewall/policy';
import { type DirectedPacket, type Verdict, verdictOf } from '@demarc/host-firewall/verdict';
import type { Packet } from '@demarc/platform/packets';
import { Connections } from './connections.ts';

/** Of answers that are remembered: the oracle looks at every rule for every packet. */
const KNOWN_MAX = 65_536;
/** Schedules are of minutes. */
const MINUTE_MS = 60_000;

export interface Judged extends Verdict {
  readonly direction: 'in' | 'out';
}

export class Judge {
  readonly #policy: HostFirewallPolicy;
  readonly #local: ReadonlySet<string>;
  readonly #contexts: ReadonlySet<string>;
  readonly #connections = new Connections();
  readonly #known = new Map<string, Verdict>();

  constructor(policy: HostFirewallPolicy, local: readonly string[], contexts: ReadonlySet<string>) {
    this.#policy = policy;
    this.#local = new Set(local);
    this.#contexts = contexts;
  }

  judge(packet: Packet): Judged {
    const direction = this.#directionOf(packet);
    const state = this.#connections.stateOf(packet);
    const { source, sourcePort, destination, destinationPort, protocol, tcpFlags, icmpType, icmpCode } =
      packet;
    const minute = Math.floor(packet.atMs / MINUTE_MS);
    const key = `${direction} ${state} ${protocol} ${source} ${sourcePort} ${destination} ${destinationPort} ${tcpFlags} ${icmpType} ${icmpCode} ${minute} ${packet.sourceMac} ${packet.destinationMac}`;
    let verdict = this.#known.get(key);
    if (verdict === undefined) {
      const directed: DirectedPacket = { ...packet, direction };
      verdict = verdictOf(this.#policy, directed, state, packet.atMs, this.#contexts);
      if (this.#known.size >= KNOWN_MAX) this.#known.clear();
      this.#known.set(key, verdict);
    }
    this.#connections.commit(packet, state, verdict.judged === 'accept');
    return { ...verdict, direction };
  }

  /** Of a packet between others, as if each were the machine for what is opened to it. */
  #directionOf(packet: Packet): 'in' | 'out' {
    if (this.#local.has(packet.destination)) return 'in';
    if (this.#local.has(packet.source)) return 'out';
    return this.#connections.isAnswer(packet) ? 'out' : 'in';
  }
}
