/** Door: everything that can be done about responsibility. Each is a command for `Assurance.act`. */
export type { Command } from './command.ts';
export {
  declareAsset,
  defineGroup,
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
