import { GOLDEN } from '../layout.ts';

const BITS = 16;

/** How often four bytes in a row stand in the texts of a field: seen in a sample, or guessed from the rules. */
export class GramFrequency {
  readonly #counts = new Uint32Array(1 << BITS);

  add(text: Uint8Array, weight = 1): void {
    for (let at = 0; at + 4 <= text.length; at += 1) {
      const slot = slotOf(gramAt(text, at));
      this.#counts[slot] = (this.#counts[slot] ?? 0) + weight;
    }
  }

  of(gram: number): number {
    return this.#counts[slotOf(gram)] ?? 0;
  }
}

function slotOf(gram: number): number {
  return Math.imul(gram, GOLDEN) >>> (32 - BITS);
}

export function gramAt(text: Uint8Array, at: number): number {
  return (
    ((text[at] ?? 0) |
      ((text[at + 1] ?? 0) << 8) |
      ((text[at + 2] ?? 0) << 16) |
      ((text[at + 3] ?? 0) << 24)) >>>
    0
  );
}
