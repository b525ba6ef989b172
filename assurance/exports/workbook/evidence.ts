/** The index of evidence: every rule on every asset, what was last seen of it, and by which digest it can be found. */
import type { EvidenceState } from '@demarc/platform/contract/api';
import type { Assessment } from '../../evaluation/assessment.ts';
import { hoursBefore } from '../by-control.ts';
import { type Column, type Table, tableSheet } from '../sheet.ts';
import { EVIDENCE_WORDS } from '../words.ts';

/** Beyond it only what was received is listed, and the summary says how many rows were left out. */
const ROWS_MAX = 200_000;

interface Row {
  readonly controlId: string;
  readonly assetName: string;
  readonly assetId: string;
  readonly item: EvidenceState;
}
export type EvidenceColumn =
  | 'asset'
  | 'control'
  | 'rule'
  | 'asserts'
  | 'kind'
  | 'source'
  | 'required'
  | 'state'
  | 'because'
  | 'observed'
  | 'received'
  | 'age'
  | 'fresh'
  | 'expires'
  | 'signed'
  | 'assetId'
  | 'id'
  | 'digest';

export type EvidenceTable = Table<EvidenceColumn> & { readonly leftOutCount: number };

export function evidenceSheet({ cells, asOfMs }: Assessment): EvidenceTable {
  const all = cells.flatMap(({ control, asset, evidence }) =>
    evidence.map(
      (item): Row => ({ controlId: control.id, assetName: asset.name, assetId: asset.assetId, item }),
    ),
  );
  const rows = all.length <= ROWS_MAX ? all : all.filter(({ item }) => item.evidenceId !== null);
  const text = (
    key: EvidenceColumn,
    title: string,
    width: number,
    value: (row: Row) => string | null,
  ): Column<Row, EvidenceColumn> => ({ key, title, kind: 'text', width, value });
  const dated = (
    key: EvidenceColumn,
    title: string,
    value: (item: EvidenceState) => string | null,
  ): Column<Row, EvidenceColumn> => ({
    key,
    title,
    kind: 'instant',
    width: 18,
    value: ({ item }) => msOf(value(item)),
  });
  const columns: readonly Column<Row, EvidenceColumn>[] = [
    text('asset', 'Asset', 20, ({ assetName }) => assetName),
    text('control', 'Control', 9, ({ controlId }) => controlId),
    text('rule', 'Rule', 10, ({ item }) => item.rule),
    text('asserts', 'What it asserts', 40, ({ item }) => item.asserts),
    text('kind', 'Kind', 14, ({ item }) => item.kind),
    text('source', 'Source', 18, ({ item }) => item.source),
    text('required', 'Required', 9, ({ item }) => (item.required ? 'required' : 'optional')),
    {
      key: 'state',
      title: 'State',
      kind: 'word',
      width: 14,
      value: ({ item }) => EVIDENCE_WORDS[item.state],
    },
    text('because', 'Because', 40, ({ item }) => item.because),
    dated('observed', 'Observed', ({ observedAt }) => observedAt),
    dated('received', 'Received', ({ receivedAt }) => receivedAt),
    {
      key: 'age',
      title: 'Age, hours',
      kind: 'number',
      width: 10,
      value: ({ item }) => hoursBefore(asOfMs, msOf(item.observedAt)),
    },
    {
      key: 'fresh',
      title: 'Fresh for, hours',
      kind: 'number',
      width: 10,
      value: ({ item }) => item.freshForSeconds / 3_600,
    },
    dated('expires', 'Expires', ({ expiresAt }) => expiresAt),
    text('signed', 'Signed', 8, ({ item }) => (item.evidenceId === null ? '' : item.signed ? 'yes' : 'no')),
    text('assetId', 'Asset id', 24, ({ assetId }) => assetId),
    text('id', 'Evidence id', 24, ({ item }) => item.evidenceId),
    text('digest', 'Digest of the raw record (SHA-256)', 36, ({ item }) => item.digest),
  ];
  const table = tableSheet('Evidence', columns, rows, { frozenColumns: 3, wide: true });
  return { ...table, leftOutCount: all.length - rows.length };
}

const msOf = (instant: string | null): number | undefined =>
  instant === null ? undefined : Date.parse(instant);
