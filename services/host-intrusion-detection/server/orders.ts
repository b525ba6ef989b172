/** The room's orders as people may give them. */
import type { OrderKind as Kind } from '@demarc/platform/contract/server';
import { describeOrder, ORDER_KINDS, type OrderKind, OrderSchemas } from '../orders.ts';

const TITLES: Readonly<Record<OrderKind, string>> = {
  'block-address': 'Block an address',
  'unblock-address': 'Let an address in again',
  'isolate-host': 'Isolate the machine',
  'kill-process-tree': 'End a process and its children',
  'disable-account': 'Lock an account',
};
/** What is done once stays in the list long enough for an agent that is away; what holds has an end that is near. */
const SECONDS_MAX: Readonly<Record<OrderKind, number>> = {
  'block-address': 2_592_000,
  'unblock-address': 604_800,
  'isolate-host': 604_800,
  'kill-process-tree': 86_400,
  'disable-account': 2_592_000,
};
/** Host intrusion detection: who has to respond to what it finds. */
const CONTROL = 'VMS-08';

export const orders: Readonly<Record<string, Kind>> = Object.fromEntries(
  ORDER_KINDS.map((kind): readonly [string, Kind] => [
    kind,
    {
      title: TITLES[kind],
      what: OrderSchemas[kind],
      control: CONTROL,
      secondsMax: SECONDS_MAX[kind],
      effect: (what) => {
        const described = describeOrder(kind, what);
        if (!described.ok) return described.because;
        return described.isUndone ? `${described.says} It is undone when its time is over.` : described.says;
      },
    },
  ]),
);
