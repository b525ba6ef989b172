/** What is on paper instead of a table that scrolls: every row, in words. */
import type { DataTableProps } from '@demarc/platform/contract/console';

/** Some hundred sheets; who wants more exports it. */
const ROWS_MAX = 10_000;

export function PrintTable<Row>({
  label,
  rows,
  columns,
  rowKey,
}: Pick<DataTableProps<Row>, 'label' | 'rows' | 'columns' | 'rowKey'>) {
  const shown = columns.filter(({ screenOnly }) => screenOnly !== true);
  return (
    <table className="d-print">
      <caption>
        {label}
        {rows.length > ROWS_MAX ? ` (the first ${ROWS_MAX} of ${rows.length})` : ''}
      </caption>
      <thead>
        <tr>
          {shown.map((column) => (
            <th key={column.key} scope="col">
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, ROWS_MAX).map((row) => (
          <tr key={rowKey(row)}>
            {shown.map((column) => (
              <td key={column.key}>{column.render(row)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
