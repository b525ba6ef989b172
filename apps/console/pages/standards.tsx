/** Implementation standards: which asset carries which, where it has drifted, what has none. */
import type { AssetStandard, StandardRow, Standards } from '@demarc/platform/contract/assurance/workbook';
import type { Column } from '@demarc/platform/contract/console';
import { Button, Group, SegmentedControl } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { usePageSearch } from '../app/page-search.ts';
import { StatusMark } from '../parts/marks.tsx';
import { Details, Empty, Facts, Failure, Instant, Loading, PageHeader, SearchBox } from '../parts/parts.tsx';
import { useTenantId } from './queries.ts';
import { useMay, useStandards } from './records.ts';
import { AsOf, Day, PastNotice, Register } from './records-parts.tsx';
import { Assign, Publish, Retire } from './standard-forms.tsx';
import { textOfDesigns } from './workbook-view.ts';

const STATES: Readonly<Record<AssetStandard['state'], string>> = {
  none: 'No standard',
  ambiguous: 'Groups disagree',
  retired: 'Retired standard',
  current: 'Current',
};

export function StandardsPage() {
  const { search, setSearch } = usePageSearch();
  const asOf = search['asOf'];
  const standards = useStandards(asOf);
  const may = useMay();
  const [doing, setDoing] = useState<'publish' | 'assign'>();
  if (standards.isError) return <Failure error={standards.error} />;
  if (standards.data === undefined) return <Loading />;
  const { data } = standards;
  const decide = asOf === undefined && may('inventory:write');
  const view = search['view'] === 'standards' ? 'standards' : 'assets';
  return (
    <>
      <PageHeader
        title="Standards"
        summary={`${data.withoutCount} of ${data.assetCount} assets carry no current implementation standard; ${data.driftingCount} have drifted from theirs.`}
        actions={
          <>
            <AsOf />
            {decide ? (
              <>
                <Button
                  variant="default"
                  onClick={() => setDoing('assign')}
                  disabled={data.standards.length === 0}
                >
                  Assign
                </Button>
                <Button onClick={() => setDoing('publish')}>Publish a standard</Button>
              </>
            ) : null}
          </>
        }
      />
      <PastNotice asOf={asOf} />
      <div className="d-toolbar d-screen" style={{ marginBottom: '0.75rem' }}>
        <SegmentedControl
          aria-label="Assets or standards"
          value={view}
          onChange={(value) =>
            setSearch({ view: value === 'standards' ? value : undefined, open: undefined })
          }
          data={[
            { value: 'assets', label: `Assets (${data.assetCount})` },
            { value: 'standards', label: `Standards (${data.standards.length})` },
          ]}
        />
        <SearchBox label="Filter" placeholder="Asset or standard" name="text" />
      </div>
      {view === 'assets' ? <Assets standards={data} /> : <Published standards={data} decide={decide} />}
      {doing === 'publish' ? <Publish onClose={() => setDoing(undefined)} /> : null}
      {doing === 'assign' ? <Assign standards={data} onClose={() => setDoing(undefined)} /> : null}
    </>
  );
}

function Assets({ standards }: { readonly standards: Standards }) {
  const tenantId = useTenantId();
  const { search, setSearch } = usePageSearch();
  const words = (search['text'] ?? '').toLowerCase();
  const rows = standards.assets.filter((row) =>
    `${row.assetName} ${row.standard ?? ''} ${STATES[row.state]}`.toLowerCase().includes(words),
  );
  const open = standards.assets.find(({ assetId }) => assetId === search['open']);
  return (
    <>
      <Register
        label="Assets and their standards"
        rows={rows}
        rowKey={(row) => row.assetId}
        selectedKey={search['open']}
        onOpen={(row) => setSearch({ open: row.assetId })}
        empty={<Empty title="No asset matches">Take the filter away.</Empty>}
        columns={ASSET_COLUMNS}
      />
      {open === undefined ? null : (
        <Details title={open.assetName} onClose={() => setSearch({ open: undefined })}>
          <Facts
            facts={[
              ['State', STATES[open.state]],
              ['Standard', open.standard ?? 'none'],
              ['Assigned to', open.via ?? 'nothing'],
              ['Since', <Day key="s" at={open.since} />],
              ['Controls', `${open.controlCount - open.drift.length} of ${open.controlCount} hold`],
            ]}
          />
          <section>
            <h2>Drift: asked for, and does not hold</h2>
            {open.drift.length === 0 ? (
              <p className="d-quiet">
                {open.state === 'current' ? 'None: all of it holds.' : 'Nothing is asked of it yet.'}
              </p>
            ) : null}
            {open.drift.map((each) => (
              <div key={each.controlId} className="d-entry">
                <StatusMark status={each.status} />{' '}
                <Link
                  to={'/t/$tenantId/matrix' as '/'}
                  params={{ tenantId }}
                  search={{ open: `${each.controlId}@${open.assetId}`, asset: open.assetId } as never}
                >
                  {each.controlId}: why
                </Link>
              </div>
            ))}
          </section>
        </Details>
      )}
    </>
  );
}

