/** What a route of the tenant answers, asked again and again. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ConsoleTools } from '../contract/console.ts';

const REFRESH_MS = 30_000;

export interface Asked<Reply> {
  /** Undefined until it was answered; the answer before, where asking again failed. */
  readonly found: Reply | undefined;
  readonly failure: unknown;
  reload(): Promise<void>;
}

/**
 * @param path of a route that answers `Reply`; undefined asks for nothing, and what was asked for under another path is
 *   forgotten
 * @param refreshMs between two questions
 */
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
