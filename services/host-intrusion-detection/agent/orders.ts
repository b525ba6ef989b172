/**
 * Carries out orders: what holds is put in force and undone when it is gone; what is done once is written down, and
 * what a crash leaves unwritten is harmless to do again: a process is known by its start too.
 */
import { join } from 'node:path';
import type { AgentRoomContext, NetworkBlocking } from '@demarc/platform/contract/agent';
import { ORDERS_MAX, Order, type OrderState } from '@demarc/platform/contract/orders';
import * as z from 'zod';
import { isKind, ONCE, OrderSchemas } from '../orders.ts';
import { type AccountBefore, disableAccount, enableAccount } from './account.ts';
import type { Blocking } from './blocking.ts';
import { killTree } from './kill-tree.ts';
import { readState, writeState } from './state-file.ts';

const FILE = 'orders.json';
/** Orders that were carried out once and may still be handed in; the oldest are forgotten first. */
const DONE_MAX = 4 * ORDERS_MAX;

const Kept = z.object({
  done: z.array(z.object({ id: z.string(), because: z.string(), atMs: z.number() })),
  /** So that what was taken back while the agent was away is undone when it is back. */
  inForce: z.array(Order).max(ORDERS_MAX),
  accounts: z.array(
    z.object({
      id: z.string(),
      before: z.object({ account: z.string(), wasLocked: z.boolean(), expires: z.string() }),
    }),
  ),
});

type Outcome = Pick<OrderState, 'state' | 'because'>;