const ASSET_COLUMNS: readonly Column<AssetStandard>[] = [
  { key: 'asset', title: 'Asset', width: 'minmax(10rem, 1fr)', render: (row) => row.assetName },
  { key: 'type', title: 'Type', width: '6rem', render: (row) => row.type },
  {
    key: 'state',
    title: 'State',
    width: '10rem',
    render: (row) =>
      row.state === 'current' ? STATES.current : <span className="d-late">{STATES[row.state]}</span>,
  },
  {
    key: 'standard',
    title: 'Standard',
    width: 'minmax(12rem, 1fr)',
    render: (row) => row.standard ?? <span className="d-quiet">none</span>,
  },
  { key: 'via', title: 'Assigned to', width: 'minmax(9rem, 1fr)', render: (row) => row.via ?? '' },
  {
    key: 'holds',
    title: 'Holds',
    width: '7rem',
    render: (row) =>
      row.controlCount === 0 ? '' : `${row.controlCount - row.drift.length} of ${row.controlCount}`,
  },
  {
    key: 'drift',
    title: 'Drift',
    width: 'minmax(14rem, 3fr)',
    render: (row) => row.drift.map(({ controlId }) => controlId).join(', '),
  },
];

function Published({ standards, decide }: { readonly standards: Standards; readonly decide: boolean }) {
  const { search, setSearch } = usePageSearch();
  const [retiring, setRetiring] = useState(false);
  const words = (search['text'] ?? '').toLowerCase();
  const keyOf = ({ standardId, version }: StandardRow): string => `${standardId}@${version}`;
  const rows = standards.standards.filter((row) =>
    `${keyOf(row)} ${row.title} ${row.useCase}`.toLowerCase().includes(words),
  );
  const open = standards.standards.find((row) => keyOf(row) === search['open']);
  return (
    <>
      <Register
        label="Standards"
        rows={rows}
        rowKey={keyOf}
        selectedKey={search['open']}
        onOpen={(row) => setSearch({ open: keyOf(row) })}
        empty={
          <Empty title="No standard yet">
            A standard says which controls, with which parameters, a kind of machine is built to. Publish one
            here, or from a file: ./demarc standard publish FILE
          </Empty>
        }
        columns={STANDARD_COLUMNS}
      />
      {open === undefined ? null : (
        <Details title={`${keyOf(open)} ${open.title}`} onClose={() => setSearch({ open: undefined })}>
          <Facts
            facts={[
              ['Use case', open.useCase],
              ['State', open.retired ? 'retired' : 'in force'],
              ['Published', <Instant key="p" at={open.publishedAt} />],
              ['Ends', <Day key="e" at={open.endsAt} />],
              ['Assigned to', open.assignedTo.map(({ scopeName }) => scopeName).join(', ') || 'nothing'],
              ['Carried by', `${open.assetCount} asset${open.assetCount === 1 ? '' : 's'}`],
              ['High-level design', textOfDesigns(open.hld) || 'cites none'],
              ['Low-level design', textOfDesigns(open.lld) || 'cites none'],
              [
                'Record',
                <span key="r" className="d-mono">
                  {open.recordId}
                </span>,
              ],
            ]}
          />
          <section>
            <h2>Requirements</h2>
            <ul className="d-plain">
              {open.requirements.map((requirement) => (
                <li key={requirement}>{requirement}</li>
              ))}
            </ul>
            {open.requirements.length === 0 ? <p className="d-quiet">None written down.</p> : null}
          </section>
          <section>
            <h2>Controls</h2>
            {open.controls.map((control) => (
              <div key={control.controlId} className="d-entry">
                {control.controlId} {control.title}
                <div className="d-mono d-quiet">
                  {Object.entries(control.parameters)
                    .map(([name, value]) => `${name}=${value}`)
                    .join('  ')}
                  {control.approvedDigests.length === 0
                    ? ''
                    : `  ${control.approvedDigests.length} approved digests`}
                </div>
              </div>
            ))}
          </section>
          {decide && !open.retired ? (
            <Group>
              <Button size="xs" variant="default" onClick={() => setRetiring(true)}>
                Retire this version
              </Button>
            </Group>
          ) : null}
          {retiring ? <Retire standard={open} onClose={() => setRetiring(false)} /> : null}
        </Details>
      )}
    </>
  );
}

const STANDARD_COLUMNS: readonly Column<StandardRow>[] = [
  {
    key: 'standard',
    title: 'Standard',
    width: 'minmax(12rem, 1fr)',
    render: (row) => `${row.standardId}@${row.version}`,
  },
  { key: 'title', title: 'Title', width: 'minmax(14rem, 2fr)', render: (row) => row.title },
  {
    key: 'state',
    title: 'State',
    width: '7rem',
    render: (row) => (row.retired ? <span className="d-quiet">retired</span> : 'in force'),
  },
  { key: 'assets', title: 'Assets', width: '5rem', render: (row) => row.assetCount },
  { key: 'controls', title: 'Controls', width: '6rem', render: (row) => row.controls.length },
  {
    key: 'assigned',
    title: 'Assigned to',
    width: 'minmax(12rem, 2fr)',
    render: (row) => row.assignedTo.map(({ scopeName }) => scopeName).join(', '),
  },
];
