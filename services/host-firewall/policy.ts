/** What a tenant may ask of the host firewall. `{}` watches and blocks nothing. The semantics are in README.md. */
import * as z from 'zod';
import { addressIntervalOf, addressOf } from './elements.ts';
import {
  Address,
  Byte,
  ELEMENTS_MAX,
  FirewallRule,
  hasPorts,
  Id,
  ListName,
  Name,
  Port,
  problemsOf,
  WEEKDAYS,
} from './rule.ts';

export { ACTIONS, FirewallRule, TCP_FLAG_NAMES, WEEKDAYS } from './rule.ts';

export const RULES_MAX = 10_000;
export const LIST_ELEMENTS_MAX = 100_000;
export const LISTS_MAX = 1_000;
/** Of all lists together: what a kernel and an agent still hold in memory without a thought. */
export const LISTED_ELEMENTS_MAX = 1_000_000;

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
  /** Connections of one source at a time; those beyond it are dropped. A proxy in front of many people needs hundreds. */
  connectionsPerSource: z.int().min(1).max(65_535).nullable().default(null),
  /**
   * SYNs of all sources together beyond this are answered with cookies, and become connections only when the other
   * side comes back: forged sources fill no state table. Not a drop, so in force in tap mode as well.
   */
  synProxy: Meter.nullable().default(null),
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
  /** A probe of a closed port that must be dropped and seen; proof that the way from kernel to platform works. */
  canarySeconds: z.int().min(60).max(3_600).default(900),
  /** The rules in the kernel are compared with those that were confirmed, and put back where somebody changed them. */
  checkSeconds: z.int().min(5).max(300).default(60),
  /** Report which connections there are, counted over `flowSeconds`: what a proposal would change is asked of these. */
  flows: z.boolean().default(true),
  flowSeconds: z.int().min(5).max(3_600).default(60),
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
  for (const kind of ['addressLists', 'portLists'] as const)
    if (Object.values(policy[kind]).reduce((sum, list) => sum + list.length, 0) > LISTED_ELEMENTS_MAX)
      complain([kind], `holds more than ${LISTED_ELEMENTS_MAX} elements`);
});
export type HostFirewallPolicy = z.infer<typeof HostFirewallPolicy>;
export type PolicyInput = z.input<typeof HostFirewallPolicy>;

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
