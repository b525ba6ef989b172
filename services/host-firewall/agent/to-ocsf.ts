/**
 * What the firewall saw as OCSF: Network Activity (4001) for packets and connections, Entity Management (3004) for rules
 * that somebody else changed; whether that is bad is for a detection to say. Pure: the same gives the same event with the same uid.
 *
 * @see https://schema.ocsf.io/1.8.0/classes/network_activity
 */
import { createHash } from 'node:crypto';
import type { HostIdentity, OcsfEvent } from '@demarc/platform/contract/agent';
import { ENTITY_MANAGEMENT, eventUid, NETWORK_ACTIVITY, OCSF_VERSION, SEVERITY } from '@demarc/platform/ocsf';
import type { FirewallRule, HostFirewallPolicy } from '../policy.ts';
import type { Flow, Logged } from './tally.ts';

/** `activity_id` of Network Activity as published. */
const ACTIVITY = { open: 1, refuse: 5, traffic: 6 } as const;
/** Of Entity Management. */
const ENTITY_ACTIVITY = { update: 3, delete: 4 } as const;
const ACTION = { allowed: 1, denied: 2 } as const;
const DISPOSITION = { allowed: 1, blocked: 2, logged: 17 } as const;
/** Captions as published, for who reads events without the schema at hand. */
const CAPTION = {
  activity: { [ACTIVITY.open]: 'Open', [ACTIVITY.refuse]: 'Refuse', [ACTIVITY.traffic]: 'Traffic' },
  action: { [ACTION.allowed]: 'Allowed', [ACTION.denied]: 'Denied' },
  disposition: {
    [DISPOSITION.allowed]: 'Allowed',
    [DISPOSITION.blocked]: 'Blocked',
    [DISPOSITION.logged]: 'Logged',
  },
  direction: { in: 'Inbound', out: 'Outbound', unknown: 'Unknown' },
} as const;
const DIRECTION = { unknown: 0, in: 1, out: 2 } as const;
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  50: 'esp',
  58: 'ipv6-icmp',
  132: 'sctp',
};
/** What drops where no rule of the policy does. */
const OWN_RULES: Readonly<Record<string, string>> = {
  ':default': 'the default of the policy',
  ':invalid': 'packets that fit no connection',
  ':scan-flags': 'TCP flags that no stack sends',
  ':blocked': 'the block-list',
  ':isolated': 'the isolation of the machine',
  ':new-rate': 'new connections beyond the rate of one source',
  ':syn-rate': 'SYNs beyond the rate of one source',
};

/** Packets that one rule logged of one source and destination, as one event with their number. */
export function loggedToOcsf(
  logged: Logged,
  policy: Pick<HostFirewallPolicy, 'rules'> | undefined,
  host: HostIdentity,
): OcsfEvent {
  const { kind, id, firstAtMs, lastAtMs, packets, bytes, tcpFlags, icmpType, icmpCode } = logged;
  const rule = policy?.rules.find((one) => one.id === id);
  const isDropped = kind === 'drop';
  const activity = isDropped ? ACTIVITY.refuse : ACTIVITY.traffic;
  const what = { drop: 'dropped', tap: 'would be dropped', log: 'logged' }[kind];
  const times = packets === 1 ? '' : `, ${packets} packets`;
  const event = {
    ...common(activity, host, [kind, id, ...flowParts(logged), firstAtMs], kind),
    ...outcome(
      isDropped ? ACTION.denied : ACTION.allowed,
      isDropped ? DISPOSITION.blocked : DISPOSITION.logged,
    ),
    status_id: 1,
    time: Math.round(firstAtMs),
    start_time: Math.round(firstAtMs),
    end_time: Math.round(lastAtMs),
    count: packets,
    message: `${routeText(logged)} ${what} by ${nameOf(id, rule)}${times}`,
    ...endpoints(logged),
    traffic: { packets, bytes },
    firewall_rule: {
      uid: id,
      name: rule === undefined || rule.name === '' ? (OWN_RULES[id] ?? id) : rule.name,
      ...(rule === undefined ? {} : { type: rule.action }),
    },
    unmapped: unmapped({ tcp_flags: tcpFlags, icmp_type: icmpType, icmp_code: icmpCode, verdict: kind }),
  };
  return event as unknown as OcsfEvent;
}

/** Connections that the rules let pass, of one minute. */
export function flowToOcsf(flow: Flow, host: HostIdentity): OcsfEvent {
  const { firstAtMs, lastAtMs, connections, icmpType, icmpCode } = flow;
  const event = {
    ...common(ACTIVITY.open, host, ['flow', ...flowParts(flow), firstAtMs], 'flow'),
    ...outcome(ACTION.allowed, DISPOSITION.allowed),
    status_id: 1,
    time: Math.round(firstAtMs),
    start_time: Math.round(firstAtMs),
    end_time: Math.round(lastAtMs),
    count: connections,
    message: `${routeText(flow)}: ${connections} new connection${connections === 1 ? '' : 's'}`,
    ...endpoints(flow),
    unmapped: unmapped({ icmp_type: icmpType, icmp_code: icmpCode }),
  };
  return event as unknown as OcsfEvent;
}

