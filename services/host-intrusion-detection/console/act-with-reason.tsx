/** Something that can be done to what is open, each with a reason that is kept with it. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';

/** As the routes want it. */
const REASON_LENGTH_MIN = 3;

export interface Act {
  readonly title: string;
  /** What it does, to be read before. */
  readonly says: string;
  readonly kind?: 'main' | 'other' | 'danger';
  /** Of the route that does it. */
  readonly path: string;
}

export function ActWithReason({
  tools: { api, parts },
  label,
  acts,
  onDone,
}: {
  readonly tools: ConsoleTools;
  readonly label: string;
  readonly acts: readonly Act[];
  readonly onDone: () => Promise<void>;
}) {
  const { Button, Failure, TextField } = parts;
  const [because, setBecause] = useState('');
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const run = async ({ path }: Act): Promise<void> => {
    setBusy(true);
    try {
      await api('POST', path, { because });
      setBecause('');
      setFailure(undefined);
      await onDone();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <ul>
        {acts.map(({ title, says }) => (
          <li key={title}>
            <strong>{title}</strong>: {says}
          </li>
        ))}
      </ul>
      <TextField
        label={label}
        value={because}
        required
        placeholder="It is kept, with your name"
        onChange={setBecause}
      />
      {failure === undefined ? null : <Failure error={failure} />}
      <div className="d-toolbar">
        {acts.map((act) => (
          <Button
            key={act.title}
            kind={act.kind ?? 'other'}
            busy={busy}
            disabled={because.trim().length < REASON_LENGTH_MIN}
            onClick={() => void run(act)}
          >
            {act.title}
          </Button>
        ))}
      </div>
    </>
  );
}
