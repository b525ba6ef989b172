/**
 * Which kinds of signs count, by the names that fail2ban gave to such choices; `wide` is ours: everything but
 * what is often innocent.
 */
import type { Sign } from './sign.ts';

export const MODES = [
  'wide',
  'normal',
  'more',
  'auth',
  'rbl',
  'ddos',
  'extra',
  'errors',
  'aggressive',
] as const;
export type Mode = (typeof MODES)[number];

const COUNTED: Readonly<Record<Mode, readonly Sign[]>> = {
  wide: ['authentication', 'rejection', 'errors', 'listed', 'flood', 'extra'],
  normal: ['authentication', 'rejection', 'errors'],
  more: ['authentication', 'rejection', 'errors', 'listed'],
  auth: ['authentication'],
  rbl: ['listed'],
  ddos: ['flood'],
  extra: ['authentication', 'rejection', 'errors', 'extra'],
  errors: ['errors'],
  aggressive: ['authentication', 'rejection', 'errors', 'listed', 'flood', 'extra', 'weak'],
};

export function countsIn(mode: Mode, sign: Sign): boolean {
  return COUNTED[mode].includes(sign);
}
