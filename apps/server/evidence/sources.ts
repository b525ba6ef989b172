/** What this installation can observe of itself today; rules that are in no line here have no source. */
import type { Assurance } from '@demarc/assurance';
import type { EvidenceSource } from '@demarc/assurance/sources';
import type { Evidence } from '@demarc/platform/contract';
import type { PlatformStatus } from '@demarc/platform/contract/api';
import { signatureHolds } from '@demarc/platform/evidence';
import type { PostgresStore } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Siem } from '@demarc/siem';
import { sql } from 'kysely';
import { keysOfTenant, listAssets } from '../link/assets.ts';
import { fleetFindings, fleetOf } from './fleet.ts';
import { healthFinding } from './health.ts';
import { recordParts } from './record.ts';
import { silentAfterMs as silentAfterMsOf } from './silence.ts';
import { type CanaryEvent, guardFinding, plantCanaryEvent, separationFinding } from './tenancy.ts';
import { Twins } from './twins.ts';

export interface SourceDeps {
  readonly store: PostgresStore;
  readonly siem: Siem;
  readonly freshSecondsMax: number;
  status(): PlatformStatus;
  /** Parts that are no process of the supervisor's: the rules on disk. */
  readonly rules?: { parts(): readonly PlatformStatus['parts'][number][] };
  integrity(...query: Parameters<Assurance['integrity']>): ReturnType<Assurance['integrity']>;
  readonly platformKeyPem: string;
  /** Foreign evidence is remembered in the evidence itself. */
  history(...query: Parameters<Assurance['evidenceHistory']>): ReturnType<Assurance['evidenceHistory']>;
}

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const RECORD_EVERY_MS = 5 * MINUTE * 1_000;
/** A canary event is planted anew before retention could take it. */
const REPLANT_MS = DAY * 1_000;
export const TENANCY_SOURCE = 'platform:tenancy';
export const FOREIGN_EVIDENCE = 'foreign-evidence';

export function platformSources(deps: SourceDeps): readonly EvidenceSource[] {
  const { store, siem } = deps;
  const silentAfterMs = silentAfterMsOf(deps.freshSecondsMax);
  let planted: (CanaryEvent & { readonly atMs: number }) | undefined;
  const twins = new Twins();
  const checkedAt = new Map<string, { readonly atMs: number; readonly parts: PlatformStatus['parts'] }>();
  /** Checking every signature costs; in between, what was found holds. */
  const records = async (tenant: TenantScope, nowMs: number): Promise<PlatformStatus['parts']> => {
    const known = checkedAt.get(tenant.tenantId);
    if (known !== undefined && nowMs - known.atMs < RECORD_EVERY_MS) return known.parts;
    const keys = await keysOfTenant(store, tenant);
    const found = await deps.integrity(tenant, (assetId) => [
      ...(keys.get(assetId) ?? []),
      deps.platformKeyPem,
    ]);
    const parts = [...recordParts(found, nowMs)];
    checkedAt.set(tenant.tenantId, { atMs: nowMs, parts });
    return parts;
  };
  return [
    {
      id: TENANCY_SOURCE,
      rules: [
        { rule: 'PLT-07.1', everySeconds: HOUR, freshForSeconds: DAY },
        { rule: 'PLT-07.2', everySeconds: HOUR, freshForSeconds: DAY },
      ],
      async observe({ tenant, nowMs }) {
        if (planted === undefined || nowMs - planted.atMs > REPLANT_MS)
          planted = { ...(await plantCanaryEvent(siem, nowMs)), atMs: nowMs };
        const earlier = await deps.history(tenant, 'tenant', 'PLT-07.1', 100);
        const foreignEvidence = earlier.filter(
          ({ raw, effective_at_ms }) =>
            raw['incident'] === FOREIGN_EVIDENCE && nowMs - effective_at_ms < DAY * 1_000,
        ).length;
        return [
          await separationFinding({ store, siem }, tenant, planted, { nowMs, foreignEvidence }),
          await guardFinding(store),
        ];
      },
    },
    {
      id: 'platform:fleet',
      rules: ['GOV-06.2', 'MGT-04.1', 'FND-05.1', 'VMS-11.2'].map((rule) => ({
        rule,
        everySeconds: MINUTE,
        freshForSeconds: rule === 'GOV-06.2' || rule === 'MGT-04.1' ? 15 * MINUTE : HOUR,
      })),
      afterActs: true,
      async observe({ tenant, nowMs, look }) {
        const enrolled = await listAssets(store, tenant, nowMs);
        const twinOf = twins.seen(tenant.tenantId, enrolled, nowMs);
        return fleetFindings({ ...(await look(fleetOf)), enrolled, twinOf, nowMs, silentAfterMs });
      },
    },
    {
      id: 'platform:health',
      rules: [{ rule: 'MGT-13.1', everySeconds: MINUTE, freshForSeconds: 5 * MINUTE }],
      async observe({ tenant, nowMs }) {
        const assets = await listAssets(store, tenant, nowMs);
        const record = await records(tenant, nowMs);
        const parts = [...deps.status().parts, ...(deps.rules?.parts() ?? []), ...record];
        return [healthFinding(parts, assets, { nowMs, silentAfterMs })];
      },
    },
  ];
}

/** Of all certificates of the installation; newest first, so that those at work are among them. */
const KEYS_TRIED_MAX = 2_000;
const KEYS_PER_BREATH = 50;

/** Whose key a signature is by; undefined when it is by none of the newest ones. */
export async function ownerOf(
  store: PostgresStore,
  evidence: Evidence,
): Promise<{ readonly tenantId: string; readonly assetId: string } | undefined> {
  const { rows } = await sql<{
    readonly tenant_id: string;
    readonly asset_id: string;
    readonly public_key_pem: string;
  }>`SELECT tenant_id, asset_id, public_key_pem FROM link_certificate
    ORDER BY issued_at_ms DESC LIMIT ${KEYS_TRIED_MAX}`.execute(store.db);
  for (const [at, { tenant_id: tenantId, asset_id: assetId, public_key_pem: key }] of rows.entries()) {
    // Checking a signature takes a tenth of a millisecond: nobody waits for all of them at once.
    if (at % KEYS_PER_BREATH === KEYS_PER_BREATH - 1) await new Promise((resolve) => setImmediate(resolve));
    if (signatureHolds(evidence, key)) return { tenantId, assetId };
  }
  return undefined;
}
