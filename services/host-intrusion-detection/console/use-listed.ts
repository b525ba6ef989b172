/** What a route of this room lists, looked up again and again, and the names of the machines that it is about. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useCallback, useEffect, useState } from 'react';

/** How soon a change is seen: an agent answers every two seconds. */
const REFRESH_MS = 3_000;

/** @param path of a route that answers `Reply`: `orders` */
export function useListed<Reply>(
  { api, assets }: ConsoleTools,
  path: string,
): {
  readonly found: Reply | undefined;
  readonly failure: unknown;
  reload(): Promise<void>;
  /** Its id where the name is not known. */
  nameOf(assetId: string): string;
} {
  const [found, setFound] = useState<Reply>();
  const [failure, setFailure] = useState<unknown>();
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const reload = useCallback(async () => {
    try {
      setFound(await api<Reply>('GET', path));
      setFailure(undefined);
    } catch (error) {
      setFailure(error);
    }
  }, [api, path]);
  useEffect(() => {
    void reload();
    const timer = window.setInterval(() => void reload(), REFRESH_MS);
    return () => window.clearInterval(timer);
  }, [reload]);
  useEffect(() => {
    assets().then(
      (all) => setNames(new Map(all.map(({ assetId, name }) => [assetId, name]))),
      // Ids are shown instead.
      () => undefined,
    );
  }, [assets]);
  return { found, failure, reload, nameOf: (assetId) => names.get(assetId) ?? assetId };
}
