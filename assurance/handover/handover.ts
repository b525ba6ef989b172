/** Door: hand-overs as they are shown and printed, and what their record shows as evidence. */
import type { Handover } from '@demarc/platform/contract/assurance/handover';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { AsOf, Assurance } from '../assurance.ts';
import { assuranceErrors } from '../errors.ts';
import type { Evaluation } from '../evaluation/evaluation.ts';
import type { HandoverState } from '../model/standing.ts';
import { certificate } from './certificate.ts';
import { handoverView, recordOf } from './view.ts';

export { HANDOVER_RULE, type HandoverFinding, handoverEvidence } from './evidence.ts';
export { handoverList } from './view.ts';

/** @throws ASSURANCE_HANDOVER_UNKNOWN */
export const handoverOf =
  (handoverId: string) =>
  (evaluation: Evaluation): Handover =>
    handoverView(evaluation, known(evaluation, handoverId));

/**
 * On paper, as it was when it last changed: whenever it is asked for, the same record is the same bytes.
 *
 * @throws ASSURANCE_HANDOVER_UNKNOWN
 */
export async function certificateOf(
  assurance: Pick<Assurance, 'look' | 'catalogue'>,
  tenant: TenantScope,
  asked: AsOf & { readonly handoverId: string; readonly tenantName: string },
): Promise<Uint8Array> {
  const { handoverId, tenantName, ...asOf } = asked;
  const recordAt = (evaluation: Evaluation) => recordOf(evaluation, known(evaluation, handoverId));
  const { changedAt } = await assurance.look(tenant, recordAt, asOf);
  const record = await assurance.look(tenant, recordAt, { ...asOf, asOfMs: Date.parse(changedAt) });
  const { id, version } = assurance.catalogue;
  return certificate({ tenantId: tenant.tenantId, tenantName, record, catalogue: `${id} ${version}` });
}

function known({ world }: Evaluation, handoverId: string): HandoverState {
  const handover = world.standing.handovers.get(handoverId);
  if (handover === undefined) throw assuranceErrors.make('ASSURANCE_HANDOVER_UNKNOWN', { handoverId });
  return handover;
}
