/** What the record itself proves of governance: pure functions over what stands, asked soon after every act. */
import { handoverEvidence } from '../handover/evidence.ts';
import { decisionsEvidence, matrixEvidence } from '../views/responsibility/governance.ts';
import { riskEvidence } from './risk-evidence.ts';
import { type EvidenceSource, recordSource } from './source.ts';
import { standardsEvidence } from './standards-evidence.ts';

const EVERY_SECONDS = 3_600;
const DAY = 86_400;
const promise = (rule: string, days: number) => ({
  rule,
  everySeconds: EVERY_SECONDS,
  freshForSeconds: days * DAY,
});

/** As long as the catalogue lets each be fresh. */
export const RECORD_SOURCES: readonly EvidenceSource[] = [
  recordSource('record:matrix', [promise('GOV-01.1', 1), promise('GOV-01.2', 365)], ({ standing, t }) =>
    matrixEvidence(standing, t),
  ),
  recordSource('record:decisions', [promise('GOV-02.1', 180), promise('GOV-02.2', 1)], (stands) =>
    decisionsEvidence(stands, stands.t),
  ),
  recordSource('record:standards', [promise('GOV-03.1', 1), promise('GOV-03.2', 365)], ({ standing, t }) =>
    standardsEvidence(standing, t),
  ),
  recordSource('record:risks', [promise('GOV-04.1', 1), promise('GOV-04.2', 1)], ({ standing, t }) =>
    riskEvidence(standing, t),
  ),
  recordSource('record:handovers', [promise('GOV-05.1', 1)], ({ standing, t }) =>
    handoverEvidence({ standing, asOfMs: t }).map(({ raw, ...finding }) => ({ ...finding, raw: { ...raw } })),
  ),
];
