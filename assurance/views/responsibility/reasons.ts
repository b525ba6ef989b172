/**
 * Why a party has many duties at once, each reason said once: `file integrity monitoring managed, operational on 41
 * of 42 assets since 3 Nov 2026, evidence 4 min ago`.
 */
import type { DutyOwnership } from '@demarc/platform/contract/api';
import { entitledAssets } from '../../commands/services.ts';
import type { AssessedCell, Assessment } from '../../evaluation/assessment.ts';
import { Population } from '../../evaluation/population.ts';
import { type EntitlementState, inForce } from '../../model/standing.ts';
import { age, day, serviceName } from './words.ts';

interface Held {
  readonly assessed: AssessedCell;
  readonly duty: DutyOwnership;
}

export class Reasons {
  readonly #assessment: Assessment;
  readonly #population: Population;
  readonly #byRecord: ReadonlyMap<string, EntitlementState>;

  constructor(assessment: Assessment) {
    this.#assessment = assessment;
    this.#population = new Population(assessment.standing, assessment.asOfMs);
    const entitlements = [...assessment.standing.entitlements.values()];
    this.#byRecord = new Map(entitlements.map((entitlement) => [entitlement.recordId, entitlement]));
  }

  /** The commonest first. */
  of(held: readonly Held[]): readonly { readonly text: string; readonly count: number }[] {
    const groups = Map.groupBy(held, ({ duty }) =>
      duty.by === 'entitlement' && duty.recordId !== null ? `e ${duty.recordId}` : duty.because,
    );
    return [...groups]
      .map(([key, duties]) => ({ text: this.#text(key, duties), count: duties.length }))
      .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1));
  }

  #text(key: string, duties: readonly Held[]): string {
    const entitlement = key.startsWith('e ') ? this.#byRecord.get(key.slice(2)) : undefined;
    if (entitlement !== undefined) return this.#service(entitlement, duties);
    const pending = duties.find(({ duty }) => duty.flags.some((flag) => flag.startsWith('pending:')));
    const waiting = pending === undefined ? undefined : this.#waiting(pending);
    const because = duties[0]?.duty.because ?? '';
    return waiting === undefined ? because : `${because} (${waiting})`;
  }

  #service(entitlement: EntitlementState, duties: readonly Held[]): string {
    const { asOfMs, catalogue } = this.#assessment;
    const { operational, entitled, sinceMs } = this.#reach(entitlement);
    const newest = Math.max(
      ...duties.flatMap(({ assessed }) =>
        assessed.evidence.map(({ observedAt }) => (observedAt === null ? -1 : Date.parse(observedAt))),
      ),
    );
    const seen = newest < 0 ? 'no evidence of it here' : `evidence ${age(asOfMs - newest)} ago`;
    const since = sinceMs === undefined ? '' : ` since ${day(sinceMs)}`;
    return `${serviceName(catalogue, entitlement)}, operational on ${operational} of ${entitled} assets${since}, ${seen}`;
  }

  #waiting({ assessed }: Held): string | undefined {
    const { catalogue, standing, asOfMs } = this.#assessment;
    for (const entitlement of standing.entitlements.values()) {
      const moves = assessed.control.managed_services.some(
        ({ service }) => service === entitlement.serviceId,
      );
      if (!moves || !inForce(entitlement, asOfMs)) continue;
      const { operational, entitled } = this.#reach(entitlement);
      return `${serviceName(catalogue, entitlement)} is operational on ${operational} of ${entitled} assets`;
    }
    return undefined;
  }

  #reach(entitlement: EntitlementState) {
    const { asOfMs } = this.#assessment;
    const assets = entitledAssets(entitlement, this.#population);
    const begun = assets
      .map(({ assetId }) => entitlement.assets.get(assetId)?.operationalAtMs)
      .filter((at): at is number => at !== undefined && at <= asOfMs);
    return {
      entitled: assets.length,
      operational: begun.length,
      sinceMs: begun.length === 0 ? undefined : Math.min(...begun),
    };
  }
}
