/** What a tenant may ask of the host firewall. `{}` watches and blocks nothing. The semantics are in README.md. */
import * as z from 'zod';
import { addressIntervalOf, addressOf, portIntervalOf } from './elements.ts';

export const RULES_MAX = 10_000;
export const LIST_ELEMENTS_MAX = 100_000;
export const PRIORITIES = [4, 3, 2, 1, 0] as const;
/** The order within one priority. */
export const ACTIONS = ['bypass', 'log-only', 'force-allow', 'deny', 'allow'] as const;
export const TCP_FLAG_NAMES = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'] as const;
/** As `Date.getUTCDay` counts, and as the kernel's `meta day` does. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
/** What is written in a rule itself; what is longer belongs in a list. */
const ELEMENTS_MAX = 256;

/** Also part of a log prefix, which the kernel cuts at 127 characters. */
const Id = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'is 1 to 64 of a-z, 0-9, ".", "_", "-"');
/** Also part of the name of a set of nftables, whose text form has no "-" in names. */
const ListName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'is 1 to 32 of a-z, 0-9, "_"');
const Name = z.string().max(256);

const Address = z
  .string()
  .max(96)
  .refine((text) => addressIntervalOf(text) !== null, 'is no address, prefix or range low-high');
const Port = z
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
const Byte = z.int().min(0).max(255);

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

/** Minutes of a UTC day; what goes over midnight is two windows. */
const Window = z
  .strictObject({
    weekdays: z.array(z.enum(WEEKDAYS)).min(1).max(7),
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is no UTC time HH:MM'),
    /** The first minute outside. */
    to: z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'is no UTC time HH:MM'),
  })
  .refine(({ from, to }) => from < to, 'ends before it begins: over midnight is two windows');

const AllowListEntry = z.strictObject({
  id: Id,
  why: Name.default(''),
  /** The other side, whichever direction. */
  peer: Address,
  protocol: z.union([z.enum(['any', 'tcp', 'udp']), Byte]).default('any'),
  localPorts: z.array(Port).max(ELEMENTS_MAX).default([]),
  remotePorts: z.array(Port).max(ELEMENTS_MAX).default([]),
});
export type AllowListEntry = z.infer<typeof AllowListEntry>;

const Meter = z.strictObject({
  perSecond: z.int().min(1).max(1_000_000),
  burst: z.int().min(1).max(1_000_000),
});

const Stateful = z.strictObject({
  /** `accept`: packets of accepted connections pass before the rules. `judge`: after them, before the default. */
  established: z.enum(['accept', 'judge']).default('accept'),
  /** `drop`: nothing but a bypass rule and the allow-list lets a packet through that fits no connection. */
  invalid: z.enum(['drop', 'judge']).default('drop'),
  /** Incoming TCP with flags that no stack sends: none, SYN+FIN, FIN+PSH+URG. */
  scanFlags: z.enum(['drop', 'judge']).default('drop'),
  /** New connections of one source beyond this are dropped; a meter remembers, so a verdict alone cannot know. */
  newConnectionsPerSource: Meter.nullable().default(null),
  /** SYNs of one source beyond this are dropped before they cost an entry of the state table. */
  synPerSource: Meter.nullable().default(null),
});

const Default = z.enum(['allow', 'deny']);

const Shape = z.strictObject({
  /** `tap` drops nothing and logs what it would have dropped. */
  mode: z.enum(['tap', 'inline']).default('tap'),
  defaultAction: z.strictObject({ in: Default.default('allow'), out: Default.default('allow') }).prefault({}),
  rules: z.array(FirewallRule).max(RULES_MAX).default([]),
  addressLists: z.record(ListName, z.array(Address).max(LIST_ELEMENTS_MAX)).default({}),
  portLists: z.record(ListName, z.array(Port).max(LIST_ELEMENTS_MAX)).default({}),
  schedules: z.record(ListName, z.array(Window).min(1).max(32)).default({}),
  /** In force while the machine has an address in one of these. */
  contexts: z
    .record(ListName, z.strictObject({ localAddresses: z.array(Address).min(1).max(ELEMENTS_MAX) }))
    .default({}),
  /** Always accepted, whatever else is said here. */
  allowList: z.array(AllowListEntry).max(ELEMENTS_MAX).default([]),
  /** Neighbour discovery, multicast listeners and DHCP: without them a machine loses its addresses. */
  essentials: z.boolean().default(true),
  stateful: Stateful.prefault({}),
  log: z
    .strictObject({
      /** The NFLOG group that drops and log-only rules go to. */
      group: z.int().min(1).max(65_535).default(5),
      bytesPerPacket: z.int().min(64).max(65_535).default(256),
      drops: z.boolean().default(true),
    })
    .prefault({}),
  /** A change reverts by itself unless it is confirmed within this. */
  confirmSeconds: z.int().min(5).max(3_600).default(60),
});

export const HostFirewallPolicy = Shape.superRefine((policy, context) => {
  const complain = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const ids = new Set<string>();
  policy.rules.forEach((rule, index) => {
    if (ids.has(rule.id)) complain(['rules', index, 'id'], `"${rule.id}" is the id of an earlier rule`);
    ids.add(rule.id);
    for (const { path, because } of problemsOf(rule, policy)) complain(['rules', index, ...path], because);
  });
  policy.allowList.forEach((entry, index) => {
    const ports = entry.localPorts.length + entry.remotePorts.length;
    if (ports > 0 && !hasPorts(entry.protocol))
      complain(['allowList', index], 'has ports, so its protocol must be tcp or udp');
  });
  for (const kind of ['addressLists', 'portLists', 'schedules', 'contexts'] as const)
    if (Object.keys(policy[kind]).length > LISTS_MAX) complain([kind], `has more than ${LISTS_MAX} entries`);
});
export type HostFirewallPolicy = z.infer<typeof HostFirewallPolicy>;
export type PolicyInput = z.input<typeof HostFirewallPolicy>;

export const LISTS_MAX = 1_000;

const hasPorts = (protocol: FirewallRule['protocol']): boolean =>
  protocol === 'tcp' || protocol === 'udp' || protocol === 6 || protocol === 17;

interface Problem {
  readonly path: (string | number)[];
  readonly because: string;
}

function* problemsOf(rule: FirewallRule, policy: z.infer<typeof Shape>): Iterable<Problem> {
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

/** The contexts in force on a machine that has these addresses. */
export function contextsOf(
  policy: HostFirewallPolicy,
  localAddresses: readonly string[],
): ReadonlySet<string> {
  const own = localAddresses.flatMap((text) => addressOf(text) ?? []);
  const inForce = Object.entries(policy.contexts).filter(([, { localAddresses: wanted }]) =>
    wanted
      .flatMap((text) => addressIntervalOf(text) ?? [])
      .some(({ family, low, high }) =>
        own.some((address) => address.family === family && low <= address.value && address.value <= high),
      ),
  );
  return new Set(inForce.map(([name]) => name));
}
