/** Orders as the API has them. */
import * as z from 'zod';
import { Instant } from './api.ts';
import { OrderState } from './orders.ts';

export const ORDER_SECONDS_MAX = 31_536_000;
const Reason = z.string().trim().min(3).max(1_000);

export const GiveOrder = z.strictObject({
  assetId: z.uuid(),
  serviceId: z.string().max(64),
  kind: z.string().max(64),
  what: z.record(z.string(), z.unknown()),
  because: Reason,
  seconds: z.int().min(10).max(ORDER_SECONDS_MAX),
  /** Says what would happen, and whether it would be refused. */
  dryRun: z.boolean().default(false),
});
export type GiveOrder = z.infer<typeof GiveOrder>;

export const TakeBackOrder = z.strictObject({ because: Reason });

export const GivenOrder = z.strictObject({
  id: z.uuid(),
  assetId: z.uuid(),
  serviceId: z.string(),
  kind: z.string(),
  title: z.string(),
  what: z.record(z.string(), z.unknown()),
  by: z.string(),
  party: z.string(),
  because: z.string(),
  givenAt: Instant,
  until: Instant,
  takenBack: z.strictObject({ at: Instant, by: z.string(), because: z.string() }).nullable(),
  /** `waiting` until the agent said otherwise; then what it said last. */
  state: OrderState.shape.state,
  stateBecause: z.string(),
  stateAt: Instant,
  /** Neither over nor taken back. */
  inForce: z.boolean(),
});
export type GivenOrder = z.infer<typeof GivenOrder>;

export const OrderList = z.strictObject({ orders: z.array(GivenOrder).max(1_000), more: z.boolean() });
export const OrderReply = z.strictObject({
  /** Null in a dry run. */
  order: GivenOrder.nullable(),
  /** What happens, in a sentence. */
  effect: z.string(),
});
