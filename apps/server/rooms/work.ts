/** Runs what rooms do unasked: one thing at a time, each when it is due, tenants in turn. */
import type { RoomWork, ServerRoom, ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';

const LOOK_EVERY_MS = 5_000;

export interface RoomWorkDeps {
  readonly rooms: readonly ServerRoom[];
  readonly contexts: ReadonlyMap<string, ServerRoomContext>;
  tenants(): Promise<readonly TenantScope[]>;
  now(): number;
  log(line: string, error?: unknown): void;
}

export class RoomWorkSchedule implements AsyncDisposable {
  readonly #deps: RoomWorkDeps;
  readonly #dueAt = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #isAtWork = false;
  #isOver = false;

  constructor(deps: RoomWorkDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
    this.look();
  }

  /** Does what is due, unless it is at it. */
  look(): void {
    if (this.#isAtWork || this.#isOver) return;
    this.#isAtWork = true;
    this.#round = this.#doDue().finally(() => {
      this.#isAtWork = false;
    });
  }

  /** Waits for what is at work; what follows is not begun. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#timer);
    await this.#round;
  }

  async #doDue(): Promise<void> {
    for (const { service, work = [] } of this.#deps.rooms) {
      const context = this.#deps.contexts.get(service.id);
      if (context === undefined) continue;
      for (const each of work) {
        if (this.#isOver) return;
        const key = `${service.id} ${each.name}`;
        if ((this.#dueAt.get(key) ?? 0) > this.#deps.now()) continue;
        this.#dueAt.set(key, this.#deps.now() + each.everySeconds * 1_000);
        await this.#do(key, each, context);
      }
    }
  }

  async #do(key: string, { of }: RoomWork, context: ServerRoomContext): Promise<void> {
    if ('installation' in of) {
      await this.#attempt(key, () => of.installation(context));
      return;
    }
    const tenants = await this.#deps.tenants().catch((error: unknown) => {
      this.#deps.log(`${key}: the tenants could not be listed`, error);
      return [];
    });
    for (const tenant of tenants) {
      if (this.#isOver) return;
      await this.#attempt(`${key} of ${tenant.tenantId}`, () => of.tenant(context, tenant));
    }
  }

  async #attempt(what: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#deps.log(`${what} failed, and is tried again when it is due next`, error);
    }
  }
}
