/**
 * Fragments back to what they were cut from, as Linux does it: bounded in time, number and bytes, and a datagram
 * whose pieces overlap is given up (RFC 5722; for IPv4 since CVE-2018-5391), because two systems would read it
 * differently.
 */

/** Linux: net.ipv4.ipfrag_time and ipfrag_high_thresh. */
const KEPT_MS_MAX = 30_000;
const BYTES_MAX = 4_194_304;
const DATAGRAMS_MAX = 1_024;
const PIECES_MAX = 8_192;
const DATAGRAM_BYTES_MAX = 65_535;

export interface Piece {
  /** Source, destination, protocol and identification: RFC 791 section 3.2. */
  readonly key: string;
  readonly atMs: number;
  readonly offset: number;
  readonly more: boolean;
  readonly bytes: Uint8Array;
}

export interface FragmentCounts {
  reassembled: number;
  /** Datagrams whose pieces overlap, are too long, or disagree about the end. */
  refused: number;
  /** Datagrams that waited too long, or made room for others. */
  abandoned: number;
}

interface Datagram {
  readonly sinceMs: number;
  readonly pieces: Piece[];
  held: number;
  length: number | undefined;
  /** Refused: what still comes of it is dropped. */
  refused: boolean;
}

export class Fragments {
  readonly counts: FragmentCounts = { reassembled: 0, refused: 0, abandoned: 0 };
  /** Oldest first. */
  readonly #datagrams = new Map<string, Datagram>();
  #held = 0;

  /** @returns the whole, when this piece was the last one missing */
  add(piece: Piece): Uint8Array | undefined {
    this.#forget(piece.atMs);
    const datagram = this.#datagrams.get(piece.key) ?? this.#start(piece);
    if (datagram.refused) return undefined;
    const end = piece.offset + piece.bytes.length;
    const same = datagram.pieces.some(
      (other) =>
        other.offset === piece.offset &&
        other.bytes.length === piece.bytes.length &&
        other.more === piece.more,
    );
    // The same piece once more is a retransmission or a copy by the network.
    if (same) return undefined;
    const overlaps = datagram.pieces.some(
      (other) => piece.offset < other.offset + other.bytes.length && other.offset < end,
    );
    const beyond = datagram.length !== undefined && (end > datagram.length || !piece.more);
    // All but the last piece are of a multiple of eight bytes.
    const ragged = piece.more && (piece.bytes.length % 8 !== 0 || piece.bytes.length === 0);
    const before = !piece.more && datagram.pieces.some((other) => other.offset + other.bytes.length > end);
    if (
      overlaps ||
      beyond ||
      ragged ||
      before ||
      end > DATAGRAM_BYTES_MAX ||
      datagram.pieces.length >= PIECES_MAX
    )
      return this.#refuse(datagram);
    datagram.pieces.push({ ...piece, bytes: piece.bytes.slice() });
    datagram.held += piece.bytes.length;
    this.#held += piece.bytes.length;
    if (!piece.more) datagram.length = end;
    if (datagram.held === datagram.length) return this.#finish(piece.key, datagram);
    while (this.#held > BYTES_MAX) this.#abandonOldest();
    return undefined;
  }

  #start({ key, atMs }: Piece): Datagram {
    if (this.#datagrams.size >= DATAGRAMS_MAX) this.#abandonOldest();
    const datagram = { sinceMs: atMs, pieces: [], held: 0, length: undefined, refused: false };
    this.#datagrams.set(key, datagram);
    return datagram;
  }

  #finish(key: string, datagram: Datagram): Uint8Array {
    const whole = new Uint8Array(datagram.held);
    for (const { offset, bytes } of datagram.pieces) whole.set(bytes, offset);
    this.#held -= datagram.held;
    this.#datagrams.delete(key);
    this.counts.reassembled += 1;
    return whole;
  }

  #refuse(datagram: Datagram): undefined {
    this.#held -= datagram.held;
    datagram.held = 0;
    datagram.pieces.length = 0;
    datagram.refused = true;
    this.counts.refused += 1;
  }

  #forget(nowMs: number): void {
    for (const { sinceMs } of this.#datagrams.values()) {
      if (nowMs - sinceMs <= KEPT_MS_MAX) return;
      this.#abandonOldest();
    }
  }

  #abandonOldest(): void {
    const [oldest] = this.#datagrams;
    if (oldest === undefined) return;
    const [key, datagram] = oldest;
    this.#datagrams.delete(key);
    this.#held -= datagram.held;
    if (!datagram.refused) this.counts.abandoned += 1;
  }
}
