/** The room at work: orders come in, one errand after the other is done, and what became of each is told. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Health } from '@demarc/platform/contract';
import type { AgentRoomContext, RunningRoom } from '@demarc/platform/contract/agent';
import { ORDERS_MAX, type Order, type OrderState } from '@demarc/platform/contract/orders';
import * as z from 'zod';
import { AmsPatchingPolicy } from '../policy.ts';
import { patchingAgentErrors } from './agent-errors.ts';
import { Errand, type ErrandDesk } from './errand.ts';
import { ErrandFiles } from './files.ts';
import type { Machine } from './machine.ts';
import { RepositoryWatch } from './repositories.ts';

const ORDERS = 'orders';
const REPOSITORIES = 'repositories';

export class PatchingRoom implements RunningRoom {
  readonly #context: AgentRoomContext;
  readonly #errands: Map<string, Errand>;
  readonly #desk: ErrandDesk;
  readonly #repositories: RepositoryWatch;
  #policy: AmsPatchingPolicy | undefined;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #isLooking = false;
  #isDisposed = false;
  #problem: string | undefined;
  #health: Health = { state: 'starting', because: 'waiting for policy', sinceMs: Date.now() };

  constructor(context: AgentRoomContext, machine: Machine) {
    this.#context = context;
    const program = (): ReturnType<AgentRoomContext['program']> => context.program('work');
    const now = (): number => context.now();
    this.#desk = {
      machine,
      host: context.host,
      program,
      emit: (events) => context.emit(events),
      now,
      notNow: (errand) => this.#notNow(errand),
      refusedBecause: () =>
        this.#policy?.isEnabled === false ? 'patching is switched off on this machine' : undefined,
    };
    this.#errands = keptErrands(context.stateDirectory, this.#desk);
    this.#repositories = new RepositoryWatch(join(context.stateDirectory, REPOSITORIES), {
      machine,
      family: context.host.os.family,
      program,
      evidence: (findings, atMs) => context.evidence(findings, atMs),
      now,
    });
    // What was begun is told of whatever the policy says.
    this.#timer = setInterval(() => this.#lookSoon(), machine.lookEveryMs);
  }

  async apply(policy: unknown): Promise<void> {
    const parsed = AmsPatchingPolicy.safeParse(policy);
    if (!parsed.success)
      throw patchingAgentErrors.make('PATCH_POLICY_INVALID', { because: z.prettifyError(parsed.error) });
    this.#policy = parsed.data;
    this.#say();
  }

  async carryOut(orders: readonly Order[]): Promise<void> {
    await this.#inTurn(async () => {
      const wanted = new Set(orders.map(({ id }) => id));
      for (const [id, errand] of this.#errands) {
        errand.isWanted = wanted.has(id);
        if (!errand.isWanted) this.#forget(errand);
      }
      for (const order of orders.slice(0, ORDERS_MAX)) {
        if (this.#errands.has(order.id)) continue;
        const errand = Errand.taken(join(this.#context.stateDirectory, ORDERS, order.id), order, this.#desk);
        errand.isWanted = true;
        this.#errands.set(order.id, errand);
      }
      await this.#look();
    });
  }

  orders(): readonly OrderState[] {
    return [...this.#errands.values()].filter(({ isWanted }) => isWanted !== false).map(({ state }) => state);
  }

  health(): Health {
    return this.#health;
  }

  /** Processes that are at work go on: who starts next finds them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    clearInterval(this.#timer);
    await this.#work;
    this.#health = { state: 'stopped', because: 'stopped', sinceMs: Date.now() };
  }

  #notNow(errand: Errand): string | undefined {
    if (this.#policy === undefined) return 'the policy of this machine is not known yet';
    const other = [...this.#errands.values()].find((each) => each !== errand && each.phase === 'begun');
    if (other !== undefined) return 'another job is at work on this machine';
    return this.#repositories.isAtWork ? 'the repositories of this machine are just being asked' : undefined;
  }

  #lookSoon(): void {
    if (this.#isLooking || this.#isDisposed) return;
    this.#isLooking = true;
    void this.#inTurn(() => this.#look()).finally(() => {
      this.#isLooking = false;
    });
  }

  /** One after the other; what goes wrong is said, and tried again with the next look. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).then(
      () => {
        this.#problem = undefined;
        this.#say();
      },
      (error: unknown) => {
        const because = error instanceof Error ? error.message : String(error);
        if (because !== this.#problem) this.#context.log('an order could not be looked after', { because });
        this.#problem = because;
        this.#say();
      },
    );
    return this.#work;
  }

  async #look(): Promise<void> {
    if (this.#isDisposed) return;
    for (const errand of this.#errands.values()) {
      const isExpired = errand.phase === 'waiting' && errand.order.untilMs <= this.#context.now();
      if (isExpired) this.#forget(errand);
      else await errand.step();
      // It worked on although its order was gone, and is told now.
      if (errand.isWanted === false) this.#forget(errand);
    }
    const policy = this.#policy;
    if (policy?.isEnabled !== true) return;
    const isBusy = [...this.#errands.values()].some(({ phase }) => phase === 'begun');
    await this.#repositories.step(policy.askRepositoriesEverySeconds * 1_000, !isBusy);
  }

  #forget(errand: Errand): void {
    if (!errand.mayGo) return;
    errand.files.remove();
    this.#errands.delete(errand.order.id);
  }

  #say(): void {
    const { state, because, progress } = this.#now();
    const figures = {
      waiting: this.#count('waiting'),
      atWork: this.#count('begun'),
      refused: this.#count('refused'),
    };
    const isSame = state === this.#health.state && because === this.#health.because;
    this.#health = {
      state,
      because: because.slice(0, 1_000),
      sinceMs: isSame ? this.#health.sinceMs : Date.now(),
      figures,
      ...(progress === undefined ? {} : { progress }),
    };
  }

  #count(phase: Errand['phase']): number {
    return [...this.#errands.values()].filter((errand) => errand.phase === phase).length;
  }

  #now(): Pick<Health, 'state' | 'because' | 'progress'> {
    if (this.#problem !== undefined) return { state: 'degraded', because: this.#problem };
    if (this.#policy === undefined) return { state: 'starting', because: 'waiting for policy' };
    const errands = [...this.#errands.values()];
    const begun = errands.find(({ phase }) => phase === 'begun');
    if (begun !== undefined) {
      const gone = begun.isWanted === false ? '; its order is gone, and it goes on to its end' : '';
      const { doneCount = 0, failedCount = 0, packageCount = 0 } = begun.progress ?? {};
      return {
        state: 'healthy',
        because: `at work: ${begun.state.because}${gone}`,
        progress: {
          done: packageCount === 0 ? 0 : Math.min(1, (doneCount + failedCount) / packageCount),
          what: 'packages',
        },
      };
    }
    if (!this.#policy.isEnabled)
      return { state: 'healthy', because: 'patching is switched off on this machine' };
    const waiting = errands.find(({ phase }) => phase === 'waiting');
    if (waiting !== undefined) return { state: 'healthy', because: `a job waits: ${waiting.state.because}` };
    return { state: 'healthy', because: 'no job waits' };
  }
}

/** As the last start left them. One that is not understood never begins; what its process does, its journal says. */
function keptErrands(stateDirectory: string, desk: ErrandDesk): Map<string, Errand> {
  const directory = join(stateDirectory, ORDERS);
  const errands = new Map<string, Errand>();
  if (!existsSync(directory)) return errands;
  for (const id of readdirSync(directory).slice(0, 2 * ORDERS_MAX)) {
    const files = new ErrandFiles(join(directory, id));
    const noted = files.read('noted');
    if (noted === undefined) files.remove();
    else errands.set(id, new Errand(files, noted, desk));
  }
  return errands;
}

/** What was not begun is forgotten; what is at work goes on to its end, and nobody is told of it any more. */
export function forgetWaiting(stateDirectory: string): void {
  const directory = join(stateDirectory, ORDERS);
  if (!existsSync(directory)) return;
  for (const id of readdirSync(directory)) {
    const files = new ErrandFiles(join(directory, id));
    if (files.read('noted')?.phase !== 'begun') files.remove();
  }
}
