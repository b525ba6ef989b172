/** The cell of the matrix that the address of another page names, with its whole story. */
import { useAsOf } from '../app/as-of.ts';
import { Why } from './matrix.tsx';
import { useMatrix } from './queries.ts';

/** @param open `VMS-09@asset`; nothing is shown for what is no cell */
export function OpenCell({
  open,
  onClose,
}: {
  readonly open: string | undefined;
  readonly onClose: () => void;
}) {
  const { asOf } = useAsOf();
  const matrix = useMatrix(asOf);
  const cell = matrix.data?.cells.find(({ controlId, assetId }) => `${controlId}@${assetId}` === open);
  return cell === undefined ? null : <Why cell={cell} asOf={asOf} onClose={onClose} />;
}
