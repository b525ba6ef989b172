/** Jobs page by page. The first is asked for again until a second is wanted: what is being read does not move. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import type { JobRow, JobsPage } from '../api.ts';
import { useAct } from './use-act.ts';
import { LIVE_MS, useReply } from './use-reply.ts';

const CALM_MS = 30_000;
export const isAtWork = ({ state }: Pick<JobRow, 'state'>): boolean =>
  state === 'running' || state === 'resolving' || state === 'going-back';

/** @param path with its query, if it has any, and without a cursor */
export function useJobs(tools: ConsoleTools, path: string) {
  const [isLive, setIsLive] = useState(false);
  const first = useReply<JobsPage>(tools, path, isLive ? LIVE_MS : CALM_MS);
  const [further, setFurther] = useState<{
    readonly path: string;
    readonly head: JobsPage;
    readonly jobs: readonly JobRow[];
    readonly nextCursor: string | null;
  }>();
  const { busy, failure, run } = useAct();
  const held = further?.path === path ? further : undefined;
  const found = held?.head ?? first.found;
  const wantsLive = found?.jobs.some(isAtWork) ?? false;
  if (wantsLive !== isLive && found !== undefined) setIsLive(wantsLive);
  const cursor = held === undefined ? (found?.nextCursor ?? null) : held.nextCursor;
  return {
    found,
    failure: failure ?? first.failure,
    rows: found === undefined ? undefined : [...found.jobs, ...(held?.jobs ?? [])],
    async reload(): Promise<void> {
      setFurther(undefined);
      await first.reload();
    },
    more:
      cursor === null || found === undefined
        ? undefined
        : {
            busy,
            bring: () =>
              run(async () => {
                const sign = path.includes('?') ? '&' : '?';
                const page = await tools.api<JobsPage>(
                  'GET',
                  `${path}${sign}cursor=${encodeURIComponent(cursor)}`,
                );
                setFurther({
                  path,
                  head: found,
                  jobs: [...(held?.jobs ?? []), ...page.jobs],
                  nextCursor: page.nextCursor,
                });
              }),
          },
  };
}
