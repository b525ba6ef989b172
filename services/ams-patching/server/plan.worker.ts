/** Makes plans beside the server, and gives way to it: whoever waits for a plan waits for seconds anyway. */
import { answerJobs } from '@demarc/platform/workers';
import { giveWay } from '@demarc/platform/workers/give-way';
import { parsePlanInput, plan } from '../plan/plan.ts';
import type { PlanJob } from './planner.ts';

/** The solver reads its program when it is first asked, and the server may have given up the right to by then. */
const SMALLEST = parsePlanInput({
  from: '2026-01-01T00:00:00Z',
  to: '2026-01-02T00:00:00Z',
  hosts: [{ id: 'host' }],
  changes: [{ id: 'change', host: 'host', minutes: 1, due: '2026-01-02T00:00:00Z' }],
  windows: [{ id: 'window', minutes: 60, startsAt: '2026-01-01T01:00:00Z' }],
});

giveWay();
await plan(SMALLEST, { seconds: 1 });
answerJobs(({ input, seconds }: PlanJob) => plan(input, { seconds }));
