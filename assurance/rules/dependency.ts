/** How a lower control caps the ones that lean on it. */
import type { ControlStatus } from '@demarc/platform/contract/api';

export type Effect = 'invalidates' | 'undermines' | 'informs';

/** From worst to best; `not-applicable` stands outside. */
const ORDER: readonly ControlStatus[] = [
  'not-satisfied',
  'not-assessed',
  'stale-evidence',
  'partially-satisfied',
  'satisfied',
];

/** From the worst, 0, upwards; what is not applicable comes last. */
export const rankOf = (status: ControlStatus): number =>
  status === 'not-applicable' ? ORDER.length : ORDER.indexOf(status);

/** The best status that a lower control in this status allows; undefined where it allows anything. */
export function capOf(effect: Effect, lower: ControlStatus): ControlStatus | undefined {
  const bad = lower === 'not-satisfied';
  const blind = lower === 'stale-evidence' || lower === 'not-assessed';
  if (effect === 'informs' || (!bad && !blind)) return undefined;
  if (effect === 'undermines') return 'partially-satisfied';
  return bad ? 'not-satisfied' : 'stale-evidence';
}

/** Where several assets carry a control: it is as good as the worst of them; what is not applicable does not count. */
export function worst(statuses: readonly ControlStatus[]): ControlStatus {
  let found: ControlStatus = 'not-applicable';
  for (const status of statuses)
    if (
      found === 'not-applicable' ||
      (status !== 'not-applicable' && ORDER.indexOf(status) < ORDER.indexOf(found))
    )
      found = status;
  return found;
}

/** Never raises: the worse of the own status and every cap. */
export function capped(
  own: ControlStatus,
  dependencies: readonly { readonly effect: Effect; readonly status: ControlStatus }[],
): ControlStatus {
  if (own === 'not-applicable') return own;
  let status: ControlStatus = own;
  for (const { effect, status: lower } of dependencies) {
    const cap = capOf(effect, lower);
    if (cap !== undefined && ORDER.indexOf(cap) < ORDER.indexOf(status)) status = cap;
  }
  return status;
}
