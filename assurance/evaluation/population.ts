/** Which assets there are at an instant, which controls apply to each, and which asset carries what another leans on. */
import type { Control } from '../catalogue/catalogue.ts';
import type { Scope } from '../model/acts.ts';
import { inForce, type Standing } from '../model/standing.ts';

export interface AssuredAsset {
  readonly assetId: string;
  readonly name: string;
  readonly type: 'tenant' | 'vm' | 'network' | 'database';
  readonly labels: Readonly<Record<string, string>>;
}

/** Controls about the tenant as a whole, about its edge, and about the platform that serves it, hang here. */
export const TENANT_ASSET: AssuredAsset = {
  assetId: 'tenant',
  name: 'the tenant as a whole',
  type: 'tenant',
  labels: {},
};

/** On a database or a network: the id of the machine that it runs on. */
export const RUNS_ON = 'runs-on';

export function applies(control: Control, asset: AssuredAsset): boolean {
  const types: readonly string[] = control.asset_types;
  return (
    types.includes(asset.type) ||
    (asset.type === 'tenant' && (types.includes('platform') || types.includes('edge')))
  );
}

export class Population {
  readonly assets: readonly AssuredAsset[];
  readonly #byId: ReadonlyMap<string, AssuredAsset>;
  readonly #runningOn = new Map<string, AssuredAsset[]>();
  readonly #groups: Standing['groups'];
  readonly #t: number;

  constructor(standing: Standing, t: number) {
    const declared = [...standing.assets.values()].filter((asset) => inForce(asset, t));
    this.assets = [
      TENANT_ASSET,
      ...declared.map(({ assetId, name, type, labels }) => ({ assetId, name, type, labels })),
    ];
    this.#byId = new Map(this.assets.map((asset) => [asset.assetId, asset]));
    this.#groups = standing.groups;
    this.#t = t;
    for (const asset of this.assets) {
      const host = asset.labels[RUNS_ON];
      if (host === undefined) continue;
      const there = this.#runningOn.get(host);
      if (there === undefined) this.#runningOn.set(host, [asset]);
      else there.push(asset);
    }
  }

  find(assetId: string): AssuredAsset | undefined {
    return this.#byId.get(assetId);
  }

  /** Undefined when the scope does not cover the asset; otherwise the priority of the group that does, or 0. */
  covers(scope: Scope, asset: AssuredAsset): number | undefined {
    switch (scope.kind) {
      case 'tenant':
        return 0;
      case 'asset':
        return scope.assetId === asset.assetId ? 0 : undefined;
      case 'group': {
        const group = this.#groups.get(scope.groupId);
        if (group === undefined || !inForce(group, this.#t)) return undefined;
        // Nothing asked for would be everything: a group without labels has no members.
        const wanted = Object.entries(group.labels);
        const member = wanted.length > 0 && wanted.every(([name, value]) => asset.labels[name] === value);
        return member ? group.priority : undefined;
      }
    }
  }

  /**
   * The assets that carry `lower` for `asset`: itself where the control applies to it, otherwise the machine it
   * runs on, otherwise the tenant as a whole; for the tenant as a whole, each asset the control applies to.
   */
  carriers(lower: Control, asset: AssuredAsset): readonly AssuredAsset[] {
    if (applies(lower, asset)) return [asset];
    const host = this.find(asset.labels[RUNS_ON] ?? '');
    if (host !== undefined && applies(lower, host)) return [host];
    if (applies(lower, TENANT_ASSET)) return [TENANT_ASSET];
    const all = asset.type === 'tenant' ? this.assets.filter((other) => applies(lower, other)) : [];
    // Nothing carries it: it is asked of the tenant, where it was never assessed.
    return all.length > 0 ? all : [TENANT_ASSET];
  }

  /** The assets on which `upper` may lean on `lower` as it is on `asset`. */
  leaning(upper: Control, lower: Control, asset: AssuredAsset): readonly AssuredAsset[] {
    const near =
      asset.type === 'tenant'
        ? this.assets
        : [asset, ...(this.#runningOn.get(asset.assetId) ?? []), TENANT_ASSET];
    return near.filter(
      (other) => applies(upper, other) && this.carriers(lower, other).some((carrier) => carrier === asset),
    );
  }
}
