/** A list that comes page by page. */
import { useState } from 'react';
import type { ConsoleTools } from '../contract/console.ts';
import { useAct } from './use-act.ts';
import { type Asked, useReply } from './use-reply.ts';

export interface Paged<Reply, Row> extends Asked<Reply> {
  /** Undefined until the first page was answered. */
  readonly rows: readonly Row[] | undefined;
  /** Undefined on the last page. */
  readonly more: { readonly busy: boolean; bring(): void } | undefined;
}

/**
 * The first page is asked for again and again until a second is wanted: what is being read does not move.
 *
 * @param path with its query, if it has any, and without a cursor
 * @param refreshMs of what the first page says, how soon it is asked for again
 */
export function usePaged<Reply extends { readonly nextCursor: string | null }, Row>(
  tools: ConsoleTools,
  path: string,
  rowsOf: (reply: Reply) => readonly Row[],
  refreshMs?: (head: Reply | undefined) => number,
): Paged<Reply, Row> {
  const [everyMs, setEveryMs] = useState(refreshMs?.(undefined));
  const first = useReply<Reply>(tools, path, everyMs);
  const [further, setFurther] = useState<{
    readonly path: string;
    readonly head: Reply;
    readonly rows: readonly Row[];
    readonly nextCursor: string | null;
  }>();
  const { busy, failure, run } = useAct();
  const held = further?.path === path ? further : undefined;
  const found = held?.head ?? first.found;
  const wantedMs = refreshMs?.(found);
  if (wantedMs !== everyMs && found !== undefined) setEveryMs(wantedMs);
  const cursor = held === undefined ? (found?.nextCursor ?? null) : held.nextCursor;
  const bring = async (head: Reply, from: string): Promise<void> => {
    const sign = path.includes('?') ? '&' : '?';
    const page = await tools.api<Reply>('GET', `${path}${sign}cursor=${encodeURIComponent(from)}`);
    setFurther({
      path,
      head,
      rows: [...(held?.rows ?? []), ...rowsOf(page)],
      nextCursor: page.nextCursor,
    });
  };
  return {
    found,
    failure: failure ?? first.failure,
    rows: found === undefined ? undefined : [...rowsOf(found), ...(held?.rows ?? [])],
    async reload() {
      setFurther(undefined);
      await first.reload();
    },
    more:
      found === undefined || cursor === null
        ? undefined
        : { busy, bring: () => run(() => bring(found, cursor)) },
  };
}