/** Somebody else changed or removed the rules in the kernel. */
export function tamperedToOcsf(
  found: {
    readonly atMs: number;
    readonly what: 'changed' | 'removed';
    readonly confirmedDigest: string;
    readonly presentDigest: string | undefined;
    readonly putBack: boolean;
  },
  host: HostIdentity,
): OcsfEvent {
  const { atMs, what, confirmedDigest, presentDigest, putBack } = found;
  const uid = uidOf(host, ['tampered', what, confirmedDigest, presentDigest ?? '', atMs]);
  const activity = what === 'removed' ? ENTITY_ACTIVITY.delete : ENTITY_ACTIVITY.update;
  const event = {
    class_uid: ENTITY_MANAGEMENT,
    category_uid: 3,
    activity_id: activity,
    activity_name: what === 'removed' ? 'Delete' : 'Update',
    type_uid: ENTITY_MANAGEMENT * 100 + activity,
    severity_id: SEVERITY.informational,
    status_id: 1,
    time: atMs,
    message: `Somebody else ${what} the firewall's rules; they were ${putBack ? '' : 'not '}put back`,
    entity: { uid: 'inet demarc', name: 'inet demarc', type: 'firewall rules' },
    device: deviceOf(host),
    metadata: metadataOf(uid, 'tampering', ['host']),
    unmapped: { confirmed_digest: confirmedDigest, present_digest: presentDigest ?? '', put_back: putBack },
  };
  return event as unknown as OcsfEvent;
}

function outcome(
  action: keyof typeof CAPTION.action,
  disposition: keyof typeof CAPTION.disposition,
): Readonly<Record<string, unknown>> {
  return {
    action_id: action,
    action: CAPTION.action[action],
    disposition_id: disposition,
    disposition: CAPTION.disposition[disposition],
  };
}

function common(
  activity: keyof typeof CAPTION.activity,
  host: HostIdentity,
  parts: readonly (string | number)[],
  logName: string,
): Readonly<Record<string, unknown>> {
  return {
    class_uid: NETWORK_ACTIVITY,
    category_uid: 4,
    activity_id: activity,
    activity_name: CAPTION.activity[activity],
    type_uid: NETWORK_ACTIVITY * 100 + activity,
    severity_id: SEVERITY.informational,
    device: deviceOf(host),
    metadata: metadataOf(uidOf(host, parts), logName),
  };
}

type Ends = Pick<
  Logged,
  'direction' | 'source' | 'destination' | 'protocol' | 'sourcePort' | 'destinationPort' | 'icmpType'
> &
  Pick<Partial<Logged>, 'family' | 'interfaceName' | 'sourceMac'>;

function endpoints(ends: Ends): Readonly<Record<string, unknown>> {
  const { direction, family, source, destination, protocol, sourcePort, destinationPort } = ends;
  const near = ends.interfaceName === undefined ? {} : { interface_name: ends.interfaceName };
  return {
    src_endpoint: {
      ip: source,
      ...(sourcePort === undefined ? {} : { port: sourcePort }),
      ...(ends.sourceMac === undefined ? {} : { mac: ends.sourceMac }),
      ...(direction === 'out' ? near : {}),
    },
    dst_endpoint: {
      ip: destination,
      ...(destinationPort === undefined ? {} : { port: destinationPort }),
      ...(direction === 'in' ? near : {}),
    },
    connection_info: {
      direction_id: DIRECTION[direction],
      direction: CAPTION.direction[direction],
      protocol_num: protocol,
      protocol_name: PROTOCOLS[protocol] ?? String(protocol),
      protocol_ver_id: family ?? 0,
    },
  };
}

function flowParts(ends: Ends): readonly (string | number)[] {
  const { direction, source, destination, protocol, destinationPort, icmpType } = ends;
  return [direction, source, destination, protocol, destinationPort ?? icmpType ?? ''];
}

function routeText({ direction, source, destination, protocol, destinationPort }: Ends): string {
  const port = destinationPort === undefined ? '' : ` port ${destinationPort}`;
  return `${PROTOCOLS[protocol] ?? `protocol ${protocol}`} ${source} > ${destination}${port} ${direction}`;
}

function nameOf(id: string, rule: FirewallRule | undefined): string {
  return rule === undefined ? (OWN_RULES[id] ?? `rule ${id}`) : `rule ${id}`;
}

function deviceOf({ hostname, assetId, os }: HostIdentity): Readonly<Record<string, unknown>> {
  return {
    hostname,
    uid: assetId,
    type_id: 1,
    os: { name: os.name, type_id: 200, version: os.version, kernel_release: os.kernel },
  };
}

function metadataOf(
  uid: string,
  logName: string,
  profiles: readonly string[] = ['host', 'security_control'],
): Readonly<Record<string, unknown>> {
  return {
    uid,
    version: OCSF_VERSION,
    product: { name: 'Demarc', vendor_name: 'Demarc', feature: { name: 'host-firewall' } },
    profiles,
    log_name: logName,
  };
}

function unmapped(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function uidOf(host: HostIdentity, parts: readonly (string | number)[]): string {
  return eventUid((text) => createHash('sha256').update(text).digest('hex'), [host.assetId, ...parts]);
}
