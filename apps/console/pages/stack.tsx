/** The responsibility stack: who has the duties of each layer, now or at any instant, and why. */
import type { Stack } from '@demarc/platform/contract/assurance/responsibility';
import { NativeSelect, Tooltip } from '@mantine/core';
import { useAsOf } from '../app/as-of.ts';
import { usePageSearch } from '../app/page-search.ts';
import { AsOfNote } from '../parts/as-of.tsx';
import { StatusMark } from '../parts/marks.tsx';
import { Details, Empty, Failure, Loading, PageHeader } from '../parts/parts.tsx';
import { lookOf, partyWord } from '../parts/party.ts';
import { OpenCell } from './mine.tsx';
import { useMatrix } from './queries.ts';
import { useInventory, useStack } from './responsibility-queries.ts';
import { StackTime } from './stack-time.tsx';
import { type StackCell, whyOfCell } from './stack-view.ts';

const BY = [
  { value: 'all', label: 'Everything' },
  { value: 'type', label: 'By type' },
  { value: 'group', label: 'By group' },
  { value: 'asset', label: 'By asset' },
];

export function StackPage() {
  const { search, setSearch } = usePageSearch();
  const by = search['by'] ?? 'type';
  const stack = useStack(by);
  if (stack.isError) return <Failure error={stack.error} />;
  if (stack.data === undefined) return <Loading />;
  const { data } = stack;
  const names = new Map(data.parties.map(({ party, name }) => [party, name]));
  const nameOf = (party: string | null, state: string): string => partyWord(party, state, names);
  const [layerId, columnId] = (search['at'] ?? '').split('|');
  return (
    <>
      <PageHeader
        title="Responsibility stack"
        summary={
          <>
            {data.parties.map(({ name, count }) => `${name} ${count}`).join(', ')} of {data.dutyCount} duties;{' '}
            {data.unownedCount} are nobody’s and {data.contestedCount} disputed. <AsOfNote />
          </>
        }
        actions={
          <NativeSelect
            aria-label="Columns"
            value={by}
            data={BY}
            onChange={(event) => setSearch({ by: event.currentTarget.value, at: undefined, open: undefined })}
          />
        }
      />
      <StackTime names={names} />
      <Layers stack={data} nameOf={nameOf} onOpen={(at) => setSearch({ at, open: undefined })} />
      {layerId === undefined || columnId === undefined || search['open'] !== undefined ? null : (
        <LayerDetails stack={data} layerId={layerId} columnId={columnId} nameOf={nameOf} />
      )}
      <OpenCell open={search['open']} onClose={() => setSearch({ open: undefined })} />
    </>
  );
}

type NameOf = (party: string | null, state: string) => string;

