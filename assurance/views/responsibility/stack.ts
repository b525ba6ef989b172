/** The responsibility stack: layers as rows, who owns their duties, and why, for groups, types or assets. */
import type { DutyOwnership } from '@demarc/platform/contract/api';
import type { STACK_BY, Stack } from '@demarc/platform/contract/assurance/responsibility';
import type { AssessedCell, Assessment } from '../../evaluation/assessment.ts';
import { instant } from '../../evaluation/describe.ts';
import { type AssuredAsset, Population } from '../../evaluation/population.ts';
import { inForce } from '../../model/standing.ts';
import { Reasons } from './reasons.ts';
import { bounded, heading, partyName } from './words.ts';

const COLUMNS_MAX = 200;
const REASONS_MAX = 8;

interface Column {
  readonly columnId: string;
  readonly name: string;
  readonly assets: ReadonlySet<string>;
}
type Share = Stack['layers'][number]['cells'][number]['shares'][number];

export function stackOf(assessment: Assessment, by: (typeof STACK_BY)[number]): Stack {
  const { kept: columns, leftOut } = bounded(columnsOf(assessment, by), COLUMNS_MAX);
  const reasons = new Reasons(assessment);
  const byLayer = Map.groupBy(assessment.cells, ({ control }) => control.layer);
  const duties = assessment.cells.flatMap(({ cell }) => cell.duties);
  return {
    asOf: instant(assessment.asOfMs),
    knownAt: instant(assessment.knownAtMs),
    by,
    columns: columns.map(({ columnId, name, assets }) => ({ columnId, name, assetCount: assets.size })),
    leftOut,
    layers: topDown(assessment).map(({ id, note, rank }) => ({
      layerId: id,
      title: heading(id),
      note,
      rank,
      cells: columns.map((column) =>
        stackCell(
          column,
          (byLayer.get(id) ?? []).filter(({ asset }) => column.assets.has(asset.assetId)),
          reasons,
        ),
      ),
    })),
    parties: partiesOf(assessment, duties),
    dutyCount: duties.length,
    unownedCount: duties.filter(({ state }) => state === 'unowned').length,
    contestedCount: duties.filter(({ state }) => state === 'contested').length,
  };
}

/** The highest first, as a stack stands; governance, which has no rank, above all. */
function topDown({ catalogue }: Assessment): Assessment['catalogue']['layers'] {
  const height = (rank: number | null): number => rank ?? Number.MAX_SAFE_INTEGER;
  return [...catalogue.layers].sort((a, b) => height(b.rank) - height(a.rank));
}

function stackCell(
  { columnId }: Column,
  cells: readonly AssessedCell[],
  reasons: Reasons,
): Stack['layers'][number]['cells'][number] {
  const held = cells.flatMap((assessed) => assessed.cell.duties.map((duty) => ({ assessed, duty })));
  const shares = [...Map.groupBy(held, ({ duty }) => `${duty.state} ${duty.party ?? ''}`).values()];
  const applicable = cells.filter(({ cell }) => cell.status !== 'not-applicable');
  return {
    columnId,
    dutyCount: held.length,
    shares: shares
      .map((duties): Share => {
        const { party, state } = duties[0]?.duty ?? { party: null, state: 'unowned' };
        const because = reasons.of(duties).slice(0, REASONS_MAX);
        return { party, state, count: duties.length, because: [...because] };
      })
      .sort(shareOrder),
    holds: applicable.filter(({ cell }) => cell.status === 'satisfied').length,
    applicable: applicable.length,
  };
}

/** Parties in their order, then what is disputed, then what is nobody's. */
function shareOrder(a: Share, b: Share): number {
  return (
    placeOf(a.party, a.state) - placeOf(b.party, b.state) || ((a.party ?? '') < (b.party ?? '') ? -1 : 1)
  );
}

const ORDER = ['provider', 'provider+customer', 'customer+provider', 'customer', 'ams'];

export function placeOf(party: string | null, state: DutyOwnership['state']): number {
  if (state === 'unowned') return ORDER.length + 2;
  if (state === 'contested') return ORDER.length + 1;
  const at = ORDER.indexOf(party ?? '');
  return at < 0 ? ORDER.length : at;
}

function partiesOf({ standing }: Assessment, duties: readonly DutyOwnership[]): Stack['parties'] {
  const owned = duties.filter(({ state }) => state === 'owned');
  return [...Map.groupBy(owned, ({ party }) => party ?? '')]
    .map(([party, theirs]) => ({ party, name: partyName(standing, party), count: theirs.length }))
    .sort((a, b) => placeOf(a.party, 'owned') - placeOf(b.party, 'owned') || (a.party < b.party ? -1 : 1))
    .slice(0, COLUMNS_MAX);
}

function columnsOf({ assets, standing, asOfMs }: Assessment, by: Stack['by']): readonly Column[] {
  const column = (columnId: string, name: string, members: readonly AssuredAsset[]): Column => ({
    columnId,
    name,
    assets: new Set(members.map(({ assetId }) => assetId)),
  });
  switch (by) {
    case 'all':
      return [column('all', 'Everything', assets)];
    case 'asset':
      return assets.map((asset) => column(asset.assetId, asset.name, [asset]));
    case 'type':
      return [...Map.groupBy(assets, ({ type }) => type)].map(([type, members]) =>
        column(type, TYPES[type], members),
      );
    case 'group': {
      const population = new Population(standing, asOfMs);
      const groups = [...standing.groups.values()].filter((group) => inForce(group, asOfMs));
      const membersOf = (groupId: string): readonly AssuredAsset[] =>
        assets.filter((asset) => population.covers({ kind: 'group', groupId }, asset) !== undefined);
      const grouped = groups
        .sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1))
        .map(({ groupId, name }) => column(groupId, name, membersOf(groupId)));
      const inSome = (asset: AssuredAsset): boolean => grouped.some((each) => each.assets.has(asset.assetId));
      const alone = assets.filter((asset) => asset.type !== 'tenant' && !inSome(asset));
      return [
        ...grouped,
        ...(alone.length === 0 ? [] : [column('(none)', 'In no group', alone)]),
        ...[...assets]
          .filter(({ type }) => type === 'tenant')
          .map((asset) => column('tenant', asset.name, [asset])),
      ];
    }
  }
}

const TYPES: Readonly<Record<AssuredAsset['type'], string>> = {
  tenant: 'The tenant as a whole',
  vm: 'Machines',
  network: 'Networks',
  database: 'Databases',
};
