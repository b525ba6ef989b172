/**
 * What the firewall of a machine lets through to the ports that listen there, by the policy that is in force: the one that
 * its agent took, found in the kernel, and said so within the last quarter of an hour. Of anything less it is unknown.
 */
import { setImmediate as breath } from 'node:timers/promises';
import type { ListeningPort, PortVerdict, PortVerdicts } from '@demarc/platform/contract/exposure';
import { PRIVATE_NETWORKS } from '@demarc/platform/contract/exposure';
import type { HostHealth, ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';
import { axisOf, Reach, type Sources, sizeOf } from '../analysis/reach.ts';
import { type Axis, subtractAxis } from '../analysis/space.ts';
import { addressText, BITS, type Family } from '../elements.ts';
import { heldOf } from '../held.ts';
import { HostFirewallPolicy } from '../policy.ts';

/** As fresh as evidence of VMS-07.1; the rules are compared every five minutes at the latest. */
const FOUND_AGE_MS_MAX = 900_000;
/** Of one machine, in their order; of those beyond nothing is said. */
export const PORTS_MAX = 512;
/** What was worked out, by policy; each of them with so many ports. */
const POLICIES_KNOWN_MAX = 256;
const PORTS_KNOWN_MAX = 4_096;
/** More of the Internet than any one network has: a /8 of IPv4, a /16 of IPv6. */
const ONE_NETWORK: Readonly<Record<Family, bigint>> = { 4: 1n << 24n, 6: 1n << 112n };
const PRIVATE: Sources = { 4: axisOf(PRIVATE_NETWORKS, 4), 6: axisOf(PRIVATE_NETWORKS, 6) };
const SOURCES_SHOWN_MAX = 3;
/** They only keep the port: packets for it are turned round to a container before the rules for what comes in. */
const FORWARDERS = new Set(['docker-proxy', 'conmon', 'kube-proxy']);

type Judged = Pick<PortVerdict, 'lets' | 'because'>;
type Known = Map<string, Judged>;

/** By server, which its context stands for; by tenant and version, which is a digest of the policy. */
const knownBy = new WeakMap<ServerRoomContext, Map<string, Known>>();

export async function portVerdicts(context: ServerRoomContext, tenant: TenantScope): Promise<PortVerdicts> {
  const nowMs = context.now();
  const said = new Map((await context.hostHealth(tenant)).map((each) => [each.assetId, each]));
  return async (assetId, ports) => {
    const all = (because: string): readonly PortVerdict[] => ports.map(() => ({ lets: 'unknown', because }));
    const host = said.get(assetId);
    const held = heldNow(host, nowMs);
    if (typeof held === 'string') return all(held);
    if (!(await context.isEntitled(tenant, assetId))) return all('the service is not bought for the machine');
    const { policyVersion } = held;
    const known = knownOf(context, `${tenant.tenantId} ${policyVersion}`);
    const missing = ports.slice(0, PORTS_MAX).filter((port) => !isForwarded(port) && !known.has(keyOf(port)));
    if (missing.length > 0) {
      const now = await context.policyOf(tenant, assetId);
      // By the next round the agent has taken the new one.
      if (now.policyVersion !== policyVersion) return all('another policy was set, and is not in force yet');
      await judge(known, HostFirewallPolicy.parse(now.policy), missing);
    }
    return ports.map((port): PortVerdict => {
      if (isForwarded(port))
        return {
          lets: 'unknown',
          because: 'its packets may go to a container, past the rules for what comes in',
        };
      const { lets, because } = known.get(keyOf(port)) ?? TOO_MANY;
      return lets === 'unknown' ? { lets, because } : { lets, because, sinceMs: held.sinceMs };
    });
  };
}

/** @returns why nothing is proved, in words that stay the same as long as that is so */
function heldNow(
  host: HostHealth | undefined,
  nowMs: number,
): { readonly policyVersion: string; readonly sinceMs: number } | string {
  if (host === undefined) return 'no agent with a firewall was heard lately';
  const held = heldOf(host.health);
  const { policyVersion, clockOffsetMs } = host;
  const foundAtMs = (held?.foundAtMs ?? 0) - clockOffsetMs;
  if (held === undefined || policyVersion === '' || Math.abs(nowMs - foundAtMs) > FOUND_AGE_MS_MAX)
    return 'nothing proves that its policy is in force';
  return { policyVersion, sinceMs: held.confirmedAtMs };
}

async function judge(
  known: Known,
  policy: HostFirewallPolicy,
  ports: readonly ListeningPort[],
): Promise<void> {
  const reach = new Reach(policy);
  for (const port of ports) {
    if (known.size >= PORTS_KNOWN_MAX) return;
    known.set(keyOf(port), judged(policy, reach, port));
    await breath();
  }
}

const TOO_MANY: Judged = { lets: 'unknown', because: 'more ports listen than are asked about' };

/** Pure. */
export function judged(
  policy: Pick<HostFirewallPolicy, 'mode'>,
  reach: Pick<Reach, 'of'>,
  port: ListeningPort,
): Judged {
  if (policy.mode === 'tap') return { lets: 'unknown', because: 'the firewall only watches (tap mode)' };
  const sources = reach.of(port);
  if (sources === undefined) return { lets: 'unknown', because: 'the policy has too many parts to say it' };
  const name = `${port.protocol}/${port.port}`;
  const families = ([4, 6] as const).filter((family) => sources[family].length > 0);
  if (families.length === 0)
    return { lets: 'nobody', because: `lets nobody reach ${name} (lifelines aside)` };
  const isAnybody = families.some(
    (family) => sizeOf(subtractAxis(sources[family], PRIVATE[family])) > ONE_NETWORK[family],
  );
  if (isAnybody) return { lets: 'anybody', because: `lets anybody reach ${name}` };
  const texts = families.flatMap((family) => textsOf(sources[family], family));
  const more = texts.length - SOURCES_SHOWN_MAX;
  const shown = texts.slice(0, SOURCES_SHOWN_MAX).join(', ');
  return { lets: 'some', because: `lets only ${shown}${more > 0 ? ` and ${more} more` : ''} reach ${name}` };
}

function textsOf(axis: Axis, family: Family): readonly string[] {
  return axis.map(({ low, high }) => {
    const from = addressText(family, low);
    if (low === high) return from;
    const bits = (high - low).toString(2).length;
    const isPrefix = 1n << BigInt(bits) === high - low + 1n && low % (high - low + 1n) === 0n;
    return isPrefix ? `${from}/${BITS[family] - bits}` : `${from}-${addressText(family, high)}`;
  });
}

const keyOf = ({ protocol, address, port }: ListeningPort): string => `${protocol} ${address} ${port}`;

const isForwarded = ({ program }: ListeningPort): boolean =>
  program !== undefined && FORWARDERS.has(program.slice(program.lastIndexOf('/') + 1));

/** The one that was asked for longest ago makes room. */
function knownOf(context: ServerRoomContext, name: string): Known {
  const policies = knownBy.get(context) ?? new Map<string, Known>();
  knownBy.set(context, policies);
  const known = policies.get(name) ?? new Map<string, Judged>();
  policies.delete(name);
  policies.set(name, known);
  for (const oldest of policies.keys()) {
    if (policies.size <= POLICIES_KNOWN_MAX) break;
    policies.delete(oldest);
  }
  return known;
}