function Layers({
  stack,
  nameOf,
  onOpen,
}: {
  readonly stack: Stack;
  readonly nameOf: NameOf;
  readonly onOpen: (at: string) => void;
}) {
  if (stack.dutyCount === 0)
    return (
      <Empty title="No duty yet at this instant">
        The stack fills once there is an asset: a machine that enrols, or one that is declared with{' '}
        <code>./demarc asset declare</code>.
      </Empty>
    );
  return (
    <div className="d-card d-layers">
      <table>
        <caption className="d-visually-hidden">
          Layers from the top down, and who has the duties of each; a cell opens its controls
        </caption>
        <thead>
          <tr>
            <th scope="col">Layer</th>
            {stack.columns.map(({ columnId, name, assetCount }) => (
              <th key={columnId} scope="col">
                {name}
                {assetCount > 1 ? <small>{assetCount} assets</small> : null}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {stack.layers.map(({ layerId, title, note, cells }) => (
            <tr key={layerId}>
              <th scope="row">
                {title}
                <small>{note}</small>
              </th>
              {cells.map((cell) => (
                <td key={cell.columnId}>
                  <Brick
                    cell={cell}
                    label={`${title}, ${stack.columns.find(({ columnId }) => columnId === cell.columnId)?.name ?? ''}`}
                    nameOf={nameOf}
                    onOpen={() => onOpen(`${layerId}|${cell.columnId}`)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {stack.leftOut > 0 ? (
        <p className="d-quiet" style={{ padding: '0 0.75rem' }}>
          {stack.leftOut} more columns are left out.
        </p>
      ) : null}
    </div>
  );
}

/** One layer of one column: a bar for the eye, words for everybody, and why on hover and focus. */
function Brick({
  cell,
  label,
  nameOf,
  onOpen,
}: {
  readonly cell: StackCell;
  readonly label: string;
  readonly nameOf: NameOf;
  readonly onOpen: () => void;
}) {
  if (cell.dutyCount === 0) return <span className="d-quiet">–</span>;
  return (
    <Tooltip
      label={whyOfCell(cell, nameOf)}
      multiline
      w={380}
      withArrow
      openDelay={150}
      events={{ hover: true, focus: true, touch: false }}
    >
      <button type="button" className="d-brick" onClick={onOpen} data-testid={`brick-${cell.columnId}`}>
        <span className="d-visually-hidden">{label}: </span>
        <span className="d-bar" aria-hidden="true">
          {cell.shares.map(({ party, state, count }) => (
            <i
              key={`${party} ${state}`}
              style={{ flexGrow: count, background: lookOf(party, state).background }}
            />
          ))}
        </span>
        <span className="d-shares">
          {cell.shares.map(({ party, state, count }) => (
            <span key={`${party} ${state}`} className="d-share">
              <i style={{ background: lookOf(party, state).background }} aria-hidden="true" />
              {nameOf(party, state)} {cell.shares.length === 1 ? 'all' : count}
            </span>
          ))}
        </span>
        <small>
          {cell.holds} of {cell.applicable} controls hold
        </small>
      </button>
    </Tooltip>
  );
}

function LayerDetails({
  stack,
  layerId,
  columnId,
  nameOf,
}: {
  readonly stack: Stack;
  readonly layerId: string;
  readonly columnId: string;
  readonly nameOf: NameOf;
}) {
  const { setSearch } = usePageSearch();
  const { asOf } = useAsOf();
  const matrix = useMatrix(asOf);
  const inventory = useInventory();
  const layer = stack.layers.find((each) => each.layerId === layerId);
  const cell = layer?.cells.find((each) => each.columnId === columnId);
  const column = stack.columns.find((each) => each.columnId === columnId);
  if (layer === undefined || cell === undefined || column === undefined) return null;
  const inColumn = new Set(
    (inventory.data ?? [])
      .filter(({ assetId, type, groups }) => isIn(stack.by, columnId, { assetId, type, groups }))
      .map(({ assetId }) => assetId),
  );
  const cells = (matrix.data?.cells ?? []).filter(
    (each) => each.layer === layerId && inColumn.has(each.assetId),
  );
  return (
    <Details title={`${layer.title}: ${column.name}`} onClose={() => setSearch({ at: undefined })}>
      <section>
        <h2>Who, and why</h2>
        {cell.shares.map(({ party, state, count, because }) => (
          <div key={`${party} ${state}`} style={{ marginBottom: '0.8rem' }}>
            <strong className="d-share">
              <i style={{ background: lookOf(party, state).background }} aria-hidden="true" />
              {nameOf(party, state)}, {count} of {cell.dutyCount} duties
            </strong>
            <ul style={{ margin: '0.2rem 0 0', paddingLeft: '1.1rem' }}>
              {because.map(({ text, count: times }) => (
                <li key={text}>
                  because {text} <span className="d-quiet">({times})</span>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </section>
      <section>
        <h2>Controls</h2>
        {matrix.data === undefined || inventory.data === undefined ? <Loading /> : null}
        <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
          {cells.slice(0, CELLS_SHOWN).map((each) => (
            <li key={`${each.controlId}@${each.assetId}`} style={{ padding: '0.2rem 0' }}>
              <button
                type="button"
                className="d-link"
                onClick={() => setSearch({ open: `${each.controlId}@${each.assetId}` })}
              >
                {each.controlId} {each.title}
              </button>{' '}
              <span className="d-quiet">on {each.assetName}</span> <StatusMark status={each.status} />
            </li>
          ))}
        </ul>
        {cells.length > CELLS_SHOWN ? (
          <p className="d-quiet">{cells.length - CELLS_SHOWN} more are in the matrix.</p>
        ) : null}
      </section>
    </Details>
  );
}

const CELLS_SHOWN = 200;

function isIn(
  by: Stack['by'],
  columnId: string,
  asset: { readonly assetId: string; readonly type: string; readonly groups: readonly string[] },
): boolean {
  if (by === 'all') return true;
  if (by === 'type') return asset.type === columnId;
  if (by === 'asset' || columnId === 'tenant') return asset.assetId === columnId;
  return columnId === '(none)'
    ? asset.type !== 'tenant' && asset.groups.length === 0
    : asset.groups.includes(columnId);
}
