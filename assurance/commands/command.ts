/** What somebody wants done: checked against what stands, answered with the acts that do it. Pure. */
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Evaluation } from '../evaluation/evaluation.ts';
import type { ActName, ActPayload, NewAct } from '../model/acts.ts';
import type { Standing } from '../model/standing.ts';

export interface CommandContext {
  readonly catalogue: Catalogue;
  readonly standing: Standing;
  readonly evaluation: Evaluation;
  readonly nowMs: number;
  /** The account that asks. */
  readonly actor: string;
  /** Ids of services that this installation has a room for. */
  readonly offered: ReadonlySet<string>;
  newId(): string;
}

export interface Outcome<Result> {
  readonly acts: readonly NewAct[];
  readonly result: Result;
  /** For whoever watches: one sentence. */
  readonly says: string;
}

/** @throws the errors of `assuranceErrors` that say why not; then nothing is written */
export type Command<Result = void> = (context: CommandContext) => Outcome<Result>;

/** An act of now, unless it is to hold from another instant. */
export function act<Name extends ActName>(
  { nowMs, actor }: CommandContext,
  name: Name,
  payload: ActPayload<Name>,
  atMs: number = nowMs,
): NewAct {
  return { name, payload, atMs, recordedAtMs: nowMs, actor } as unknown as NewAct;
}
