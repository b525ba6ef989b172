/** Makes plans beside the server, and gives way to it: whoever waits for a plan waits for seconds anyway. */
import { answerJobs } from '@demarc/platform/workers';
import { giveWay } from '@demarc/platform/workers/give-way';
import { plan, readSolver } from '../plan/plan.ts';
import type { PlanJob } from './planner.ts';

giveWay();
// The server gives up its rights when this has answered.
readSolver();
answerJobs(({ input, seconds }: PlanJob) => plan(input, { seconds }));
