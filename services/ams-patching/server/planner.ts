/** The one thread that makes plans, started with the server: the solver takes a processor for as long as it is given. */
import type { TenantScope } from '@demarc/platform/tenancy';
import { JobFailed, JobWorker } from '@demarc/platform/workers';
import { patchingErrors } from '../errors.ts';
import type { PlanInput } from '../plan/input.ts';
import type { Plan } from '../plan/plan.ts';

export interface PlanJob {
  readonly input: PlanInput;
  readonly seconds: number;
}

export class Planner implements AsyncDisposable {
  readonly #worker = new JobWorker<PlanJob, Plan>({
    program: new URL('./plan.worker.ts', import.meta.url),
    heapMebibytesMax: 2_048,
    // The solver has 60 s at most; what is left is to read and to check twenty thousand changes.
    secondsMax: 180,
    waitingMax: 8,
    waitingOfOneMax: 2,
  });

  /** Resolves once the worker has read all that it needs. @throws when it cannot */
  start(): Promise<void> {
    return this.#worker.start();
  }

  /** @throws PATCH_PLANNER_BUSY, PATCH_PLAN_FAILED, PLAN_INPUT_INVALID, SCHEDULE_INVALID */
  async plan({ tenantId }: TenantScope, job: PlanJob): Promise<Plan> {
    try {
      return await this.#worker.run(job, tenantId);
    } catch (error) {
      if (!(error instanceof JobFailed)) throw error;
      const { why, message, waitingCount: waiting } = error;
      if (why === 'busy') throw patchingErrors.make('PATCH_PLANNER_BUSY', { waiting });
      const because = why === 'failed' ? 'something went wrong inside' : message;
      throw patchingErrors.make('PATCH_PLAN_FAILED', { because }, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker[Symbol.asyncDispose]();
  }
}

export const planner = new Planner();
