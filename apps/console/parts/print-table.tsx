/** What is on paper instead of a table that scrolls: every row, in words. */
import type { DataTableProps } from '@demarc/platform/contract/console';

export function PrintTable<Row>({
  label,
  rows,
  columns,
  rowKey,
}: Pick<DataTableProps<Row>, 'label' | 'rows' | 'columns' | 'rowKey'>) {
  return (
    <table className="d-print">
      <caption>{label}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.key} scope="col">
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map((column) => (
              <td key={column.key}>{column.render(row)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
