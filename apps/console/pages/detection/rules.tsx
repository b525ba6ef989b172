/** Rules: what is loaded, what is refused and why, what has never fired, and what cannot. */

import type { RuleList, RuleSummary } from '@demarc/platform/contract/detection';
import { Button, SegmentedControl } from '@mantine/core';
import { useDeferredValue, useMemo, useState } from 'react';
import type * as z from 'zod';
import { usePageSearch } from '../../app/page-search.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Empty, Failure, Loading, PageHeader } from '../../parts/parts.tsx';
import { useMay } from '../queries.ts';
import { useRules } from './queries.ts';
import { columnsOf } from './rule-columns.tsx';
import { RuleDetails } from './rule-details.tsx';
import { RuleFilters } from './rule-filters.tsx';
import { ImportRules } from './rule-import.tsx';
import { TryRules } from './rule-try.tsx';
import { countsOf, ordered, rulesOf, SHOWS, summaryOf } from './rules-view.ts';

type List = z.infer<typeof RuleList>;

export function RulesPage() {
  const { search, setSearch } = usePageSearch();
  const rules = useRules();
  const mayWrite = useMay('rule:write');
  const [importing, setImporting] = useState(false);
  const view = search['view'] === 'try' ? 'try' : 'rules';
  const open = search['open'];
  return (
    <>
      <PageHeader
        title="Rules"
        summary={rules.data === undefined ? 'Looking…' : summaryOf(rules.data.rules, rules.data.firedDays)}
        actions={
          <>
            <Button
              variant="default"
              onClick={() =>
                setSearch({
                  view: view === 'try' ? undefined : 'try',
                  open: undefined,
                  rule: undefined,
                  finding: undefined,
                })
              }
            >
              {view === 'try' ? 'All rules' : 'Try a rule'}
            </Button>
            {mayWrite ? <Button onClick={() => setImporting(true)}>Import rules</Button> : null}
          </>
        }
      />
      {view === 'try' ? (
        <TryRules
          key={`${search['rule'] ?? ''} ${search['finding'] ?? ''}`}
          ruleId={search['rule']}
          findingUid={search['finding']}
        />
      ) : rules.data === undefined ? (
        rules.isError ? (
          <Failure error={rules.error} />
        ) : (
          <Loading />
        )
      ) : (
        <Rules list={rules.data} mayWrite={mayWrite} onImport={() => setImporting(true)} />
      )}
      {open === undefined || view === 'try' ? null : (
        <RuleDetails
          key={open}
          ruleId={open}
          summary={rules.data?.rules.find(({ ruleId }) => ruleId === open)}
          siblings={rules.data?.rules ?? []}
          mayWrite={mayWrite}
          onClose={() => setSearch({ open: undefined })}
        />
      )}
      {importing ? <ImportRules onClose={() => setImporting(false)} /> : null}
    </>
  );
}

function Rules({
  list,
  mayWrite,
  onImport,
}: {
  readonly list: List;
  readonly mayWrite: boolean;
  readonly onImport: () => void;
}) {
  const { search, setSearch } = usePageSearch();
  // Typing goes on while tens of thousands of rules are looked through.
  const wanted = useDeferredValue(search);
  const sort = search['sort'];
  const all = useMemo(() => ordered(list.rules, sort), [list, sort]);
  const rows = useMemo(() => rulesOf(all, wanted), [all, wanted]);
  const counts = useMemo(() => countsOf(list.rules), [list]);
  const columns = useMemo(() => columnsOf(list.firedDays), [list.firedDays]);
  return (
    <div className="d-filtered">
      <div className="d-filters d-screen">
        <SegmentedControl
          aria-label="Which rules"
          value={search['show'] ?? 'all'}
          onChange={(value) => setSearch({ show: value === 'all' ? undefined : value })}
          data={Object.entries(SHOWS).map(([value, [words]]) => ({
            value,
            label: `${words} (${counts[value] ?? 0})`,
          }))}
        />
      </div>
      <RuleFilters list={list} shown={rows.length} />
      <DataTable<RuleSummary>
        label="Rules"
        printLabel={`Rules, generation ${list.generation}`}
        rows={rows}
        columns={columns}
        rowKey={rowKey}
        selectedKey={search['open']}
        onOpen={({ ruleId }) => setSearch({ open: ruleId })}
        empty={
          list.rules.length === 0 ? (
            <Empty title="No rule is loaded">
              Nothing is looked for in what arrives.{' '}
              {mayWrite ? (
                <button type="button" className="d-link" onClick={onImport}>
                  Import Sigma rules
                </button>
              ) : (
                'Somebody who may change rules can import them here.'
              )}
            </Empty>
          ) : (
            <Empty title="No rule like that">Take a filter away; all are counted above.</Empty>
          )
        }
      />
    </div>
  );
}

/** One file may hold several that were refused without an id of their own. */
const rowKey = ({ ruleId, file, line }: RuleSummary): string => `${ruleId} ${file}:${line}`;
