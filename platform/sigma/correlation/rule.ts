/** What a correlation document says, and what it is once its references are resolved. */
import type { Level } from '../ir.ts';
import type { RuleExpression } from './expression.ts';

/**
 * The first four are of the specification's text, the others of its reference implementation.
 *
 * @see https://github.com/SigmaHQ/sigma-specification `sigma-correlation-rules-specification.md`
 */
export const CORRELATION_TYPES = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
] as const;
export type CorrelationType = (typeof CORRELATION_TYPES)[number];

export const BOUND_OPERATORS = ['lt', 'lte', 'gt', 'gte', 'eq', 'neq'] as const;

/** What is measured (events, values, rules, a statistic) against a number. */
export interface Bound {
  readonly by: (typeof BOUND_OPERATORS)[number];
  readonly value: number;
}

export type CorrelationCondition =
  | {
      readonly kind: 'measure';
      /** All of them must hold: two make a range. */
      readonly bounds: readonly Bound[];
      /** Whose values are looked at; several make one value together. Empty where no value is. */
      readonly fields: readonly string[];
      /** Above 0, at most 100. */
      readonly percentile: number | undefined;
    }
  /** Which rules must have matched. */
  | { readonly kind: 'expression'; readonly expression: RuleExpression };

export interface CorrelationRule {
  /** As the rule says; a rule without one is named by its file and place in it. */
  readonly id: string;
  readonly name: string | undefined;
  readonly title: string;
  readonly description: string | undefined;
  readonly status: string | undefined;
  readonly level: Level;
  readonly tags: readonly string[];
  readonly references: readonly string[];
  readonly falsepositives: readonly string[];
  readonly type: CorrelationType;
  /** Ids or names of detections and correlations, as written; no two are the same. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  readonly timespanMs: number;
  /** Alias → reference, as in `rules` → the field that stands for it there. */
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly condition: CorrelationCondition;
  /** The rules referred to also speak for themselves. */
  readonly generate: boolean;
  readonly file: string;
  /** Where the rule begins in its file, from 1. */
  readonly line: number;
  /** The rule's own text, for people. */
  readonly text: string;
}

/** A rule that a correlation looks at. */
export interface CorrelationInput {
  /** The resolved rule's id. */
  readonly id: string;
  readonly isCorrelation: boolean;
  /** Group-by names and condition fields of the correlation → this input's field. */
  readonly fieldOf: ReadonlyMap<string, string>;
}

export interface LinkedCorrelation {
  readonly rule: CorrelationRule;
  /** In the order of `rule.rules`. */
  readonly inputs: readonly CorrelationInput[];
  /** Fields that matches of this correlation must bring along for correlations above it. */
  readonly carries: readonly string[];
}

/** Why a document is no rule here. */
export interface CorrelationRefusal {
  readonly code: CorrelationRefusalCode;
  readonly because: string;
  readonly line?: number;
}

export type CorrelationRefusalCode =
  | 'correlation-malformed'
  | 'correlation-type'
  | 'correlation-rules'
  | 'correlation-group-by'
  | 'correlation-timespan'
  | 'correlation-aliases'
  | 'correlation-condition'
  | 'correlation-unresolved'
  | 'correlation-ambiguous'
  | 'correlation-cycle';
