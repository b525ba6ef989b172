/** One thing at a time that is sent: whether it is under way, and what went wrong. */
import { useState } from 'react';

export function useAct(): {
  readonly busy: boolean;
  readonly failure: unknown;
  run(work: () => Promise<unknown>): void;
} {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    try {
      await work();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return { busy, failure, run: (work) => void run(work) };
}
