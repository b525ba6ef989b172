/** Snapshots: what the matrix said at an instant, by its digest, and who acknowledged that it did. */
import type { Assessment } from '../evaluation/assessment.ts';
import { inForce } from '../model/standing.ts';
import { claimErrors } from './claims-errors.ts';
import { act, type Command } from './command.ts';

/** What a snapshot keeps of an assessment; the rest can be worked out again for the same two instants. */
export function takeSnapshot(
  { asOfMs, knownAtMs, digest, cells }: Pick<Assessment, 'asOfMs' | 'knownAtMs' | 'digest' | 'cells'>,
  purpose: 'agreement' | 'record',
): Command<{ readonly snapshotId: string }> {
  const states = cells.flatMap(({ state }) => state.duties.map((duty) => duty.state));
  const count = (wanted: string): number => states.filter((state) => state === wanted).length;
  const duties = { total: states.length, unowned: count('unowned'), contested: count('contested') };
  return (context) => {
    const snapshotId = context.newId();
    return {
      acts: [act(context, 'snapshot-taken', { snapshotId, asOfMs, knownAtMs, digest, purpose, duties })],
      result: { snapshotId },
      says: 'a snapshot of the matrix was taken',
    };
  };
}

/** Each party for itself. @throws SNAPSHOT_UNKNOWN, SNAPSHOT_ACKNOWLEDGED, ASSURANCE_PARTY_UNKNOWN */
export function acknowledgeSnapshot({
  snapshotId,
  party,
}: {
  readonly snapshotId: string;
  readonly party: string;
}): Command {
  return (context) => {
    const snapshot = context.standing.snapshots.get(snapshotId);
    if (snapshot === undefined || !inForce(snapshot, context.nowMs))
      throw claimErrors.make('SNAPSHOT_UNKNOWN', { snapshotId });
    if (snapshot.acknowledgements.some((known) => known.party === party))
      throw claimErrors.make('SNAPSHOT_ACKNOWLEDGED', { snapshotId, partyId: party });
    return {
      acts: [act(context, 'snapshot-acknowledged', { snapshotId, party, person: context.actor })],
      result: undefined,
      says: `${party} acknowledged a snapshot of the matrix`,
    };
  };
}
