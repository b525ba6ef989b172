/** Which column is which: by its heading, in the words that frameworks use, or as the person says. */
import { frameworkErrors } from './framework-errors.ts';

/** Above the headings there may be a title, a licence and a date. */
const HEADER_ROWS_MAX = 30;

export interface Wanted {
  readonly name: string;
  readonly required: boolean;
  /** In lower case, with single spaces. */
  readonly headings: readonly string[];
}

export interface Columns {
  /** Index of the row with the headings. */
  readonly headerRow: number;
  /** Index of each wanted column that is there. */
  readonly at: ReadonlyMap<string, number>;
  /** What the person calls it. */
  heading(name: string): string;
}

/** @throws FRAMEWORK_HEADER_MISSING */
export function findColumns(
  rows: readonly (readonly string[])[],
  wanted: readonly Wanted[],
  chosen: Readonly<Record<string, string>>,
): Columns {
  for (const [headerRow, row] of rows.slice(0, HEADER_ROWS_MAX).entries()) {
    const at = matched(row, wanted, chosen);
    if (wanted.every(({ name, required }) => !required || at.has(name)))
      return {
        headerRow,
        at,
        heading: (name) => row[at.get(name) ?? -1]?.trim() ?? letterOf(at.get(name) ?? 0),
      };
  }
  throw frameworkErrors.make('FRAMEWORK_HEADER_MISSING', {
    wanted: wanted
      .filter(({ required }) => required)
      .map(({ name, headings }) => chosen[name] ?? `${name} (${headings.slice(0, 4).join(', ')})`)
      .join(' and '),
    looked: Math.min(HEADER_ROWS_MAX, rows.length),
    found: (rows[0] ?? [])
      .map((cell) => cell.trim().slice(0, 60))
      .join(', ')
      .slice(0, 300),
  });
}

function matched(
  row: readonly string[],
  wanted: readonly Wanted[],
  chosen: Readonly<Record<string, string>>,
): ReadonlyMap<string, number> {
  const cells = row.map((cell) => plain(cell));
  const at = new Map<string, number>();
  for (const { name, headings } of wanted) {
    const names = chosen[name] === undefined ? headings : [plain(chosen[name])];
    // The better names first: “control id” before “id”, wherever they stand.
    const found = names
      .map((heading) => cells.indexOf(heading))
      .find((index) => index >= 0 && ![...at.values()].includes(index));
    if (found !== undefined) at.set(name, found);
  }
  return at;
}

const plain = (cell: string): string =>
  cell
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

export function letterOf(index: number): string {
  const rest = Math.floor(index / 26);
  return `${rest > 0 ? letterOf(rest - 1) : ''}${String.fromCharCode(65 + (index % 26))}`;
}
