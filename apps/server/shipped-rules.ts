/** The rules that ship: the SIEM's own and those of each room. */
import { readRuleFiles, SIEM_DETECTIONS } from '@demarc/siem';
import { ROOMS } from './services.ts';

export const DETECTIONS: readonly URL[] = [
  SIEM_DETECTIONS,
  ...ROOMS.flatMap((room) => room.detectionsDirectory ?? []),
];

export const shippedRules = () => DETECTIONS.flatMap(readRuleFiles);