export class Orders {
  readonly #context: AgentRoomContext;
  readonly #blocking: () => Blocking | undefined;
  readonly #file: string;
  readonly #done = new Map<string, { readonly because: string; readonly atMs: number }>();
  readonly #accounts = new Map<string, AccountBefore>();
  #orders: readonly Order[] = [];
  /** By id; of the orders that were handed in last. */
  #states = new Map<string, OrderState>();
  /** In force as far as we know, to be undone when they are gone. */
  readonly #inForce = new Map<string, Order>();
  /** Why an order could not be undone: said once, and tried at every look. */
  readonly #notUndone = new Map<string, string>();
  /** Who isolates the host for us: another, or one that began anew, does not know yet. */
  #isolatedBy: NetworkBlocking | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(context: AgentRoomContext, blocking: () => Blocking | undefined) {
    this.#context = context;
    this.#blocking = blocking;
    this.#file = join(context.stateDirectory, FILE);
    const kept = Kept.safeParse(readState(this.#file));
    if (!kept.success) return;
    for (const { id, ...rest } of kept.data.done) this.#done.set(id, rest);
    for (const { id, before } of kept.data.accounts) this.#accounts.set(id, before);
    for (const order of kept.data.inForce) this.#inForce.set(order.id, order);
  }

  get states(): readonly OrderState[] {
    return [...this.#states.values()];
  }

  carryOut(orders: readonly Order[]): Promise<void> {
    this.#orders = orders.slice(0, ORDERS_MAX);
    return this.#inTurn(() => this.#move());
  }

  /** Ends what is over, and tries again what had to wait. */
  tick(): Promise<void> {
    return this.#inTurn(() => this.#move());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #move(): Promise<void> {
    const now = this.#context.now();
    const wanted = new Map(this.#orders.filter(({ untilMs }) => untilMs > now).map((one) => [one.id, one]));
    // Chosen before: what cannot be undone is put back, and would be met again in this very look, without end.
    const over = [...this.#inForce.values()].filter(({ id }) => !wanted.has(id));
    for (const order of over) await this.#undo(order);
    const states = new Map<string, OrderState>();
    for (const order of this.#orders) {
      const outcome = wanted.has(order.id)
        ? await this.#carryOutOne(order)
        : { state: 'undone' as const, because: 'its time is over' };
      const before = this.#states.get(order.id);
      const isSame = before?.state === outcome.state && before.because === outcome.because;
      states.set(order.id, {
        id: order.id,
        state: outcome.state,
        because: outcome.because.slice(0, 1_000),
        atMs: isSame ? before.atMs : now,
      });
    }
    this.#states = states;
  }

  async #carryOutOne(order: Order): Promise<Outcome> {
    const done = this.#done.get(order.id);
    if (done !== undefined) return { state: 'done', because: done.because };
    const before = this.#states.get(order.id);
    if (before?.state === 'refused') return before;
    try {
      return await this.#try(order);
    } catch (error) {
      return { state: 'waiting', because: error instanceof Error ? error.message : String(error) };
    }
  }

  async #try(order: Order): Promise<Outcome> {
    const { kind, what } = order;
    if (!isKind(kind)) return refused(`this agent knows no order "${kind}"`);
    const parsed = OrderSchemas[kind].safeParse(what);
    if (!parsed.success) return refused(z.prettifyError(parsed.error));
    switch (kind) {
      case 'block-address':
        return this.#block(order, OrderSchemas[kind].parse(what).range);
      case 'unblock-address':
        return this.#unblock(order, OrderSchemas[kind].parse(what).range);
      case 'isolate-host':
        return this.#isolate(order, OrderSchemas[kind].parse(what).except);
      case 'kill-process-tree':
        return this.#kill(order, OrderSchemas[kind].parse(what));
      case 'disable-account':
        return this.#disable(order, OrderSchemas[kind].parse(what).account);
    }
  }

  async #block(order: Order, range: string): Promise<Outcome> {
    const blocking = this.#blocking();
    if (blocking === undefined) return { state: 'waiting', because: 'the room has no policy yet' };
    if (this.#inForce.has(order.id) && blocking.isBlocked(range)) return inForce(blocking.obstacle);
    const { isInForce, because } = await blocking.block(range, order.by, order.because, order.untilMs);
    if (!isInForce) return refused(because);
    this.#holds(order);
    return inForce(blocking.obstacle);
  }

  async #unblock(order: Order, range: string): Promise<Outcome> {
    const blocking = this.#blocking();
    if (blocking === undefined) return { state: 'waiting', because: 'the room has no policy yet' };
    const wasBlocked = await blocking.unblock(range, order.by, order.because);
    return this.#once(order, wasBlocked ? `${range} is not blocked any more` : `${range} was not blocked`);
  }

  async #isolate(order: Order, except: readonly string[]): Promise<Outcome> {
    const provider = this.#context.use('network-blocking');
    if (provider !== undefined && provider === this.#isolatedBy && this.#inForce.has(order.id))
      return inForce(undefined);
    if (provider === undefined) return { state: 'waiting', because: 'no firewall of this agent is at work' };
    const seconds = Math.max(1, Math.ceil((order.untilMs - this.#context.now()) / 1_000));
    await provider.isolate(except, seconds);
    this.#isolatedBy = provider;
    this.#holds(order);
    return inForce(undefined);
  }

  async #kill(
    order: Order,
    { pid, startedAtMs }: { readonly pid: number; readonly startedAtMs: number },
  ): Promise<Outcome> {
    const killed = await killTree(pid, startedAtMs);
    if (killed.outcome === 'refused') return refused(killed.because);
    return this.#once(order, killed.because);
  }

  async #disable(order: Order, account: string): Promise<Outcome> {
    if (this.#accounts.has(order.id)) return inForce(undefined);
    // Of two orders for one account the first knows how it was; the other must not take "locked" for that.
    const other = [...this.#accounts.values()].find((known) => known.account === account);
    const found = await disableAccount(account);
    if (found.outcome === 'refused') return refused(found.because);
    this.#accounts.set(order.id, other ?? found.before);
    this.#holds(order);
    return inForce(undefined);
  }

  async #undo(order: Order): Promise<void> {
    this.#inForce.delete(order.id);
    try {
      if (order.kind === 'block-address') {
        const { range } = OrderSchemas['block-address'].parse(order.what);
        await this.#blocking()?.unblock(range, order.by, 'the order was taken back, or its time is over');
      } else if (order.kind === 'isolate-host') {
        const another = [...this.#inForce.values()].some(({ kind }) => kind === 'isolate-host');
        if (!another) await this.#liftIsolation(order);
        this.#isolatedBy = undefined;
      } else if (order.kind === 'disable-account') await this.#giveBack(order.id);
      this.#save();
      this.#notUndone.delete(order.id);
    } catch (error) {
      // Tried again at the next look.
      this.#inForce.set(order.id, order);
      const because = error instanceof Error ? error.message : String(error);
      if (this.#notUndone.get(order.id) !== because)
        this.#context.log('an order could not be undone', { kind: order.kind, because });
      this.#notUndone.set(order.id, because);
    }
  }

  /** A firewall that is not at work at the moment has left its rules in the kernel, until the time of the order is over. */
  async #liftIsolation({ untilMs }: Order): Promise<void> {
    const provider = this.#context.use('network-blocking');
    if (provider === undefined && untilMs > this.#context.now())
      throw new Error('no firewall of this agent is at work');
    await provider?.isolate(undefined, 0);
  }

  async #giveBack(id: string): Promise<void> {
    const before = this.#accounts.get(id);
    if (before === undefined) return;
    const others = [...this.#accounts].some(
      ([other, { account }]) => other !== id && account === before.account,
    );
    const failed = others ? undefined : await enableAccount(before);
    if (failed !== undefined) throw new Error(failed);
    this.#accounts.delete(id);
  }

  #holds(order: Order): void {
    this.#inForce.set(order.id, order);
    this.#save();
  }

  #once(order: Order, because: string): Outcome {
    if (ONCE.has(order.kind as never)) {
      this.#done.set(order.id, { because, atMs: this.#context.now() });
      for (const id of this.#done.keys()) {
        if (this.#done.size <= DONE_MAX) break;
        this.#done.delete(id);
      }
      this.#save();
    }
    return { state: 'done', because };
  }

  #save(): void {
    writeState(this.#file, {
      done: [...this.#done].map(([id, rest]) => ({ id, ...rest })),
      inForce: [...this.#inForce.values()],
      accounts: [...this.#accounts].map(([id, before]) => ({ id, before })),
    });
  }
}

function refused(because: string): Outcome {
  return { state: 'refused', because };
}

function inForce(obstacle: string | undefined): Outcome {
  return { state: 'in-force', because: obstacle === undefined ? 'in force' : `not dropped: ${obstacle}` };
}
