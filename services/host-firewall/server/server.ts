/** Door: the room's routes on the server. All of them answer questions about a policy; none changes anything. */
import { Instant } from '@demarc/platform/contract/api';
import type { RoomRoute, ServerRoom, ServerRoomContext } from '@demarc/platform/contract/server';
import { NETWORK_ACTIVITY } from '@demarc/platform/ocsf';
import type { TenantScope } from '@demarc/platform/tenancy';
import * as z from 'zod';
import { findingsOf } from '../analysis/analysis.ts';
import { type Recorded, recordedOf } from '../analysis/recorded.ts';
import { changedOutcomes } from '../analysis/simulate.ts';
import { hostFirewallErrors } from '../errors.ts';
import { verdictOf } from '../oracle/oracle.ts';
import { readPacket } from '../packet-line.ts';
import { contextsOf, HostFirewallPolicy } from '../policy.ts';
import { hostFirewall } from '../service.ts';

const EVENTS_PER_PAGE = 1_000;
/** Of recorded flows; a longer time is asked for in parts. */
const PAGES_MAX = 20;
const CHANGES_MAX = 1_000;
/** Comparing every rule with every other takes a quarter of a second for so many, and the server has others to serve. */
const CHECKED_RULES_MAX = 1_000;

const Verdict = z.strictObject({
  verdict: z.enum(['accept', 'drop']),
  judged: z.enum(['accept', 'drop']),
  rule: z.string().nullable(),
  because: z.string(),
  logged: z.array(z.string()).readonly(),
});

const SimulateBody = z.strictObject({
  assetId: z.uuid(),
  policy: HostFirewallPolicy,
  from: Instant,
  to: Instant,
});
const Simulation = z.strictObject({
  changes: z
    .array(
      z.strictObject({
        /** Packets or connections. */
        count: z.int(),
        wasDropped: z.boolean(),
        packet: z.record(z.string(), z.unknown()),
        after: Verdict,
      }),
    )
    .readonly(),
  flowsRead: z.int(),
  /** There were more flows or more changes than one answer holds. */
  isPartial: z.boolean(),
});

const simulate: RoomRoute = {
  method: 'POST',
  path: 'firewall/simulate',
  permission: 'event:read',
  summary: 'Which recorded flows of a machine a proposed policy would decide otherwise',
  body: SimulateBody,
  response: Simulation,
  async handle(context, tenant, { body }) {
    const asked = body as z.infer<typeof SimulateBody>;
    const { policy } = asked;
    const { flows, isPartial } = await recordedFlows(context, tenant, asked);
    // The machine's addresses are those at its own end of what was recorded.
    const local = flows.map(({ packet }) => (packet.direction === 'in' ? packet.destination : packet.source));
    const changes = changedOutcomes(policy, flows, contextsOf(policy, [...new Set(local)]));
    return {
      changes: changes.slice(0, CHANGES_MAX).map(({ flow: { count, wasDropped, packet }, after }) => ({
        count,
        wasDropped,
        packet,
        after,
      })),
      flowsRead: flows.length,
      isPartial: isPartial || changes.length > CHANGES_MAX,
    };
  },
};

async function recordedFlows(
  context: ServerRoomContext,
  tenant: TenantScope,
  { assetId, from, to }: Pick<z.infer<typeof SimulateBody>, 'assetId' | 'from' | 'to'>,
): Promise<{ readonly flows: readonly Recorded[]; readonly isPartial: boolean }> {
  const flows: Recorded[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const found = await context.searchEvents(tenant, {
      fromMs: Date.parse(from),
      toMs: Date.parse(to),
      classUids: [NETWORK_ACTIVITY],
      assetId,
      filters: [{ field: 'metadata.product.feature.name', op: 'eq', value: hostFirewall.id }],
      limit: EVENTS_PER_PAGE,
      ...(cursor === null ? {} : { cursor }),
    });
    flows.push(...found.events.flatMap((event) => recordedOf(event) ?? []));
    cursor = found.nextCursor;
    if (cursor === null) return { flows, isPartial: false };
  }
  return { flows, isPartial: true };
}

const CheckBody = z.strictObject({ policy: HostFirewallPolicy });

const check: RoomRoute = {
  method: 'POST',
  path: 'firewall/check',
  permission: 'policy:read',
  summary: 'Rules of a policy that do not do what they seem to: shadowed, redundant, conflicting, any-any',
  body: CheckBody,
  response: z.strictObject({ findings: z.array(z.record(z.string(), z.unknown())).readonly() }),
  async handle(_context, _tenant, { body }) {
    const { policy } = body as z.infer<typeof CheckBody>;
    const { length } = policy.rules;
    if (length > CHECKED_RULES_MAX)
      throw hostFirewallErrors.make('HFW_CHECK_TOO_LARGE', { rules: length, rulesMax: CHECKED_RULES_MAX });
    return { findings: findingsOf(policy) };
  },
};

const ExplainBody = z.strictObject({
  policy: HostFirewallPolicy,
  /** `tcp 203.0.113.9:40000 > 10.0.0.2:22 in`, or the same as JSON in a text. */
  packet: z.string().max(2_048),
  /** Of the machine: they say which contexts are in force. */
  localAddresses: z.array(z.string().max(64)).max(256).default([]),
});

const explain: RoomRoute = {
  method: 'POST',
  path: 'firewall/explain',
  permission: 'policy:read',
  summary: 'What a policy does with one packet, and which rule decides',
  body: ExplainBody,
  response: Verdict,
  async handle(context, _tenant, { body }) {
    const { policy, packet: text, localAddresses } = body as z.infer<typeof ExplainBody>;
    const { packet, state } = readPacket(text, context.now());
    return verdictOf(policy, packet, state, packet.atMs, contextsOf(policy, localAddresses));
  },
};

export const hostFirewallServer: ServerRoom = {
  service: hostFirewall,
  routes: [simulate, check, explain],
  migrations: {},
};
