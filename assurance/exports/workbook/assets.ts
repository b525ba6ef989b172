/** The population: over which assets everything else in the workbook was counted. */
import type { Assessment } from '../../evaluation/assessment.ts';
import type { AssuredAsset } from '../../evaluation/population.ts';
import { type RollUp, rollUp } from '../../rules/rollup.ts';
import { type Column, type Table, tableSheet } from '../sheet.ts';

interface Row {
  readonly asset: AssuredAsset;
  readonly rollUp: RollUp;
}
export type AssetColumn =
  | 'name'
  | 'type'
  | 'labels'
  | 'applicable'
  | 'holds'
  | 'partly'
  | 'stale'
  | 'unknown'
  | 'fails'
  | 'notApplicable'
  | 'id';

export function assetsSheet({ assets, cells }: Assessment): Table<AssetColumn> {
  const rows = assets.map((asset): Row => {
    const own = cells.filter((cell) => cell.asset.assetId === asset.assetId);
    return {
      asset,
      rollUp: rollUp(own.map(({ control, state }) => ({ worth: control.worth, status: state.effective }))),
    };
  });
  const count = (
    key: AssetColumn,
    title: string,
    value: (counts: RollUp['counts']) => number,
  ): Column<Row, AssetColumn> => ({
    key,
    title,
    kind: 'count',
    width: 11,
    value: (row) => value(row.rollUp.counts),
  });
  const columns: readonly Column<Row, AssetColumn>[] = [
    { key: 'name', title: 'Asset', kind: 'text', width: 28, value: ({ asset }) => asset.name },
    { key: 'type', title: 'Type', kind: 'text', width: 10, value: ({ asset }) => asset.type },
    {
      key: 'labels',
      title: 'Labels',
      kind: 'text',
      width: 32,
      value: ({ asset }) =>
        Object.entries(asset.labels)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => `${name}=${value}`)
          .join(', '),
    },
    {
      key: 'applicable',
      title: 'Applicable controls',
      kind: 'count',
      width: 11,
      value: (row, at) => ({ formula: `SUM(${at('holds')}:${at('fails')})`, result: row.rollUp.applicable }),
    },
    count('holds', 'Holds', (counts) => counts.satisfied),
    count('partly', 'Partly', (counts) => counts['partially-satisfied']),
    count('stale', 'Stale', (counts) => counts['stale-evidence']),
    count('unknown', 'Unknown', (counts) => counts['not-assessed']),
    count('fails', 'Fails', (counts) => counts['not-satisfied']),
    count('notApplicable', 'Not applicable', (counts) => counts['not-applicable']),
    { key: 'id', title: 'Asset id', kind: 'text', width: 38, value: ({ asset }) => asset.assetId },
  ];
  return tableSheet('Assets', columns, rows);
}
