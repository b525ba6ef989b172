/** A tenant in memory, for tests: commands decide on what stands, their acts are replayed, time is passed in. */
import type { ControlStatus } from '@demarc/platform/contract/api';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import type { Command } from '../commands/command.ts';
import { type Assessment, assess } from '../evaluation/assessment.ts';
import { Evaluation, keyOf } from '../evaluation/evaluation.ts';
import { type Act, type ActName, type ActPayload, Acts, type NewAct } from '../model/acts.ts';
import { replay, type Standing } from '../model/standing.ts';
import type { KeptEvidence } from '../store/evidence.ts';

export const catalogue = loadCatalogue();
export const DAY_MS = 86_400_000;
export const START = Date.parse('2026-11-20T12:00:00.000Z');

export class PaperTenant {
  readonly acts: Act[] = [];
  readonly evidence = new Map<string, KeptEvidence>();
  now = START;
  #ids = 0;

  constructor(assets: readonly ActPayload<'asset-declared'>[] = TWO_MACHINES) {
    for (const asset of assets) this.record('asset-declared', asset);
  }

  record<Name extends ActName>(name: Name, payload: ActPayload<Name>): void {
    this.#take({ name, payload, atMs: this.now, recordedAtMs: this.now, actor: 'test' } as unknown as NewAct);
  }

  /** @throws what the command throws; then nothing is recorded */
  run<Result>(command: Command<Result>, actor = 'account-ann'): Result {
    const outcome = command({
      catalogue,
      standing: this.standing,
      evaluation: this.evaluation(),
      nowMs: this.now,
      actor,
      offered: new Set(),
      newId: () => {
        this.#ids += 1;
        return `id-${this.#ids}`;
      },
    });
    for (const act of outcome.acts) this.#take(act);
    return outcome.result;
  }

  /** All rules of a control pass or fail on an asset, as of now. */
  shows(controlId: string, assetId: string, result: KeptEvidence['result']): void {
    for (const rule of catalogue.controls.get(controlId)?.evidence ?? [])
      this.evidence.set(keyOf(assetId, rule.id), {
        uid: `${rule.id} ${assetId} ${this.now}`,
        assetId,
        rule: rule.id,
        service: 'test',
        result,
        because: result,
        observedAtMs: this.now,
        receivedAtMs: this.now,
        digest: '0'.repeat(64),
        signed: true,
      });
  }

  get standing(): Standing {
    return replay(
      this.acts.filter(({ atMs }) => atMs <= this.now),
      catalogue,
    );
  }

  evaluation(t: number = this.now): Evaluation {
    return new Evaluation({
      catalogue,
      standing: replay(
        this.acts.filter(({ atMs }) => atMs <= t),
        catalogue,
      ),
      evidence: this.evidence,
      sources: new Map([...catalogue.rules].map(([id, { rule }]) => [id, rule.freshForSeconds])),
      t,
    });
  }

  assessment(t: number = this.now): Assessment {
    return assess(this.evaluation(t), { tenantId: 'paper', knownAtMs: t });
  }

  status(controlId: string, assetId: string, t: number = this.now): ControlStatus {
    const evaluation = this.evaluation(t);
    const control = catalogue.controls.get(controlId);
    const asset = evaluation.population.find(assetId);
    if (control === undefined || asset === undefined) throw new Error(`no cell ${controlId} ${assetId}`);
    return evaluation.status(control, asset).effective;
  }

  #take(act: NewAct): void {
    // As the ledger does: what no schema takes is not recorded.
    const payload = Acts[act.name].parse(act.payload) as never;
    this.acts.push({ ...act, payload, recordId: `ledger:${this.acts.length + 1}` } as Act);
  }
}

const TWO_MACHINES: readonly ActPayload<'asset-declared'>[] = [
  { assetId: 'db-1', name: 'db-1', type: 'vm', labels: { env: 'prod', role: 'db' } },
  { assetId: 'web-1', name: 'web-1', type: 'vm', labels: { env: 'prod' } },
];

/** The code of the error that `work` throws; `none` when it does not. */
export function codeOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return (error as { readonly code?: string }).code ?? String(error);
  }
}
