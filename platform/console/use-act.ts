/** One thing at a time that is sent: whether it is under way, and what went wrong. */
import { useCallback, useState } from 'react';

export interface Acting {
  readonly busy: boolean;
  /** Of the last one; forgotten when the next begins. */
  readonly failure: unknown;
  run(work: () => Promise<unknown>): void;
}

export function useAct(): Acting {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const run = useCallback((work: () => Promise<unknown>): void => {
    const running = async (): Promise<void> => {
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
    void running();
  }, []);
  return { busy, failure, run };
}
