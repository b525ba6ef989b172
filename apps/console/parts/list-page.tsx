/** A page that is a table: header, what went wrong, rows, and the details of the one that the address names. */
import type { ListPageProps } from '@demarc/platform/contract/console';
import { usePageSearch } from '../app/page-search.ts';
import { DataTable } from './data-table.tsx';
import { Details, Facts, Failure, Loading, PageHeader } from './parts.tsx';

export function ListPage<Row>(props: ListPageProps<Row>) {
  const { title, summary, actions, failure, rows, above, renderDetails, ...table } = props;
  const { search, setSearch } = usePageSearch();
  const selected = rows?.find((row) => table.rowKey(row) === search['open']);
  const shown = selected === undefined ? undefined : renderDetails(selected);
  return (
    <>
      <PageHeader title={title} summary={summary} actions={actions} />
      {/* Both libraries say so: no failure is null or undefined. */}
      {failure === undefined || failure === null ? null : <Failure error={failure} />}
      {above}
      {rows === undefined ? (
        failure === undefined || failure === null ? (
          <Loading />
        ) : null
      ) : (
        <DataTable<Row>
          {...table}
          rows={rows}
          selectedKey={search['open']}
          onOpen={(row) => setSearch({ open: table.rowKey(row) })}
        />
      )}
      {shown === undefined ? null : (
        <Details title={shown.title} onClose={() => setSearch({ open: undefined })}>
          <Facts facts={shown.facts} />
          {shown.more}
        </Details>
      )}
    </>
  );
}
