/** How many have arrived that would stand in a list: told by the live stream, and asked for where it has a gap. */
import { useEffect, useState } from 'react';
import { liveStream } from '../app/live.ts';

export interface FreshOptions {
  readonly tenantId: string;
  /** When the list was asked for; every time it is, all is counted anew. */
  readonly askedAtMs: number;
  /** Keeps its identity as long as it says the same. */
  readonly isShown: (event: Record<string, unknown>) => boolean;
  /** Undefined while the list is not there; keeps its identity as long as the list does. */
  readonly recount: (() => Promise<number>) | undefined;
}

export function useFresh({ tenantId, askedAtMs, isShown, recount }: FreshOptions): number {
  const [fresh, setFresh] = useState(0);
  const [gapAtMs, setGapAtMs] = useState(0);
  useEffect(() => {
    setFresh(0);
    return liveStream(tenantId).subscribe((message) => {
      if (message.kind === 'gap') setGapAtMs(Date.now());
      else if (message.kind === 'event' && isShown(message.event)) setFresh((count) => count + 1);
    });
  }, [tenantId, askedAtMs, isShown]);
  useEffect(() => {
    if (recount === undefined || gapAtMs < askedAtMs) return undefined;
    let isWanted = true;
    recount().then(
      (count) => {
        // What the stream told since is in it already, or is told again with the next.
        if (isWanted) setFresh((known) => Math.max(known, count));
      },
      // The list itself says when nothing can be had.
      () => undefined,
    );
    return () => {
      isWanted = false;
    };
  }, [gapAtMs, askedAtMs, recount]);
  return fresh;
}
