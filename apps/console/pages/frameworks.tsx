/** Control frameworks: which of their controls ours answer, whether those hold, and how to bring another. */
import { FrameworkCoverage, Frameworks } from '@demarc/platform/contract/assurance/frameworks';
import { Button, Group, Menu, Modal, NativeSelect, SegmentedControl } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call, get } from '../app/api.ts';
import { useAsOf } from '../app/as-of.ts';
import { usePageSearch } from '../app/page-search.ts';
import { Done } from '../app/schemas.ts';
import { AsOfNote } from '../parts/as-of.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { StatusMark } from '../parts/marks.tsx';
import { Details, Empty, Facts, Failure, Instant, Loading, PageHeader, SearchBox } from '../parts/parts.tsx';
import { useMay } from './acts.ts';
import { ImportFile } from './framework-import.tsx';
import { type CoverageRow, matches, summaryOf, VIEWS } from './frameworks-view.ts';
import { useTenantId } from './queries.ts';

const FIRST = 'nist-800-53-r5';

const COLUMNS = [
  { key: 'id', title: 'Control', width: '8rem', render: ({ controlId }: CoverageRow) => controlId },
  {
    key: 'status',
    title: 'Worst',
    width: '8.5rem',
    render: ({ status }: CoverageRow) =>
      status === null ? <span className="d-quiet">Unmapped</span> : <StatusMark status={status} />,
  },
  { key: 'title', title: 'Title', width: 'minmax(14rem, 2fr)', render: ({ title }: CoverageRow) => title },
  {
    key: 'ours',
    title: 'Answered by',
    width: 'minmax(12rem, 2fr)',
    render: ({ mapped }: CoverageRow) => mapped.map(({ controlId }) => controlId).join(', '),
  },
  { key: 'group', title: 'Group', width: 'minmax(7rem, 1fr)', render: ({ group }: CoverageRow) => group },
];

export function FrameworksPage() {
  const tenantId = useTenantId();
  const { search, setSearch } = usePageSearch();
  const { query, asOf } = useAsOf();
  const [dialog, setDialog] = useState<'framework' | 'mapping' | 'remove'>();
  const may = useMay('framework:write') && asOf === undefined;
  const mayExport = useMay('export:read');
  const chosen = search['framework'] ?? FIRST;
  const list = useQuery({
    queryKey: ['matrix', tenantId, 'frameworks', query],
    queryFn: () => get(`/v1/tenants/${tenantId}/frameworks${query}`, Frameworks),
  });
  const coverage = useQuery({
    queryKey: ['matrix', tenantId, 'coverage', chosen, query],
    queryFn: () =>
      get(
        `/v1/tenants/${tenantId}/frameworks/${encodeURIComponent(chosen)}/coverage${query}`,
        FrameworkCoverage,
      ),
  });
  if (list.isError) return <Failure error={list.error} />;
  if (list.data === undefined) return <Loading />;
  const framework = list.data.frameworks.find(({ frameworkId }) => frameworkId === chosen);
  const selected = coverage.data?.rows.find(({ controlId }) => controlId === search['open']);
  return (
    <>
      <PageHeader
        title="Frameworks"
        summary={
          coverage.data === undefined
            ? 'How far our controls answer those of others.'
            : summaryOf(coverage.data)
        }
        actions={
          <>
            {mayExport ? <OscalMenu tenantId={tenantId} query={query} /> : null}
            {may ? (
              <>
                <Button variant="default" onClick={() => setDialog('mapping')}>
                  Import a mapping
                </Button>
                <Button onClick={() => setDialog('framework')}>Import a framework</Button>
              </>
            ) : null}
          </>
        }
      />
      <AsOfNote />
      <Group mb="sm" gap="sm" align="end">
        <NativeSelect
          label="Framework"
          value={chosen}
          onChange={(event) => setSearch({ framework: event.currentTarget.value, open: undefined })}
          data={list.data.frameworks.map(({ frameworkId, title, controlCount }) => ({
            value: frameworkId,
            label: `${title} (${controlCount})`,
          }))}
        />
        <SearchBox label="Find a control" placeholder="Find a control" name="text" />
        {may && framework?.builtIn === false ? (
          <Button variant="default" onClick={() => setDialog('remove')}>
            Remove
          </Button>
        ) : null}
      </Group>
      {coverage.isError ? <Failure error={coverage.error} /> : null}
      {coverage.data === undefined ? (
        coverage.isError ? null : (
          <Loading />
        )
      ) : (
        <CoverageTable coverage={coverage.data} />
      )}
      {selected === undefined ? null : <Row row={selected} onClose={() => setSearch({ open: undefined })} />}
      {dialog === 'framework' || dialog === 'mapping' ? (
        <ImportFile
          kind={dialog}
          frameworks={list.data.frameworks}
          onClose={(imported) => {
            setDialog(undefined);
            if (imported !== undefined) setSearch({ framework: imported, open: undefined, view: undefined });
          }}
        />
      ) : null}
      {dialog === 'remove' && framework !== undefined ? (
        <Remove
          framework={framework}
          onClose={(removed) => {
            setDialog(undefined);
            if (removed) setSearch({ framework: undefined, open: undefined });
          }}
        />
      ) : null}
    </>
  );
}

