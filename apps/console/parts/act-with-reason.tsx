/** What can be done to what is open, with a reason that is kept beside the name of who did it. */
import type { Act, ConsoleTools } from '@demarc/platform/contract/console';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import * as z from 'zod';
import { call } from '../app/api.ts';
import { Button, TextField } from './forms.tsx';
import { Failure } from './parts.tsx';

/** As the routes want it. */
const REASON_LENGTH_MIN = 3;

export const ActWithReason: ConsoleTools['parts']['ActWithReason'] = ({ label, acts, onDone }) => {
  const { tenantId = 'local' } = useParams({ strict: false });
  const [because, setBecause] = useState('');
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState<string>();
  const run = async ({ path, title }: Act): Promise<void> => {
    setBusy(title);
    try {
      await call('POST', `/v1/tenants/${tenantId}/${path}`, z.unknown(), { because: because.trim() });
      setBecause('');
      setFailure(undefined);
      await onDone();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <div className="d-stack">
      <ul className="d-plain">
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
            busy={busy === act.title}
            disabled={busy !== undefined || because.trim().length < REASON_LENGTH_MIN}
            onClick={() => void run(act)}
          >
            {act.title}
          </Button>
        ))}
      </div>
    </div>
  );
};
