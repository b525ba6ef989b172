/** The risk register: where each risk stands without controls, where the controls that hold have brought it. */
import type { RiskRow, Risks } from '@demarc/platform/contract/assurance/workbook';
import type { Column } from '@demarc/platform/contract/console';
import { Button, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { usePageSearch } from '../app/page-search.ts';
import { Empty, Failure, Instant, Loading, PageHeader, SearchBox } from '../parts/parts.tsx';
import { Plan } from './poam.tsx';
import { useMay, useRisks } from './records.ts';
import { AsOf, Day, PastNotice, Register } from './records-parts.tsx';
import { RiskDetails } from './risk-details.tsx';
import { EditRisk, SetAppetite } from './risk-forms.tsx';
import { HeatMaps } from './risk-heat.tsx';
import { FILTERS, risksOf, scoreText } from './risks-view.ts';

export function RisksPage() {
  const { search, setSearch } = usePageSearch();
  const asOf = search['asOf'];
  const risks = useRisks(asOf);
  const may = useMay();
  const [doing, setDoing] = useState<'record' | 'appetite'>();
  if (risks.isError) return <Failure error={risks.error} />;
  if (risks.data === undefined) return <Loading />;
  const open = risks.data.risks.find(({ riskId }) => riskId === search['open']);
  const decide = asOf === undefined && may('risk:write');
  const view = search['view'] === 'plan' ? 'plan' : 'register';
  return (
    <>
      <PageHeader
        title="Risks"
        summary={summaryOf(risks.data)}
        actions={
          <>
            <AsOf />
            {decide ? (
              <>
                <Button variant="default" onClick={() => setDoing('appetite')}>
                  Appetite: {risks.data.appetite} of 25
                </Button>
                <Button onClick={() => setDoing('record')}>Record a risk</Button>
              </>
            ) : null}
          </>
        }
      />
      <PastNotice asOf={asOf} />
      <SegmentedControl
        mb="sm"
        className="d-screen"
        aria-label="Register or plan of action"
        value={view}
        onChange={(value) => setSearch({ view: value === 'plan' ? value : undefined, open: undefined })}
        data={[
          { value: 'register', label: 'Register' },
          { value: 'plan', label: 'Plan of action' },
        ]}
      />
      {view === 'plan' ? <Plan asOf={asOf} /> : <RegisterView risks={risks.data} />}
      {open === undefined || view === 'plan' ? null : (
        <RiskDetails risk={open} decide={decide} onClose={() => setSearch({ open: undefined })} />
      )}
      {doing === 'record' ? <EditRisk onClose={() => setDoing(undefined)} /> : null}
      {doing === 'appetite' ? <SetAppetite risks={risks.data} onClose={() => setDoing(undefined)} /> : null}
    </>
  );
}

function summaryOf(risks: Risks): string {
  const open = risks.risks.filter(({ state }) => state === 'open');
  const moved = open.filter(({ inherent, residual }) => residual.score < inherent.score).length;
  return `${risks.aboveCount} of ${open.length} risks are above the appetite of ${risks.appetite}${risks.appetiteSet ? '' : ', which is the default until you set your own'}; controls that hold have lowered ${moved}.`;
}

function RegisterView({ risks }: { readonly risks: Risks }) {
  const { search, setSearch } = usePageSearch();
  const rows = risksOf(risks.risks, search);
  return (
    <>
      <HeatMaps risks={risks} onOpen={(riskId) => setSearch({ open: riskId })} />
      <div className="d-toolbar d-screen" style={{ marginBottom: '0.75rem' }}>
        <SearchBox label="Filter risks" placeholder="Risk, title, scenario, owner" name="text" />
        <SegmentedControl
          aria-label="Which risks"
          value={search['show'] ?? 'open'}
          onChange={(value) => setSearch({ show: value === 'open' ? undefined : value })}
          data={Object.entries(FILTERS).map(([value, [label, keep]]) => ({
            value,
            label: `${label} (${risks.risks.filter((risk) => keep(risk)).length})`,
          }))}
        />
      </div>
      <Register
        label="Risks"
        rows={rows}
        rowKey={(risk) => risk.riskId}
        selectedKey={search['open']}
        onOpen={(risk) => setSearch({ open: risk.riskId })}
        empty={<Empty title="No risk here">Nothing in the register is in this state.</Empty>}
        columns={COLUMNS}
      />
    </>
  );
}

const COLUMNS: readonly Column<RiskRow>[] = [
  { key: 'risk', title: 'Risk', width: '4.5rem', render: (risk) => risk.riskId },
  { key: 'title', title: 'Title', width: 'minmax(16rem, 2fr)', render: (risk) => risk.title },
  { key: 'inherent', title: 'Inherent', width: '11rem', render: (risk) => scoreText(risk.inherent) },
  {
    key: 'residual',
    title: 'Residual',
    width: '11rem',
    render: (risk) => (risk.state === 'closed' ? 'closed' : <strong>{scoreText(risk.residual)}</strong>),
  },
  {
    key: 'controls',
    title: 'Controls that hold',
    width: '8.5rem',
    render: (risk) =>
      `${risk.mitigations.filter(({ takes }) => takes > 0).length} of ${risk.mitigations.length}`,
  },
  {
    key: 'above',
    title: 'Above appetite',
    width: '10rem',
    render: (risk) =>
      risk.aboveAppetite ? (
        <span className="d-late">
          {risk.aboveSince === null ? (
            'yes'
          ) : (
            <>
              since <Instant at={risk.aboveSince} />
            </>
          )}
        </span>
      ) : (
        ''
      ),
  },
  { key: 'treatment', title: 'Treatment', width: '6.5rem', render: (risk) => risk.treatment },
  { key: 'owner', title: 'Owner', width: 'minmax(9rem, 1fr)', render: (risk) => risk.owner },
  {
    key: 'review',
    title: 'Review',
    width: '10.5rem',
    render: (risk) =>
      risk.version === 0 ? (
        <span className="d-quiet">never reviewed</span>
      ) : (
        <Day at={risk.reviewAt} late={risk.reviewOverdue} />
      ),
  },
  {
    key: 'task',
    title: 'To do',
    width: 'minmax(16rem, 2fr)',
    render: (risk) => risk.tasks.join(' '),
  },
];
