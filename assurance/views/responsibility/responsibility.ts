/** Door: the views of who is responsible. Pure, over an assessment; what they give is in the contract's shapes. */
export { type GapsOptions, gapsOf } from './gaps.ts';
export { decisionsEvidence, matrixEvidence, type RecordEvidence } from './governance.ts';
export { mineOf } from './mine.ts';
export { obligationsOf, type TenantObligations, tenantObligations } from './obligations.ts';
export { assetsOf, claimsOf, groupsOf, partiesOf, questionsOf, snapshotsOf, standsAt } from './registers.ts';
export { stackOf } from './stack.ts';
