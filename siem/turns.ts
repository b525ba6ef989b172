/**
 * One batch of an asset at a time, and only so many at once.
 *
 * Whether an event is stored already can only be said when no other batch of its asset is on the way; and
 * each batch on the way holds its rows in memory.
 */
import { siemErrors } from './errors.ts';

/** A sender waits for its receipt; a second request is one that gave up waiting, a third is abuse. */
const WAITING_PER_ASSET_MAX = 2;
/** More would only wait for the same two stores. */
const AT_ONCE_MAX = 8;

export class Turns {
  readonly #last = new Map<string, { readonly done: Promise<void>; waiting: number }>();
  readonly #waiters: (() => void)[] = [];
  #running = 0;

  /** @throws SIEM_BUSY when the asset has as many waiting as it may */
  async take<T>(tenantId: string, assetId: string, work: () => Promise<T>): Promise<T> {
    const key = `${tenantId}/${assetId}`;
    const before = this.#last.get(key);
    const waiting = before === undefined ? 0 : before.waiting + 1;
    if (waiting > WAITING_PER_ASSET_MAX) throw siemErrors.make('SIEM_BUSY', { assetId });
    const { promise: done, resolve: finish } = Promise.withResolvers<void>();
    const mine = { done, waiting };
    this.#last.set(key, mine);
    await before?.done;
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
      finish();
      if (this.#last.get(key) === mine) this.#last.delete(key);
      else this.#forget(key);
    }
  }

  get running(): number {
    return this.#running;
  }

  async #enter(): Promise<void> {
    if (this.#running < AT_ONCE_MAX) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** The place goes to whoever waits longest, without being free in between. */
  #leave(): void {
    const next = this.#waiters.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }

  #forget(key: string): void {
    const last = this.#last.get(key);
    if (last !== undefined) last.waiting -= 1;
  }
}
