/** Which products could meet, by their outer bounds: ten thousand rules are fifty million pairs. */
import type { Product } from './space.ts';

export class Bounds {
  readonly #dimensions: number;
  /** As floating point: rounding keeps the order, so what meets is never taken for apart. */
  readonly #lows: Float64Array;
  readonly #highs: Float64Array;

  constructor(products: readonly Product[]) {
    this.#dimensions = products[0]?.length ?? 0;
    this.#lows = new Float64Array(products.length * this.#dimensions);
    this.#highs = new Float64Array(products.length * this.#dimensions);
    for (const [index, product] of products.entries())
      for (const [dimension, axis] of product.entries()) {
        this.#lows[index * this.#dimensions + dimension] = Number(axis[0]?.low ?? 0n);
        this.#highs[index * this.#dimensions + dimension] = Number(axis.at(-1)?.high ?? 0n);
      }
  }

  meet(a: number, b: number): boolean {
    const [i, j] = [a * this.#dimensions, b * this.#dimensions];
    for (let dimension = 0; dimension < this.#dimensions; dimension += 1) {
      if ((this.#lows[i + dimension] ?? 0) > (this.#highs[j + dimension] ?? 0)) return false;
      if ((this.#lows[j + dimension] ?? 0) > (this.#highs[i + dimension] ?? 0)) return false;
    }
    return true;
  }
}
