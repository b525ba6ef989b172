/** An estate in memory, on the real catalogue: commands are done, evidence comes, time passes, and it is assessed. */
import type { EvidenceResult } from '@demarc/platform/contract';
import { loadCatalogue } from './catalogue/catalogue.ts';
import type { Command } from './commands/command.ts';
import { declareAsset } from './commands/inventory.ts';
import { type Assessment, assess } from './evaluation/assessment.ts';
import { LiveMatrix } from './live/live-matrix.ts';
import type { Act, ActName, ActPayload } from './model/acts.ts';

export const START = Date.parse('2026-11-20T12:00:00.000Z');
export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

export class Estate {
  readonly catalogue = loadCatalogue();
  readonly live: LiveMatrix;
  nowMs: number;
  #seq = 0;
  #ids = 0;

  /** @param machines how many there are from the start: `vm-0`, `vm-1`, … */
  constructor({ machines = 2, nowMs = START }: { readonly machines?: number; readonly nowMs?: number } = {}) {
    this.nowMs = nowMs;
    const sources = new Map([...this.catalogue.rules].map(([id, { rule }]) => [id, rule.freshForSeconds]));
    this.live = new LiveMatrix({ catalogue: this.catalogue, sources }, [], [], nowMs);
    for (let index = 0; index < machines; index += 1)
      this.do(declareAsset({ assetId: `vm-${index}`, name: `web-${index}`, type: 'vm', labels: {} }));
  }

  /** @throws what the command throws; then nothing is done */
  do<Result>(command: Command<Result>, actor = 'ann'): Result {
    this.live.advance(this.nowMs);
    const { acts, result } = command({
      catalogue: this.catalogue,
      offered: new Set(this.catalogue.services.map(({ id }) => id)),
      standing: this.live.standing,
      evaluation: this.live.evaluation,
      nowMs: this.nowMs,
      actor,
      newId: () => {
        this.#ids += 1;
        return `id-${this.#ids}`;
      },
    });
    for (const made of acts) this.#apply(made as Omit<Act, 'recordId'>);
    return result;
  }

  /** One act as if a command had decided it. */
  record<Name extends ActName>(name: Name, payload: ActPayload<Name>, atMs: number = this.nowMs): void {
    this.live.advance(this.nowMs);
    const dated = { atMs, recordedAtMs: this.nowMs, actor: 'evidence' };
    this.#apply({ name, payload, ...dated } as unknown as Omit<Act, 'recordId'>);
  }

  receive(
    assetId: string,
    rule: string,
    result: EvidenceResult,
    service = 'file-integrity-monitoring',
  ): void {
    this.#ids += 1;
    const uid = `evidence-${this.#ids}`;
    const observed = { observedAtMs: this.nowMs, receivedAtMs: this.nowMs };
    const kept = { uid, assetId, rule, service, result, because: `${rule} said ${result}`, ...observed };
    this.live.receive([{ ...kept, digest: '0'.repeat(64), signed: true }], this.nowMs);
  }

  assess(): Assessment {
    this.live.advance(this.nowMs);
    return assess(this.live.evaluation, { tenantId: 'here', knownAtMs: this.nowMs });
  }

  #apply(made: Omit<Act, 'recordId'>): void {
    this.#seq += 1;
    this.live.apply({ ...made, recordId: `ledger:${this.#seq}` } as Act, this.nowMs);
  }
}
