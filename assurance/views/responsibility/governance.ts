/**
 * What the acts themselves prove of the two controls about responsibility: GOV-01, that the matrix is agreed, and
 * GOV-02, that the operating model's questions are answered. Each result says why; what was not done fails.
 */
import type { Assessment } from '../../evaluation/assessment.ts';
import { instant } from '../../evaluation/describe.ts';
import { Population } from '../../evaluation/population.ts';
import {
  type DecisionState,
  inForce,
  type SnapshotState,
  type Standing,
  standingOf,
} from '../../model/standing.ts';
import { age, day, daysMs } from './words.ts';

export interface RecordEvidence {
  /** `GOV-01.1` */
  readonly rule: string;
  readonly result: 'pass' | 'fail';
  readonly because: string;
  /** What it was worked out from. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Both have to agree on who is responsible. */
const AGREEING = ['customer', 'provider'];
/** The review period that holds where the contract says no other. */
export const REVIEW_DAYS = 365;

/**
 * GOV-01.1: the latest snapshot for agreement is acknowledged by both parties and has no unowned or contested duty.
 * GOV-01.2: the latest one that both acknowledged was acknowledged within the review period.
 */
export function matrixEvidence(
  standing: Standing,
  t: number,
  { reviewDays = REVIEW_DAYS }: { readonly reviewDays?: number } = {},
): readonly RecordEvidence[] {
  const snapshots = [...standing.snapshots.values()]
    .filter((snapshot) => inForce(snapshot, t) && snapshot.purpose !== 'record')
    .sort((a, b) => a.takenAtMs - b.takenAtMs);
  const latest = snapshots.at(-1);
  const agreed = snapshots.findLast((snapshot) => agreedAt(snapshot, t) !== undefined);
  const agreedMs = agreed === undefined ? undefined : agreedAt(agreed, t);
  const young = agreedMs !== undefined && t - agreedMs <= daysMs(reviewDays);
  return [
    latestAgreed(latest, t),
    {
      rule: 'GOV-01.2',
      result: young ? 'pass' : 'fail',
      because:
        agreedMs === undefined
          ? 'no snapshot of the matrix was ever acknowledged by both parties'
          : `both parties last acknowledged the matrix on ${day(agreedMs)}, ${age(t - agreedMs)} ago; the review period is ${reviewDays} days`,
      raw: {
        snapshotId: agreed?.snapshotId ?? null,
        agreedAt: agreedMs === undefined ? null : instant(agreedMs),
        reviewDays,
      },
    },
  ];
}

function latestAgreed(latest: SnapshotState | undefined, t: number): RecordEvidence {
  const rule = 'GOV-01.1';
  if (latest === undefined)
    return {
      rule,
      result: 'fail',
      because: 'no snapshot of the matrix was taken yet',
      raw: { snapshotId: null },
    };
  const said = latest.acknowledgements.filter(({ atMs }) => atMs <= t).map(({ party }) => party);
  const missing = AGREEING.filter((party) => !said.includes(party));
  const { unowned = 0, contested = 0 } = latest.duties ?? {};
  const wrong = [
    ...(missing.length === 0 ? [] : [`not acknowledged by ${missing.join(' and ')}`]),
    ...(unowned === 0 ? [] : [`${unowned} duties are nobody's`]),
    ...(contested === 0 ? [] : [`${contested} duties are contested`]),
    ...(latest.duties === undefined ? ['its duties were not counted'] : []),
  ];
  const which = `the snapshot of ${instant(latest.asOfMs)}`;
  return {
    rule,
    result: wrong.length === 0 ? 'pass' : 'fail',
    because:
      wrong.length === 0
        ? `${which} is acknowledged by both parties, and each of its ${latest.duties?.total ?? 0} duties has one owner`
        : `${which}: ${wrong.join('; ')}`,
    raw: {
      snapshotId: latest.snapshotId,
      digest: latest.digest,
      acknowledgedBy: said,
      duties: latest.duties ?? null,
    },
  };
}

/** When the later of the two acknowledged it; undefined until both have. */
function agreedAt({ acknowledgements }: SnapshotState, t: number): number | undefined {
  const first = AGREEING.map(
    (wanted) => acknowledgements.find(({ party, atMs }) => party === wanted && atMs <= t)?.atMs,
  );
  return first.includes(undefined) ? undefined : Math.max(...first.map((at) => at ?? 0));
}

/**
 * GOV-02.1: every question has an answer in force that names a party which accepted it.
 * GOV-02.2: no asset is outside the scope of all answers.
 */
export function decisionsEvidence(
  { standing, catalogue }: Pick<Assessment, 'standing' | 'catalogue'>,
  t: number,
): readonly RecordEvidence[] {
  const answers = standing.decisions.filter((decision) => inForce(decision, t));
  const open = catalogue.decisions.filter(
    ({ id }) => !answers.some((answer) => answer.decisionId === id && isAccepted(standing, answer, t)),
  );
  const unanswered = open.filter(({ id }) => !answers.some(({ decisionId }) => decisionId === id));
  const population = new Population(standing, t);
  const assets = population.assets.filter(({ type }) => type !== 'tenant');
  const outside = assets.filter(
    (asset) => !answers.some(({ scope }) => population.covers(scope, asset) !== undefined),
  );
  const total = catalogue.decisions.length;
  return [
    {
      rule: 'GOV-02.1',
      result: open.length === 0 ? 'pass' : 'fail',
      because:
        open.length === 0
          ? `each of the ${total} questions has an answer with a date and an owner who accepted it`
          : `${open.length} of ${total} questions have no accepted answer: ${open.map(({ id }) => id).join(', ')}`,
      raw: {
        questions: total,
        unanswered: unanswered.map(({ id }) => id),
        unaccepted: open.filter((question) => !unanswered.includes(question)).map(({ id }) => id),
        answers: answers.map(({ decisionId, recordId }) => `${decisionId} ${recordId}`),
      },
    },
    {
      rule: 'GOV-02.2',
      result: outside.length === 0 && answers.length > 0 ? 'pass' : 'fail',
      because:
        answers.length === 0
          ? 'no question is answered, so no asset is in the scope of an answer'
          : outside.length === 0
            ? `each of ${assets.length} assets is in the scope of an answer`
            : `${outside.length} of ${assets.length} assets are outside the scope of all answers: ${outside
                .slice(0, 10)
                .map(({ name }) => name)
                .join(', ')}`,
      raw: { assets: assets.length, outside: outside.slice(0, 1_000).map(({ assetId }) => assetId) },
    },
  ];
}

function isAccepted({ claims }: Standing, { party, claimId }: DecisionState, t: number): boolean {
  if (party === undefined || claimId === undefined) return false;
  const claim = claims.get(claimId);
  return claim !== undefined && inForce(claim, t) && standingOf(claim, t)?.standing === 'accepted';
}
