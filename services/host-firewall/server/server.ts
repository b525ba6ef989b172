/** Door: the room's half on the server. All of it answers questions about a policy; none changes anything. */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { Instant } from '@demarc/platform/contract/api';
import {
  type RoomRoute,
  readEvents,
  type ServerRoom,
  type ServerRoomContext,
} from '@demarc/platform/contract/server';
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
import { portVerdicts } from './verdicts.ts';

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
  /** Those whose verdict would change. */
  flows: z
    .array(
      z.strictObject({
        /** As it was recorded: an event of this room. */
        event: z.record(z.string(), z.unknown()),
        /** What happened. */
        before: z.enum(['accept', 'drop']),
        /** What the proposal would do, as if it were inline already. */
        after: z.enum(['accept', 'drop']),
        /** The rule or allow-list entry that would decide; null when none would. */
        rule: z.string().nullable(),
        because: z.string(),
        /** Packets or connections that the event stands for. */
        count: z.int(),
      }),
    )
    .readonly(),
  /** Recorded flows that were asked about. */
  considered: z.int(),
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
      flows: changes.slice(0, CHANGES_MAX).map(({ flow: { event, count, wasDropped }, after }) => ({
        event,
        before: wasDropped ? 'drop' : 'accept',
        after: after.verdict,
        rule: after.rule,
        because: after.because,
        count,
      })),
      considered: flows.length,
      isPartial: isPartial || changes.length > CHANGES_MAX,
    };
  },
};

/** What a room's event says, and the event. */
type RecordedEvent = Recorded & { readonly event: OcsfEvent };

async function recordedFlows(
  context: ServerRoomContext,
  tenant: TenantScope,
  { assetId, from, to }: Pick<z.infer<typeof SimulateBody>, 'assetId' | 'from' | 'to'>,
): Promise<{ readonly flows: readonly RecordedEvent[]; readonly isPartial: boolean }> {
  const flows: RecordedEvent[] = [];
  const query = {
    fromMs: Date.parse(from),
    toMs: Date.parse(to),
    classUids: [NETWORK_ACTIVITY],
    assetId,
    filters: [{ field: 'metadata.product.feature.name', op: 'eq' as const, value: hostFirewall.id }],
    limit: EVENTS_PER_PAGE,
  };
  const isWhole = await readEvents(context, tenant, query, PAGES_MAX, (event) => {
    const recorded = recordedOf(event);
    if (recorded !== undefined) flows.push({ ...recorded, event });
  });
  return { flows, isPartial: !isWhole };
}

const CheckBody = z.strictObject({ policy: HostFirewallPolicy });

const check: RoomRoute = {
  method: 'POST',
  path: 'firewall/check',
  permission: 'policy:read',
  summary: 'Rules of a policy that do not do what they seem to: shadowed, redundant, conflicting, any-any',
  body: CheckBody,
  response: z.strictObject({
    findings: z
      .array(
        z.looseObject({
          kind: z.enum(['shadowed', 'redundant', 'conflicting', 'any-any', 'undecided']),
          rule: z.string(),
          /** The rules that it is about besides. */
          with: z.array(z.string()).readonly(),
          because: z.string(),
        }),
      )
      .readonly(),
  }),
  async handle(_context, _tenant, { body }) {
    const { policy } = body as z.infer<typeof CheckBody>;
    const { length } = policy.rules;
    if (length > CHECKED_RULES_MAX)
      throw hostFirewallErrors.make('HFW_CHECK_TOO_LARGE', { rules: length, rulesMax: CHECKED_RULES_MAX });
    return { findings: findingsOf(policy).map(({ others, ...finding }) => ({ ...finding, with: others })) };
  },
};

const ExplainBody = z.strictObject({
  policy: HostFirewallPolicy,
  /** `tcp 203.0.113.9:40000 > 10.0.0.2:22 in`, or its fields: source, destination, protocol, direction, … */
  packet: z.union([z.string().max(2_048), z.record(z.string().max(32), z.unknown())]),
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
    const { policy, packet: asked, localAddresses } = body as z.infer<typeof ExplainBody>;
    const text = typeof asked === 'string' ? asked : JSON.stringify(asked);
    const { packet, state } = readPacket(text, context.now());
    return verdictOf(policy, packet, state, packet.atMs, contextsOf(policy, localAddresses));
  },
};

export const hostFirewallServer: ServerRoom = {
  service: hostFirewall,
  routes: [simulate, check, explain],
  migrations: {},
  provides: (context) => ({ 'port-verdicts': (tenant) => portVerdicts(context, tenant) }),
  detectionsDirectory: new URL('../detections/', import.meta.url),
};
