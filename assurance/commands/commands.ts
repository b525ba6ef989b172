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
  declareAsset,
  defineGroup,
  labelAsset,
  registerParty,
  removeGroup,
  retireAsset,
} from './inventory.ts';
export {
  acceptHandback,
  acceptSchedule,
  buy,
  cancel,
  checkItem,
  giveNotice,
  settleItem,
  sign,
  withdrawNotice,
} from './services.ts';
export { acknowledgeSnapshot, takeSnapshot } from './snapshots.ts';
