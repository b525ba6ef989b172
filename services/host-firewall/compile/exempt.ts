/** What is accepted before anything is judged: the allow-list, and what keeps a machine’s addresses. */
import { addressIntervalOf, type Family } from '../elements.ts';
import type { HostFirewallPolicy } from '../policy.ts';
import { familyIs, numberOf, portsOf } from './matching.ts';
import { isEqual, meta, payload, type Statement } from './nft.ts';
import type { Sets } from './sets.ts';

interface Exempt {
  readonly expr: readonly Statement[];
  readonly comment?: string;
}

export function always(policy: HostFirewallPolicy, direction: 'in' | 'out', sets: Sets): readonly Exempt[] {
  const allowed = policy.allowList.flatMap((entry): readonly Exempt[] => {
    const family = addressIntervalOf(entry.peer)?.family ?? 4;
    const peer = payload(family === 4 ? 'ip' : 'ip6', direction === 'in' ? 'saddr' : 'daddr');
    const address = sets.address(peer, [entry.peer], family);
    const [source, destination] =
      direction === 'in' ? [entry.remotePorts, entry.localPorts] : [entry.localPorts, entry.remotePorts];
    const ports = entry.protocol === 'any' ? [] : portsOf(entry.protocol, source, destination, sets);
    if (address === null || ports === null) return [];
    const protocol = entry.protocol === 'any' ? [] : [isEqual(meta('l4proto'), numberOf(entry.protocol))];
    return [{ expr: [familyIs(family), ...address, ...protocol, ...ports], comment: entry.id }];
  });
  return policy.essentials ? [...allowed, ...essentials(direction)] : allowed;
}

/** Neighbour discovery and multicast listeners (RFC 4861, 2710, 3810), DHCP (RFC 2131, 8415). */
function essentials(direction: 'in' | 'out'): readonly Exempt[] {
  const dhcp = (family: Family, server: number, client: number): Exempt => {
    const [from, to] = direction === 'in' ? [server, client] : [client, server];
    return {
      expr: [familyIs(family), isEqual(payload('udp', 'sport'), from), isEqual(payload('udp', 'dport'), to)],
    };
  };
  return [
    { expr: [isEqual(payload('icmpv6', 'type'), { set: [{ range: [130, 136] }, 143] })] },
    dhcp(4, 67, 68),
    dhcp(6, 547, 546),
  ];
}
