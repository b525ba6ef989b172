/**
 * Orders: what a room on one host is told to do once, or for a while, beside its policy. A block, an isolation.
 *
 * The server hands the orders in force to the agent with every exchange; the agent moves towards them and forgets
 * those that are gone. So an order arrives once or several times, and taking it back is leaving it out.
 */
import * as z from 'zod';

/** Of one host at a time; more are refused where they are made. */
export const ORDERS_MAX = 256;

export const Order = z.strictObject({
  id: z.uuid(),
  /** `block-address`: what it means is the room's. */
  kind: z.string().regex(/^[a-z][a-z-]{0,63}$/),
  /** What is asked for; the room checks it. */
  what: z.record(z.string(), z.unknown()),
  /** Who gave it, as shown to people. */
  by: z.string().min(1).max(256),
  because: z.string().min(1).max(1_000),
  givenAtMs: z.int().min(0),
  /** From then on it is as if it were taken back, also for an agent that hears of nothing. */
  untilMs: z.int().min(0),
});
export type Order = z.infer<typeof Order>;

/** What became of an order, said by the room with every exchange until the order is gone. */
export const OrderState = z.strictObject({
  id: z.uuid(),
  state: z.enum(['waiting', 'in-force', 'done', 'refused', 'undone']),
  because: z.string().max(1_000),
  atMs: z.int().min(0),
});
export type OrderState = z.infer<typeof OrderState>;
