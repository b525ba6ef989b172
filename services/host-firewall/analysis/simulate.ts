/** Before a policy is enabled: which recorded flows would fare otherwise. Pure. */
import { type ConnectionState, type DirectedPacket, type Verdict, verdictOf } from '../oracle/oracle.ts';
import type { HostFirewallPolicy } from '../policy.ts';

export interface Flow {
  /** Its first packet: what a policy says about that, it says about the connection. */
  readonly packet: DirectedPacket;
  readonly state?: ConnectionState;
}
export interface Change<Recorded extends Flow> {
  readonly flow: Recorded;
  readonly before: Verdict;
  /** As if the proposal were inline already: that is what one wants to know while it is in tap mode. */
  readonly after: Verdict;
}

/** What became of a recorded flow when it was recorded, whichever policy that was. */
export interface RecordedFlow extends Flow {
  readonly wasDropped: boolean;
}
export interface ChangedOutcome<Recorded extends RecordedFlow> {
  readonly flow: Recorded;
  /** As if the proposal were inline already. */
  readonly after: Verdict;
}

/** As `changedVerdicts`, compared with what happened instead of with a policy. */
export function changedOutcomes<Recorded extends RecordedFlow>(
  proposed: HostFirewallPolicy,
  flows: Iterable<Recorded>,
  contexts: ReadonlySet<string> = new Set(),
): readonly ChangedOutcome<Recorded>[] {
  const policy: HostFirewallPolicy = { ...proposed, mode: 'inline' };
  const changes: ChangedOutcome<Recorded>[] = [];
  for (const flow of flows) {
    const after = verdictOf(policy, flow.packet, flow.state ?? 'new', flow.packet.atMs, contexts);
    if ((after.verdict === 'drop') !== flow.wasDropped) changes.push({ flow, after });
  }
  return changes;
}

export function changedVerdicts<Recorded extends Flow>(
  before: HostFirewallPolicy,
  proposed: HostFirewallPolicy,
  flows: Iterable<Recorded>,
  contexts: ReadonlySet<string> = new Set(),
): readonly Change<Recorded>[] {
  const after: HostFirewallPolicy = { ...proposed, mode: 'inline' };
  const changes: Change<Recorded>[] = [];
  for (const flow of flows) {
    const { packet, state = 'new' } = flow;
    const [was, is] = [before, after].map((policy) =>
      verdictOf(policy, packet, state, packet.atMs, contexts),
    );
    if (was !== undefined && is !== undefined && was.verdict !== is.verdict)
      changes.push({ flow, before: was, after: is });
  }
  return changes;
}
