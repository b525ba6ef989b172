/**
 * Brings what correlations find along the road. A finding is handed out until it is said to be stored, so what
 * a crash or an absent store keeps from being stored now is stored later, once.
 */
import { createHash } from 'node:crypto';
import type { CorrelationFinding } from '@demarc/platform/sigma';
import type { TenantScope } from '@demarc/platform/tenancy';
import { carry } from '../carry.ts';
import { ruleIdOf } from '../rules/link.ts';
import { ruleOf } from '../rules/list.ts';
import type { Siem } from '../siem.ts';
import { correlationEvent } from './finding.ts';

/** Correlations are of no single asset; their findings have a place of their own on the road. */
export const CORRELATION_ASSET = 'correlation';
const FINDINGS_PER_BATCH_MAX = 500;

export async function deliver(
  siem: Siem,
  tenant: TenantScope,
  found: readonly CorrelationFinding[],
): Promise<void> {
  for (let from = 0; from < found.length; from += FINDINGS_PER_BATCH_MAX)
    await deliverSome(siem, tenant, found.slice(from, from + FINDINGS_PER_BATCH_MAX));
}

async function deliverSome(
  siem: Siem,
  tenant: TenantScope,
  found: readonly CorrelationFinding[],
): Promise<void> {
  const rules = await siem.rulesets.of(tenant);
  const events = found.flatMap((finding) => {
    const ruleId = ruleIdOf(finding.ruleId);
    const rule = ruleOf(rules, ruleId);
    // Of a rule that is gone, or was switched off in the meantime, nobody wants to hear.
    const overlay = rules.overlays.get(ruleId)?.stored;
    if (rule === undefined || overlay?.enabled === false) return [];
    return [correlationEvent({ ...rule, level: overlay?.level ?? rule.level }, finding)];
  });
  const uids = found.map(({ uid }) => uid);
  if (events.length > 0) {
    await carry(siem, tenant, {
      // The same findings come again as the same batch.
      batchToken: createHash('sha256').update(uids.join('\n')).digest('hex'),
      assetId: CORRELATION_ASSET,
      events: events.map((event, index) => ({ index, event })),
    });
  }
  await siem.correlator.delivered(tenant, uids);
}
