/** An assessment as JSON: what it decides and why, without the catalogue's texts. Canonical: sorted, no white space. */
import { canonicalJson } from '@demarc/platform/ocsf';
import type { Assessment } from '../../evaluation/assessment.ts';
import { instant } from '../../evaluation/describe.ts';

export function assessmentText(assessment: Assessment): string {
  const {
    tenantId,
    asOfMs,
    knownAtMs,
    catalogue,
    assets,
    cells,
    rollUp,
    rootCauses,
    risks,
    appetite,
    digest,
  } = assessment;
  return `${canonicalJson({
    tenantId,
    asOf: instant(asOfMs),
    knownAt: instant(knownAtMs),
    digest,
    catalogue: { id: catalogue.id, version: catalogue.version },
    rollUp: { ...rollUp, score: rollUp.score ?? null, coverage: rollUp.coverage ?? null },
    appetite,
    assets,
    cells: cells.map(({ cell, evidence }) => ({ ...cell, evidence })),
    rootCauses,
    risks: risks.map(({ risk, inherent, residual, aboveAppetite, mitigations }) => ({
      riskId: risk.riskId,
      title: risk.title,
      inherent,
      residual,
      aboveAppetite,
      mitigations: mitigations.map(({ control, reduces, steps, status }) => ({
        controlId: control.id,
        reduces,
        steps,
        status,
      })),
    })),
  })}\n`;
}
