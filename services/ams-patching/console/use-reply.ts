/** What a route of this room answers, asked again and again. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useCallback, useEffect, useRef, useState } from 'react';

const REFRESH_MS = 30_000;
/** While a machine is at work, and somebody looks on. */
export const LIVE_MS = 3_000;

export interface Asked<Reply> {
  readonly found: Reply | undefined;
  readonly failure: unknown;
  reload(): Promise<void>;
}

/** @param path undefined asks for nothing; what was asked for under another path is forgotten */
export function useReply<Reply>(
  { api }: ConsoleTools,
  path: string | undefined,
  refreshMs = REFRESH_MS,
): Asked<Reply> {
  const [answer, setAnswer] = useState<{ readonly path: string; readonly found: Reply }>();
  const [failed, setFailed] = useState<{ readonly path: string; readonly error: unknown }>();
  const wanted = useRef(path);
  useEffect(() => {
    wanted.current = path;
  }, [path]);
  const reload = useCallback(async () => {
    if (path === undefined) return;
    try {
      const found = await api<Reply>('GET', path);
      if (wanted.current !== path) return;
      setAnswer({ path, found });
      setFailed(undefined);
    } catch (error) {
      if (wanted.current === path) setFailed({ path, error });
    }
  }, [api, path]);
  useEffect(() => {
    void reload();
  }, [reload]);
  useEffect(() => {
    const timer = window.setInterval(() => void reload(), refreshMs);
    return () => window.clearInterval(timer);
  }, [reload, refreshMs]);
  return {
    found: path !== undefined && answer?.path === path ? answer.found : undefined,
    failure: failed !== undefined && failed.path === path ? failed.error : undefined,
    reload,
  };
}
