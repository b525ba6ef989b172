/** Machines by the names that people know them by. */
import { useCallback, useEffect, useState } from 'react';
import type { ConsoleTools } from '../contract/console.ts';

/** @returns the machine's name; its id where that is not known */
export function useMachineNames({ assets }: ConsoleTools): (assetId: string) => string {
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    assets().then(
      (all) => setNames(new Map(all.map(({ assetId, name }) => [assetId, name]))),
      // Ids are shown instead.
      () => undefined,
    );
  }, [assets]);
  return useCallback((assetId) => names.get(assetId) ?? assetId, [names]);
}
