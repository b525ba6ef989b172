/**
 * Runs what rooms do unasked: each work in a lane of its own, when it is due, tenants in turn. What takes too long for one
 * tenant is left behind: neither another work nor another tenant waits for it.
 */
import type { RoomWork, ServerRoom, ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';

const LOOK_EVERY_MS = 5_000;
/** For one run, for one tenant, the others wait no longer. */
const WAIT_SECONDS = 300;
/** A stop waits so long; what is at work then is as it would be after a crash, which every work has to bear. */
const STOP_MS_MAX = 10_000;

export interface RoomWorkDeps {
  readonly rooms: readonly ServerRoom[];
  readonly contexts: ReadonlyMap<string, ServerRoomContext>;
  tenants(): Promise<readonly TenantScope[]>;
  now(): number;
  log(line: string, error?: unknown): void;
  /** What a test has no time to wait for. */
  readonly stopMsMax?: number;
}

interface Lane {
  readonly key: string;
  readonly work: RoomWork;
  readonly context: ServerRoomContext;
  dueAtMs: number;
  running: Promise<void> | undefined;
  /** What was left behind and is at work still: it is not begun a second time. */
  readonly late: Map<string, Promise<void>>;
}

export class RoomWorkSchedule implements AsyncDisposable {
  readonly #deps: RoomWorkDeps;
  readonly #lanes: readonly Lane[];
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(deps: RoomWorkDeps) {
    this.#deps = deps;
    this.#lanes = deps.rooms.flatMap(({ service, work = [] }) => {
      const context = deps.contexts.get(service.id);
      if (context === undefined) return [];
      return work.map((each) => ({
        key: `${service.id} ${each.name}`,
        work: each,
        context,
        dueAtMs: 0,
        running: undefined,
        late: new Map<string, Promise<void>>(),
      }));
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
    this.look();
  }

  /** Begins what is due, but for what is at work. */
  look(): void {
    if (this.#isOver) return;
    const nowMs = this.#deps.now();
    for (const lane of this.#lanes) {
      if (lane.running !== undefined || lane.dueAtMs > nowMs) continue;
      lane.dueAtMs = nowMs + lane.work.everySeconds * 1_000;
      lane.running = this.#do(lane).finally(() => {
        lane.running = undefined;
      });
    }
  }

  /** Waits a while for what is at work; what follows is not begun. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#timer);
    const all = this.#lanes.flatMap(({ running, late }) => [running ?? Promise.resolve(), ...late.values()]);
    await within(Promise.all(all), this.#deps.stopMsMax ?? STOP_MS_MAX);
  }

  async #do(lane: Lane): Promise<void> {
    const { key, context } = lane;
    const { of } = lane.work;
    if ('installation' in of) {
      await this.#attempt(lane, key, () => of.installation(context));
      return;
    }
    const tenants = await this.#deps.tenants().catch((error: unknown) => {
      this.#deps.log(`${key}: the tenants could not be listed`, error);
      return [];
    });
    for (const tenant of tenants) {
      if (this.#isOver) return;
      await this.#attempt(lane, `${key} of ${tenant.tenantId}`, () => of.tenant(context, tenant));
    }
  }

  async #attempt({ work, late }: Lane, what: string, run: () => Promise<void>): Promise<void> {
    if (late.has(what)) return;
    const { log } = this.#deps;
    const seconds = work.waitSeconds ?? WAIT_SECONDS;
    const done = this.#attempted(what, run);
    if (await within(done, seconds * 1_000)) return;
    log(`${what} takes longer than ${seconds} s: the others go on, and it comes again once it has ended`);
    const ended = done.then(() => {
      late.delete(what);
      log(`${what}, which took longer, has ended`);
    });
    late.set(what, ended);
  }

  async #attempted(what: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#deps.log(`${what} failed, and is tried again when it is due next`, error);
    }
  }
}

/** @returns whether it was over by then; a process that has nothing else to do does not stay for it */
async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, ms, false).unref();
  try {
    return await Promise.race([work.then(() => true), promise]);
  } finally {
    clearTimeout(timer);
  }
}
