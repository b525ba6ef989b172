/** From rule files to what judges events. */
import type { AppliedFilter, CorrelationRule, DetectionRule, Engine, Refusal } from '@demarc/platform/sigma';

export interface SourceFile {
  readonly file: string;
  readonly text: string;
}

export interface CompiledRules {
  readonly files: readonly SourceFile[];
  readonly detections: readonly DetectionRule[];
  readonly correlations: readonly CorrelationRule[];
  /** Meta rules, which are in the rules that they narrow already. */
  readonly filters: readonly AppliedFilter[];
  readonly refused: readonly Refusal[];
  /** Answers with places in `detections`. */
  readonly engine: Pick<Engine, 'match'>;
}

export interface Compiler {
  /** @param beside rules that are in force already: their ids are taken, and correlations may name them */
  compile(
    files: readonly SourceFile[],
    beside: Pick<CompiledRules, 'detections' | 'correlations'> | undefined,
  ): Promise<CompiledRules>;
}
