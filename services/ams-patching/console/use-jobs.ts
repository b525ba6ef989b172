/** Jobs page by page, and how soon they are asked for again. */
import { type Paged, usePaged } from '@demarc/platform/console';
import type { ConsoleTools } from '@demarc/platform/contract/console';
import type { JobRow, JobsPage } from '../api.ts';

/** While a machine is at work, and somebody looks on. */
export const LIVE_MS = 3_000;
export const CALM_MS = 30_000;
export const isAtWork = ({ state }: Pick<JobRow, 'state'>): boolean =>
  state === 'running' || state === 'resolving' || state === 'going-back';

const jobsOf = ({ jobs }: JobsPage): readonly JobRow[] => jobs;
const refreshMs = (page: JobsPage | undefined): number =>
  page?.jobs.some(isAtWork) === true ? LIVE_MS : CALM_MS;

/** @param path with its query, if it has any, and without a cursor */
export function useJobs(tools: ConsoleTools, path: string): Paged<JobsPage, JobRow> {
  return usePaged(tools, path, jobsOf, refreshMs);
}
