/** Door: everything that can be done about responsibility. Each is a command for `Assurance.act`. */
export {
  acceptClaim,
  declineClaim,
  disputeClaim,
  endClaim,
  proposeClaim,
  recordDecision,
  withdrawDispute,
} from './claims.ts';
export { claimErrors } from './claims-errors.ts';
export type { Command } from './command.ts';
export {
  acceptHandback,
  acceptItems,
  checkItems,
  type Settlement,
  type Signer,
  settleItems,
  sign,
} from './handovers.ts';
export {
  declareAsset,
  defineGroup,
  labelAsset,
  registerParty,
  removeGroup,
  retireAsset,
} from './inventory.ts';
export {
  approveException,
  approveNotApplicable,
  requestException,
  revokeException,
  revokeNotApplicable,
} from './overlays.ts';
export { previewDecision } from './preview.ts';
export {
  closeRisk,
  openPoamItem,
  recordRisk,
  reviewRisk,
  setAppetite,
  updatePoamItem,
} from './risks.ts';
export { acceptSchedule, buy, cancel, giveNotice, type Purchase, withdrawNotice } from './services.ts';
export { acknowledgeSnapshot, takeSnapshot } from './snapshots.ts';
export { assignStandard, publishStandard, retireStandard, withdrawStandard } from './standards.ts';
export { addComment, annotateControls } from './workbook.ts';
export { workbookErrors } from './workbook-errors.ts';