function CoverageTable({ coverage }: { readonly coverage: FrameworkCoverage }) {
  const { search, setSearch } = usePageSearch();
  const found = coverage.rows.filter((row) => matches(row, search['text'] ?? ''));
  const view = search['view'] ?? 'all';
  const keep = VIEWS[view]?.[1] ?? (() => true);
  const rows = found.filter((row) => keep(row));
  const label = `Controls of the framework: ${VIEWS[view]?.[0] ?? 'All'}`;
  return (
    <>
      <SegmentedControl
        mb="sm"
        className="d-screen"
        aria-label="Which controls"
        value={view}
        onChange={(value) => setSearch({ view: value, open: undefined })}
        data={Object.entries(VIEWS).map(([value, [title, filter]]) => ({
          value,
          label: `${title} (${found.filter((row) => filter(row)).length})`,
        }))}
      />
      <DataTable
        label={label}
        rows={rows}
        rowKey={(row) => row.controlId}
        selectedKey={search['open']}
        onOpen={(row) => setSearch({ open: row.controlId })}
        empty={<Empty title="Nothing here">No control of the framework is in this view.</Empty>}
        columns={COLUMNS}
      />
    </>
  );
}

function Row({ row, onClose }: { readonly row: CoverageRow; readonly onClose: () => void }) {
  return (
    <Details title={`${row.controlId} ${row.title}`} onClose={onClose}>
      <Facts
        facts={[
          ['Group', row.group === '' ? 'none' : row.group],
          [
            'Worst of what answers',
            row.status === null ? 'Unmapped' : <StatusMark key="worst" status={row.status} />,
          ],
        ]}
      />
      {row.mapped.length === 0 ? (
        <p>
          Nothing of ours maps to this control, directly or through another framework. That is no statement
          about it: bring a mapping, or see to it elsewhere.
        </p>
      ) : (
        row.mapped.map((each) => (
          <section key={each.controlId}>
            <h3 style={{ margin: '0 0 0.25rem', fontSize: '1rem' }}>
              {each.controlId} {each.title}
            </h3>
            <Facts
              facts={[
                ['Status', <StatusMark key="status" status={each.status} />],
                ['Holds on', `${each.satisfiedCount} of ${each.applicableCount} assets`],
                ['Operated by', each.owners.length === 0 ? 'nobody' : each.owners.join(', ')],
                ['Why it answers', each.via === 'direct' ? each.relationship : `through ${each.via}`],
              ]}
            />
          </section>
        ))
      )}
    </Details>
  );
}

function OscalMenu({ tenantId, query }: { readonly tenantId: string; readonly query: string }) {
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />}>
          OSCAL
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {['1.2.2', '1.1.2'].map((version) => (
          <Menu.Item
            key={version}
            component="a"
            href={`/v1/tenants/${tenantId}/exports/oscal/${version}/oscal.zip${query}`}
            download
          >
            All documents, OSCAL {version} (zip)
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Remove({
  framework,
  onClose,
}: {
  readonly framework: Frameworks['frameworks'][number];
  readonly onClose: (removed: boolean) => void;
}) {
  const tenantId = useTenantId();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      call('DELETE', `/v1/tenants/${tenantId}/frameworks/${encodeURIComponent(framework.frameworkId)}`, Done),
    onSuccess: async () => {
      onClose(true);
      // Of what is gone nothing is asked any more.
      queries.removeQueries({ queryKey: ['matrix', tenantId, 'coverage', framework.frameworkId] });
      await queries.invalidateQueries({ queryKey: ['matrix', tenantId] });
    },
  });
  return (
    <Modal
      opened
      onClose={() => onClose(false)}
      title={`Remove ${framework.title}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
      transitionProps={{ duration: 0 }}
    >
      <div className="d-stack">
        <span>
          Its {framework.controlCount} controls and the mappings to and from it are deleted. The ledger keeps
          that it was here, since <Instant at={framework.importedAt} />, and the digest of its file.
        </span>
        {remove.isError ? <Failure error={remove.error} /> : null}
        <Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate()}>
          Remove the framework
        </Button>
      </div>
    </Modal>
  );
}
