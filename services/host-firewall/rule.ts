/** One rule of the policy, and the words that rules and lists are written in. */
import * as z from 'zod';
import { addressIntervalOf, portIntervalOf } from './elements.ts';

/** The order within one priority. */
export const ACTIONS = ['bypass', 'log-only', 'force-allow', 'deny', 'allow'] as const;
export const TCP_FLAG_NAMES = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'] as const;
/** As `Date.getUTCDay` counts, and as the kernel's `meta day` does. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
/** What is written in a rule itself; what is longer belongs in a list. */
export const ELEMENTS_MAX = 256;

/** Also part of a log prefix, which the kernel cuts at 127 characters. */
export const Id = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'is 1 to 64 of a-z, 0-9, ".", "_", "-"');
/** Also part of the name of a set of nftables, whose text form has no "-" in names. */
export const ListName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'is 1 to 32 of a-z, 0-9, "_"');
export const Name = z.string().max(256);

export const Address = z
  .string()
  .max(96)
  .refine((text) => addressIntervalOf(text) !== null, 'is no address, prefix or range low-high');
export const Port = z
  .union([z.int(), z.string().max(11)])
  .refine((port) => portIntervalOf(port) !== null, 'is no port or range low-high');

const reference = (text: string): boolean => /^@[a-z][a-z0-9_]{0,31}$/.test(text);
const AddressElement = z
  .string()
  .max(97)
  .refine((text) => {
    const bare = text.replace(/^!/, '');
    return reference(bare) || addressIntervalOf(bare) !== null;
  }, 'is no address, prefix, range low-high or @list, with or without "!" before it');
const PortElement = z.union([z.int(), z.string().max(34)]).refine((port) => {
  const bare = String(port).replace(/^!/, '');
  return reference(bare) || portIntervalOf(bare) !== null;
}, 'is no port, range low-high or @list, with or without "!" before it');
const Mac = z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/, 'is no MAC address in lower case with colons');
/** IFNAMSIZ of the kernel is 16, with its final zero. */
const InterfaceName = z.string().regex(/^[A-Za-z0-9._@-]{1,15}$/, 'is no name of an interface');
const Flags = z.array(z.enum(TCP_FLAG_NAMES)).max(8);
export const Byte = z.int().min(0).max(255);

export const FirewallRule = z.strictObject({
  id: Id,
  name: Name.default(''),
  direction: z.enum(['in', 'out']),
  action: z.enum(ACTIONS),
  priority: z.int().min(0).max(4).default(0),
  enabled: z.boolean().default(true),
  family: z.union([z.literal(4), z.literal(6), z.literal('any')]).default('any'),
  /** `icmp` is that of IPv4 only and `icmpv6` that of IPv6 only; a number is any family’s. */
  protocol: z.union([z.enum(['any', 'tcp', 'udp', 'icmp', 'icmpv6']), Byte]).default('any'),
  /** Empty is any; elements with "!" take away from the others, or from all when there are no others. */
  source: z.array(AddressElement).max(ELEMENTS_MAX).default([]),
  destination: z.array(AddressElement).max(ELEMENTS_MAX).default([]),
  sourcePorts: z.array(PortElement).max(ELEMENTS_MAX).default([]),
  destinationPorts: z.array(PortElement).max(ELEMENTS_MAX).default([]),
  sourceMac: z.array(Mac).max(ELEMENTS_MAX).default([]),
  destinationMac: z.array(Mac).max(ELEMENTS_MAX).default([]),
  /** Of the flags in `mask`, exactly those in `value` are set. */
  tcpFlags: z.strictObject({ mask: Flags.min(1), value: Flags }).optional(),
  /** Without a code: any of that type. */
  icmp: z
    .array(z.strictObject({ type: Byte, code: Byte.optional() }))
    .max(32)
    .default([]),
  interfaces: z.array(InterfaceName).max(64).default([]),
  schedule: ListName.optional(),
  context: ListName.optional(),
});
export type FirewallRule = z.infer<typeof FirewallRule>;

export const hasPorts = (protocol: FirewallRule['protocol']): boolean =>
  protocol === 'tcp' || protocol === 'udp' || protocol === 6 || protocol === 17;

/** The names that a rule may say. */
interface Named {
  readonly addressLists: Readonly<Record<string, unknown>>;
  readonly portLists: Readonly<Record<string, unknown>>;
  readonly schedules: Readonly<Record<string, unknown>>;
  readonly contexts: Readonly<Record<string, unknown>>;
}
interface Problem {
  readonly path: (string | number)[];
  readonly because: string;
}

/** What no field says alone: whether the lists it names are there, and whether it could ever match. */
export function* problemsOf(rule: FirewallRule, policy: Named): Iterable<Problem> {
  for (const field of ['source', 'destination'] as const)
    yield* missing(rule[field], policy.addressLists, field, 'address list');
  for (const field of ['sourcePorts', 'destinationPorts'] as const) {
    yield* missing(rule[field], policy.portLists, field, 'port list');
    if (rule[field].length > 0 && !hasPorts(rule.protocol))
      yield { path: [field], because: 'needs protocol tcp or udp' };
  }
  if (rule.tcpFlags !== undefined) {
    const { mask, value } = rule.tcpFlags;
    if (rule.protocol !== 'tcp' && rule.protocol !== 6)
      yield { path: ['tcpFlags'], because: 'needs protocol tcp' };
    if (value.some((flag) => !mask.includes(flag)))
      yield { path: ['tcpFlags', 'value'], because: 'has a flag that the mask hides: it would never match' };
  }
  if (rule.icmp.length > 0 && rule.protocol !== 'icmp' && rule.protocol !== 'icmpv6')
    yield { path: ['icmp'], because: 'needs protocol icmp or icmpv6' };
  if (rule.protocol === 'icmp' && rule.family === 6)
    yield { path: ['family'], because: 'icmp is IPv4’s: it would never match' };
  if (rule.protocol === 'icmpv6' && rule.family === 4)
    yield { path: ['family'], because: 'icmpv6 is IPv6’s: it would never match' };
  if (rule.direction === 'out')
    for (const field of ['sourceMac', 'destinationMac'] as const)
      if (rule[field].length > 0)
        yield { path: [field], because: 'an outgoing packet has no link layer yet where it is judged' };
  if (rule.schedule !== undefined && !Object.hasOwn(policy.schedules, rule.schedule))
    yield { path: ['schedule'], because: `there is no schedule "${rule.schedule}"` };
  if (rule.context !== undefined && !Object.hasOwn(policy.contexts, rule.context))
    yield { path: ['context'], because: `there is no context "${rule.context}"` };
}

function* missing(
  elements: readonly (string | number)[],
  lists: Readonly<Record<string, unknown>>,
  field: string,
  what: string,
): Iterable<Problem> {
  for (const [index, element] of elements.entries()) {
    const name = /^!?@(.*)$/.exec(String(element))?.[1];
    if (name !== undefined && !Object.hasOwn(lists, name))
      yield { path: [field, index], because: `there is no ${what} "${name}"` };
  }
}
