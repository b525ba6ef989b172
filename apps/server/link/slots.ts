/**
 * How many bodies are in memory at once. Who waits has sent no more than a flow-control window of its body, so
 * that a thousand agents that come back together cost what a few cost.
 */
import { linkErrors } from './errors.ts';

export class Slots {
  readonly #slotsMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(slotsMax: number, waitingMax: number) {
    this.#slotsMax = slotsMax;
    this.#waitingMax = waitingMax;
  }

  /** @throws LINK_BUSY when too many wait already */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.#slotsMax) {
      if (this.#waiting.length >= this.#waitingMax) throw linkErrors.make('LINK_BUSY', {});
      // Handed over by who leaves, so that nobody slips in between.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#taken += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#taken -= 1;
      else next();
    }
  }
}
