/** Machines that were copied with their agent's identity: two of them speak as one asset, and its name goes to and fro. */
import type { Asset } from '@demarc/platform/contract/api';

const WINDOW_MS = 3_600_000;
const NAMES_MAX = 16;

export class Twins {
  /** `tenant asset` → names as they were seen one after the other. */
  readonly #names = new Map<string, { readonly name: string; readonly atMs: number }[]>();

  /** A renamed machine changes once; one that changes back within an hour is two. */
  seen(tenantId: string, assets: readonly Asset[], nowMs: number): ReadonlyMap<string, readonly string[]> {
    const found = new Map<string, readonly string[]>();
    for (const { assetId, name } of assets) {
      const key = `${tenantId} ${assetId}`;
      const names = (this.#names.get(key) ?? []).filter(({ atMs }) => nowMs - atMs < WINDOW_MS);
      if (names.at(-1)?.name !== name) names.push({ name, atMs: nowMs });
      if (names.length > NAMES_MAX) names.shift();
      this.#names.set(key, names);
      const different = [...new Set(names.map((each) => each.name))];
      if (names.length > different.length) found.set(assetId, different.sort());
    }
    return found;
  }
}
