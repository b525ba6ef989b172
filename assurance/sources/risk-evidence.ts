/** GOV-04: what the records say about the risk register and the exceptions. */
import type { EvidenceFinding } from '@demarc/platform/contract';
import { TENANT_ASSET } from '../evaluation/population.ts';
import { type ExceptionState, inForce, type RiskState, type Standing } from '../model/standing.ts';
import type { AssetFinding } from './standards-evidence.ts';

const NAMED_MAX = 20;

/**
 * GOV-04.1 and GOV-04.2, of the tenant as a whole. An empty register fails: nobody has looked.
 *
 * Pure: the same standing and instant, the same findings.
 */
export function riskEvidence(standing: Standing, t: number): readonly AssetFinding[] {
  return [register(standing, t), exceptions(standing, t)].map((finding) => ({
    assetId: TENANT_ASSET.assetId,
    finding,
  }));
}

function register(standing: Standing, t: number): EvidenceFinding {
  const open = [...standing.risks.values()].filter((risk) => inForce(risk, t));
  const wrong = open.flatMap((risk) => {
    const because = neglected(risk, t);
    return because === undefined ? [] : [`${risk.riskId} ${because}`];
  });
  const empty = standing.risks.size === 0;
  return {
    rule: 'GOV-04.1',
    result: empty || wrong.length > 0 ? 'fail' : 'pass',
    because: (empty
      ? 'the risk register is empty: none of the risks has been recorded or reviewed here'
      : wrong.length === 0
        ? `each of ${open.length} open risks has an owner and a review date to come`
        : `${wrong.length} of ${open.length} open risks are not kept current: ${wrong.slice(0, NAMED_MAX).join('; ')}`
    ).slice(0, 1_000),
    raw: { openCount: open.length, neglectedCount: wrong.length, neglected: wrong.slice(0, NAMED_MAX) },
  };
}

function neglected({ owner, reviewAtMs }: RiskState, t: number): string | undefined {
  if (owner.trim() === '') return 'has no owner';
  if (reviewAtMs === undefined) return 'has no review date';
  return reviewAtMs <= t ? `was due for review on ${new Date(reviewAtMs).toISOString()}` : undefined;
}

function exceptions(standing: Standing, t: number): EvidenceFinding {
  const active = [...standing.exceptions.values()].filter(
    (exception) =>
      exception.approvedAtMs !== undefined && exception.approvedAtMs <= t && inForce(exception, t),
  );
  const wrong = active.flatMap((exception) => {
    const lacking = lacks(exception);
    return lacking.length === 0 ? [] : [`${exception.exceptionId} ${lacking.join(', ')}`];
  });
  return {
    rule: 'GOV-04.2',
    result: wrong.length === 0 ? 'pass' : 'fail',
    because: (wrong.length > 0
      ? `${wrong.length} of ${active.length} running exceptions are not in order: ${wrong.slice(0, NAMED_MAX).join('; ')}`
      : active.length === 0
        ? 'no exception is running'
        : `each of ${active.length} running exceptions has a reason, an approver other than who asked, and an end`
    ).slice(0, 1_000),
    raw: { activeCount: active.length, wrong: wrong.slice(0, NAMED_MAX) },
  };
}

/** The commands let none of these through; a ledger that was brought from elsewhere may. */
function lacks({ approver, requester, reason, toMs, controls }: ExceptionState): readonly string[] {
  return [
    ...((approver ?? '').trim() === '' ? ['has no approver'] : []),
    ...(approver === requester ? ['was approved by who asked for it'] : []),
    ...(reason.trim() === '' ? ['has no reason'] : []),
    ...(controls.length === 0 ? ['names no control'] : []),
    ...(toMs === undefined ? ['has no end'] : []),
  ];
}
