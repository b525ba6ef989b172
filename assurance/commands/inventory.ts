/** Assets, groups and parties: what and whom the rest is about. */
import { assuranceErrors } from '../errors.ts';
import type { ActPayload } from '../model/acts.ts';
import { inForce } from '../model/standing.ts';
import { act, type Command } from './command.ts';

/** Declares what is new and what has another name; what is known as it is, is left alone. */
export function declareAssets(
  assets: readonly {
    readonly assetId: string;
    readonly name: string;
    readonly type: ActPayload<'asset-declared'>['type'];
  }[],
): Command {
  return (context) => {
    const { standing, nowMs } = context;
    const news = assets.filter(({ assetId, name }) => {
      const known = standing.assets.get(assetId);
      return known === undefined || (known.name !== name && inForce(known, nowMs));
    });
    return {
      acts: news.map((asset) =>
        act(context, 'asset-declared', {
          ...asset,
          labels: standing.assets.get(asset.assetId)?.labels ?? {},
        }),
      ),
      result: undefined,
      says: 'assets were declared',
    };
  };
}

/** A network, a database or a machine without an agent; or other labels for one that is known. */
export function declareAsset(asset: ActPayload<'asset-declared'>): Command {
  return (context) => {
    const known = context.standing.assets.get(asset.assetId);
    if (
      asset.type === 'tenant' ||
      asset.assetId === 'tenant' ||
      (known !== undefined && known.type !== asset.type)
    )
      throw assuranceErrors.make('ASSURANCE_ASSET_UNKNOWN', { assetId: asset.assetId });
    return {
      acts: [act(context, 'asset-declared', asset)],
      result: undefined,
      says: `${asset.name} was declared`,
    };
  };
}

/** Other labels for an asset that is there, in the place of those it has. @throws ASSURANCE_ASSET_UNKNOWN */
export function labelAsset({
  assetId,
  labels,
}: Pick<ActPayload<'asset-declared'>, 'assetId' | 'labels'>): Command {
  return (context) => {
    const known = context.standing.assets.get(assetId);
    if (known === undefined || !inForce(known, context.nowMs))
      throw assuranceErrors.make('ASSURANCE_ASSET_UNKNOWN', { assetId });
    const { name, type } = known;
    return {
      acts: [act(context, 'asset-declared', { assetId, name, type, labels })],
      result: undefined,
      says: `${name} has other labels`,
    };
  };
}

/** @throws ASSURANCE_ASSET_UNKNOWN */
export function retireAsset(retirement: { readonly assetId: string; readonly reason: string }): Command {
  return (context) => {
    const known = context.standing.assets.get(retirement.assetId);
    if (known === undefined || !inForce(known, context.nowMs))
      throw assuranceErrors.make('ASSURANCE_ASSET_UNKNOWN', { assetId: retirement.assetId });
    return {
      acts: [act(context, 'asset-retired', { ...retirement })],
      result: undefined,
      says: 'an asset was retired',
    };
  };
}

/** @throws ASSURANCE_GROUP_INVALID */
export function defineGroup(group: ActPayload<'group-defined'>): Command {
  return (context) => {
    if (Object.keys(group.labels).length === 0)
      throw assuranceErrors.make('ASSURANCE_GROUP_INVALID', {
        because: 'it asks for no label, so nothing is in it',
      });
    return {
      acts: [act(context, 'group-defined', group)],
      result: undefined,
      says: `the group ${group.name} was defined`,
    };
  };
}

/** @throws ASSURANCE_GROUP_INVALID */
export function removeGroup({ groupId }: { readonly groupId: string }): Command {
  return (context) => {
    const known = context.standing.groups.get(groupId);
    if (known === undefined || !inForce(known, context.nowMs))
      throw assuranceErrors.make('ASSURANCE_GROUP_INVALID', { because: `there is no group ${groupId}` });
    return {
      acts: [act(context, 'group-removed', { groupId })],
      result: undefined,
      says: 'a group was removed',
    };
  };
}

const BUILT_IN = ['provider', 'customer', 'ams'];

/** @throws ASSURANCE_PARTY_UNKNOWN when the id is one of the built-in ones */
export function registerParty(party: ActPayload<'party-registered'>): Command {
  return (context) => {
    if (BUILT_IN.includes(party.partyId))
      throw assuranceErrors.make('ASSURANCE_PARTY_UNKNOWN', { partyId: `${party.partyId} (built in)` });
    return {
      acts: [act(context, 'party-registered', party)],
      result: undefined,
      says: `${party.name} was registered`,
    };
  };
}
