/** A tenant in memory, for tests: commands are decided and their acts applied as the platform does it, without a store. */
import type { Evidence } from '@demarc/platform/contract';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import { LiveMatrix } from '../live/live-matrix.ts';
import type { Act, NewAct } from '../model/acts.ts';
import type { SimulationContext } from '../simulation/world.ts';
import type { Command } from './command.ts';
import type { Signer } from './handovers.ts';

export const SERVICE = 'file-integrity-monitoring';
const catalogue = loadCatalogue();

/** Somebody who speaks for these parties and for no other. */
export const signer = (person: string, ...parties: readonly string[]): Signer => ({
  person,
  speaksFor: (party) => parties.includes(party),
});

export class TestTenant {
  readonly live: LiveMatrix;
  now: number;
  #seq = 0;
  #ids = 0;

  constructor({
    now = 1_000,
    assets = 1,
    promised = ['VMS-09.1', 'VMS-09.2'],
  }: { readonly now?: number; readonly assets?: number; readonly promised?: readonly string[] } = {}) {
    this.now = now;
    this.promised = promised;
    const sources = new Map(promised.map((id) => [id, catalogue.rules.get(id)?.rule.freshForSeconds ?? 0]));
    this.live = new LiveMatrix({ catalogue, sources }, [], [], 0);
    this.record({ name: 'schedule-accepted', payload: {} });
    for (let at = 0; at < assets; at += 1)
      this.record({
        name: 'asset-declared',
        payload: { assetId: `vm-${at}`, name: `machine ${at}`, type: 'vm', labels: { row: `${at % 2}` } },
      });
  }

  readonly promised: readonly string[];

  get context(): SimulationContext {
    this.live.advance(this.now);
    return {
      catalogue,
      standing: this.live.standing,
      evaluation: this.live.evaluation,
      nowMs: this.live.t,
      actor: 'account',
      offered: new Set([SERVICE]),
      newId: () => `id-${++this.#ids}`,
      acts: this.live.acts,
      promised: new Map([[SERVICE, this.promised]]),
    };
  }

  /** @param actor the account; two of them are two people */
  do<Result>(command: Command<Result>, actor = 'account'): Result {
    const { acts, result } = command({ ...this.context, actor });
    for (const act of acts) this.#apply(act);
    return result;
  }

  record(act: Pick<NewAct, 'name' | 'payload'>): void {
    this.live.advance(this.now);
    this.#apply({ ...act, atMs: this.now, recordedAtMs: this.now, actor: 'account' } as NewAct);
  }

  /** What the platform records with the first passing evidence. */
  operational(entitlementId: string, assetId = 'vm-0'): void {
    this.record({
      name: 'service-operational',
      payload: { entitlementId, assetId, evidenceId: `evidence of ${assetId}` },
    });
  }

  evidence(rule: string, result: Evidence['result'] = 'pass', assetId = 'vm-0'): void {
    this.live.receive(
      [
        {
          uid: `${rule} ${assetId} ${this.now}`,
          assetId,
          rule,
          service: SERVICE,
          result,
          because: result,
          observedAtMs: this.now,
          receivedAtMs: this.now,
          digest: '0'.repeat(64),
          signed: true,
        },
      ],
      this.now,
    );
  }

  /** `provider entitlement`: who has a duty, and by which rule. */
  owner(controlId: string, duty: 'operate' | 'configure' | 'respond' | 'assure', assetId = 'vm-0'): string {
    const { evaluation } = this.context;
    const control = catalogue.controls.get(controlId);
    const asset = evaluation.population.find(assetId);
    if (control === undefined || asset === undefined) throw new Error(`no ${controlId} on ${assetId}`);
    const at = ['operate', 'configure', 'respond', 'assure'].indexOf(duty);
    const owner = evaluation.cell(control, asset).duties[at];
    return `${owner?.party ?? 'nobody'} ${owner?.by}`;
  }

  #apply(act: NewAct): void {
    this.#seq += 1;
    this.live.apply({ ...act, recordId: `ledger:${this.#seq}` } as Act, this.live.t);
  }
}
