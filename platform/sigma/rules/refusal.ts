/** Why something was not loaded. An ordinary outcome, so a value; nothing is skipped in silence. */

export const REFUSAL_CODES = [
  'yaml-invalid',
  'too-large',
  'not-a-rule',
  'wrong-type',
  'missing-title',
  'missing-logsource',
  'missing-detection',
  'missing-condition',
  'taxonomy-unknown',
  'empty-selection',
  'modifier-unknown',
  'modifier-illegal',
  'value-illegal',
  'regex-refused',
  'placeholder-unknown',
  'condition-syntax',
  'condition-undefined',
  'condition-aggregation',
  'collection-action',
  'duplicate-id',
  'duplicate-name',
  'filter-no-rule',
  'correlation-unsupported',
] as const;

/** Whoever parses correlations has codes of its own. */
export type RefusalCode = (typeof REFUSAL_CODES)[number] | `correlation-${string}`;
export type RuleKind = 'detection' | 'correlation' | 'filter';

export interface Refusal {
  readonly file: string;
  /** Where the reason stands in the file, from 1. */
  readonly line: number;
  /** Undefined when the document says so little that nobody can tell. */
  readonly kind?: RuleKind | undefined;
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly code: RefusalCode;
  /** A sentence, for whoever wrote the rule. */
  readonly because: string;
}

/** How a refusal travels from where it is found to the document's edge (`load-document.ts`), and no further. */
export class RuleRefused extends Error {
  readonly code: RefusalCode;
  readonly line: number;

  constructor(code: RefusalCode, line: number, because: string) {
    super(because);
    this.name = 'RuleRefused';
    this.code = code;
    this.line = line;
  }
}

/** @throws RuleRefused always */
export function refuse(code: RefusalCode, line: number, because: string): never {
  throw new RuleRefused(code, line, because);
}

const QUOTED_CHARACTERS_MAX = 80;

/** A rule's own words in a sentence: bounded, on one line. */
export function quoted(text: string): string {
  const short = text.length > QUOTED_CHARACTERS_MAX ? `${text.slice(0, QUOTED_CHARACTERS_MAX - 1)}…` : text;
  return JSON.stringify(short);
}
