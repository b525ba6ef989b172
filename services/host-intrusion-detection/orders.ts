/** Door: what this room can be told to do, what that needs to be said, and what it means. Pure. */
import * as z from 'zod';

const Range = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

export const OrderSchemas = {
  'block-address': z.strictObject({ range: Range }),
  'unblock-address': z.strictObject({ range: Range }),
  'isolate-host': z.strictObject({
    /** Who may still talk to it, beside the platform and the allow-list. */
    except: z.array(Range).max(64).default([]),
  }),
  'kill-process-tree': z.strictObject({
    pid: z.int().min(2).max(4_194_304),
    /** Of the process that is meant, as its events say: a pid that was used again is another process. */
    startedAtMs: z.int().min(0),
  }),
  'disable-account': z.strictObject({
    account: z.string().regex(/^[a-z_][a-z0-9_.-]{0,31}\$?$/i, 'is no name of an account'),
  }),
} as const;
export type OrderKind = keyof typeof OrderSchemas;
export const ORDER_KINDS = Object.keys(OrderSchemas) as readonly OrderKind[];

/** Done once and for all; the others hold until they are taken back or their time is over. */
export const ONCE: ReadonlySet<OrderKind> = new Set(['unblock-address', 'kill-process-tree']);

export type DescribedOrder =
  | { readonly ok: true; readonly says: string; readonly isUndone: boolean }
  | { readonly ok: false; readonly because: string };

/**
 * What would happen, in a sentence, for whoever is about to give the order.
 *
 * @param what as it would stand in the order
 */
export function describeOrder(kind: string, what: unknown): DescribedOrder {
  if (!isKind(kind)) return { ok: false, because: `"${kind}" is no order of host intrusion detection` };
  const parsed = OrderSchemas[kind].safeParse(what);
  if (!parsed.success) return { ok: false, because: z.prettifyError(parsed.error).slice(0, 1_000) };
  return { ok: true, says: saying(kind, what), isUndone: !ONCE.has(kind) };
}

export function isKind(kind: string): kind is OrderKind {
  return Object.hasOwn(OrderSchemas, kind);
}

function saying(kind: OrderKind, what: unknown): string {
  switch (kind) {
    case 'block-address':
      return `Nothing from or to ${OrderSchemas[kind].parse(what).range} passes the machine’s firewall, unless it is on the allow-list.`;
    case 'unblock-address':
      return `The block of ${OrderSchemas[kind].parse(what).range} ends now, and its offences are forgotten.`;
    case 'isolate-host': {
      const { except } = OrderSchemas[kind].parse(what);
      const others = except.length === 0 ? '' : `, ${except.join(', ')}`;
      return `Nobody but the platform and the allow-list${others} can talk to the machine.`;
    }
    case 'kill-process-tree':
      return `Process ${OrderSchemas[kind].parse(what).pid} and all it started are stopped, then ended at once; what they have not saved is lost.`;
    case 'disable-account':
      return `Account ${OrderSchemas[kind].parse(what).account} can no longer sign in; sessions it has stay open.`;
  }
}
