/**
 * Correlations of every tenant, durable: what `observe` answers for survives `kill -9`, and is told once.
 *
 * One transaction writes matches, how far the clock is, and the findings that follow. The engine is memory
 * only; at a start it is made again from the matches that some window still reaches, and what it finds on the
 * way is known already. A finding is handed out until the road says that it stored it (`delivered`): to the
 * batch whose match decided it as often as that batch comes, and to `tick` after a while. So a crash between
 * the storing and the saying hands it out once more, with the same uid and the same words: who stores looks
 * for the uid.
 */
import type {
  BaseMatch,
  CorrelationFinding,
  EngineFigures,
  Limits,
  LinkedCorrelations,
} from '@demarc/platform/sigma/correlation';
import type { AnyDatabase, InTenant } from '@demarc/platform/stores';
import type { TenantId, TenantScope } from '@demarc/platform/tenancy';
import type { Kysely } from 'kysely';
import { siemErrors } from '../errors.ts';
import { markDelivered } from './ledger.ts';
import { TenantCorrelator } from './tenant-correlator.ts';

export interface CorrelatorOptions {
  readonly inTenant: InTenant;
  /** Asked once a tenant, and again after `rulesChanged`. */
  correlationsOf(tenant: TenantScope): Promise<LinkedCorrelations>;
  now(): number;
  readonly limits?: Partial<Limits>;
}

export type CorrelatorFigures = EngineFigures & { readonly waiting: number };

export interface Correlator {
  /**
   * Looks at what detections matched; matches that no correlation looks at cost nothing.
   *
   * @returns the findings that these matches decide, again if they come again, and what the clock decided
   *   meanwhile; durable
   * @throws SIEM_LEDGER_UNAVAILABLE; then nothing was taken, and the same matches may come again
   */
  observe(tenant: TenantScope, matches: readonly BaseMatch[]): Promise<readonly CorrelationFinding[]>;
  /**
   * Time passed without matches: decides what waited for it. Every second or so for each tenant.
   *
   * @returns also what was handed out before and not delivered
   */
  tick(tenant: TenantScope, nowMs: number): Promise<readonly CorrelationFinding[]>;
  /** The road has stored them. */
  delivered(tenant: TenantScope, uids: readonly string[]): Promise<void>;
  /** The next call works with the rules of then; what is in the windows is looked at with them. */
  rulesChanged(tenant: TenantScope): Promise<void>;
  /** Undefined for a tenant that nothing was asked for yet. */
  figures(tenantId: TenantId): CorrelatorFigures | undefined;
}

export function openCorrelator(options: CorrelatorOptions): Correlator {
  const tenants = new Map<TenantId, Promise<TenantCorrelator>>();
  const loaded = new Map<TenantId, TenantCorrelator>();
  const last = new Map<TenantId, Promise<unknown>>();

  /** One at a time for a tenant: an engine has one order of arrival, and its journal the same. */
  const inTurn = async <T>(tenant: TenantScope, work: () => Promise<T>): Promise<T> => {
    const mine = (last.get(tenant.tenantId) ?? Promise.resolve()).then(work, work);
    last.set(tenant.tenantId, mine);
    try {
      return await mine;
    } finally {
      if (last.get(tenant.tenantId) === mine) last.delete(tenant.tenantId);
    }
  };
  const forget = (tenant: TenantScope): void => {
    tenants.delete(tenant.tenantId);
    loaded.delete(tenant.tenantId);
  };
  const open = async (tenant: TenantScope): Promise<TenantCorrelator> => {
    const opened = await TenantCorrelator.open(tenant, options, await options.correlationsOf(tenant));
    loaded.set(tenant.tenantId, opened);
    return opened;
  };
  const withTenant = <T>(
    tenant: TenantScope,
    work: (correlator: TenantCorrelator) => Promise<T>,
  ): Promise<T> =>
    inTurn(tenant, async () => {
      try {
        const opening = tenants.get(tenant.tenantId) ?? open(tenant);
        tenants.set(tenant.tenantId, opening);
        return await work(await opening);
      } catch (error) {
        // The engine may be ahead of what was written: it is made again from what was.
        forget(tenant);
        throw unavailable(error);
      }
    });

  return {
    observe: (tenant, matches) => withTenant(tenant, (correlator) => correlator.observe(matches)),
    tick: (tenant, nowMs) => withTenant(tenant, (correlator) => correlator.tick(nowMs)),
    delivered: async (tenant, uids) => {
      if (uids.length === 0) return;
      await inTurn(tenant, async () => {
        try {
          await options.inTenant(tenant, (db: Kysely<AnyDatabase>) => markDelivered(db, tenant, uids));
        } catch (error) {
          throw unavailable(error);
        }
        loaded.get(tenant.tenantId)?.forgetDelivered(uids);
      });
    },
    rulesChanged: (tenant) => inTurn(tenant, async () => forget(tenant)),
    figures: (tenantId) => loaded.get(tenantId)?.figures(),
  };
}

function unavailable(error: unknown): Error {
  const because = error instanceof Error ? error.message.slice(0, 300) : String(error);
  return siemErrors.make('SIEM_LEDGER_UNAVAILABLE', { because }, { cause: error });
}
