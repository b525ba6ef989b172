/** Which machine a capture is about: a capture says nothing of directions. */
import { type Packet, TCP_FLAGS } from '@demarc/platform/packets';

/** Addresses that are counted; a flood of forged ones brings more, and none of those is the machine. */
const COUNTED_MAX = 65_536;
/** In so many of its packets the address of a machine is, in a capture of its own. */
const SHARE_MIN = 0.9;

const ANSWERS = TCP_FLAGS.ack | TCP_FLAGS.rst;

export class LocalAddress {
  readonly #seen = new Map<string, { packets: number; opened: number }>();
  #packets = 0;

  count(packet: Packet): void {
    const { sourcePort = 0, destinationPort = 0, tcpFlags } = packet;
    // Who asks without answering says who serves; otherwise the lower port mostly does. Of equals, who was asked first.
    const asks = tcpFlags === undefined ? destinationPort < sourcePort : (tcpFlags & ANSWERS) === 0;
    const opens = asks || this.#packets === 0;
    this.#packets += 1;
    this.#countOne(packet.source, 0);
    this.#countOne(packet.destination, opens ? 1 : 0);
  }

  /**
   * The address that is in nearly every packet; of two, the one to which connections are opened.
   *
   * @returns none for a capture of a network, where each flow is judged by who it was opened to
   */
  infer(): readonly string[] {
    const [best] = [...this.#seen]
      .filter(([, { packets }]) => packets >= this.#packets * SHARE_MIN)
      .sort(([, a], [, b]) => b.opened - a.opened || b.packets - a.packets);
    return best === undefined ? [] : [best[0]];
  }

  #countOne(address: string, opened: number): void {
    const known = this.#seen.get(address);
    if (known !== undefined) {
      known.packets += 1;
      known.opened += opened;
    } else if (this.#seen.size < COUNTED_MAX) this.#seen.set(address, { packets: 1, opened });
  }
}
