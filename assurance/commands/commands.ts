/** Door: everything that can be done about responsibility. Each is a command for `Assurance.act`. */
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
  registerParty,
  removeGroup,
  retireAsset,
} from './inventory.ts';
export { acceptSchedule, buy, cancel, giveNotice, type Purchase, withdrawNotice } from './services.ts';
