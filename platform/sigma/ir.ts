/**
 * What a Sigma rule says once every modifier is resolved: the only thing that the engines know of Sigma.
 *
 * The front end (`rules/`) writes it, the engines (`engine/`) read it. The oracle (`oracle/`) does not: it
 * works from the rule's own text, so that a misreading here is found.
 */

/** `null` is every field of the event: Sigma's keywords. */
export type Field = string | null;

export const ANY_TEXT = 1;
export const ANY_CHARACTER = 2;
/** A literal, `*` or `?`; two literals never stand beside each other. */
export type GlobPart = string | typeof ANY_TEXT | typeof ANY_CHARACTER;

export type Anchor = 'equals' | 'contains' | 'startswith' | 'endswith';
export type Comparison = 'lt' | 'lte' | 'gt' | 'gte' | 'eq';
export type TimePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';

/**
 * A question to one field, answered yes when any of its values says yes (`event.ts`: a field holds one value
 * or several). A field that is absent answers no to everything but `null`.
 *
 * Texts of tests that are not `isCased` are folded already (`foldCase`); the event's are folded by the engine.
 */
export type Predicate =
  | { readonly op: Anchor; readonly field: Field; readonly text: string; readonly isCased: boolean }
  /** Anchored at both ends; only where an anchor alone does not say it. */
  | {
      readonly op: 'glob';
      readonly field: Field;
      readonly parts: readonly GlobPart[];
      readonly isCased: boolean;
    }
  /** Found anywhere in the text; RE2 syntax, checked by the front end. */
  | {
      readonly op: 're';
      readonly field: Field;
      readonly source: string;
      readonly ignoreCase: boolean;
      readonly multiline: boolean;
      readonly dotAll: boolean;
    }
  /** IPv4 or IPv6 in prefix notation; a mapped IPv4 address is its IPv4 address. */
  | { readonly op: 'cidr'; readonly field: string; readonly network: string }
  /** On numbers, and on texts that are a decimal number as a whole. */
  | { readonly op: 'compare'; readonly field: string; readonly by: Comparison; readonly value: number }
  /** The field is there, whatever it holds. */
  | { readonly op: 'exists'; readonly field: string }
  /** The field is absent or holds null. */
  | { readonly op: 'null'; readonly field: string }
  /** Any value of the one against any of the other. */
  | {
      readonly op: 'fieldref';
      readonly field: string;
      readonly other: string;
      readonly anchor: Anchor;
      readonly isCased: boolean;
    }
  /** A part, in UTC, of the instant that the field holds. */
  | {
      readonly op: 'timepart';
      readonly field: string;
      readonly part: TimePart;
      readonly by: Comparison;
      readonly value: number;
    };

export type Condition =
  | { readonly op: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly op: 'not'; readonly of: Condition }
  | { readonly op: 'test'; readonly test: Predicate }
  | { readonly op: 'true' | 'false' };

/** What the events are that a rule looks at; what is undefined is not asked for. */
export interface LogSource {
  readonly product?: string | undefined;
  readonly category?: string | undefined;
  readonly service?: string | undefined;
}

export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** A rule that looks at one event at a time. */
export interface DetectionRule {
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
  /** What the rule's author wants to see in a finding. */
  readonly fields: readonly string[];
  readonly logsource: LogSource;
  readonly condition: Condition;
  readonly file: string;
  /** Where the rule begins in its file, from 1. */
  readonly line: number;
  /** The rule's own text, for people. */
  readonly text: string;
}

/**
 * Case as Sigma ignores it: each code point's lower case where that is one code point, itself otherwise. So a
 * folded text has as many code points as it had, and folding parts is folding the whole.
 */
export function foldCase(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase();
  let folded = '';
  for (const character of text) {
    const lower = character.toLowerCase();
    folded += isOneCodePoint(lower) ? lower : character;
  }
  return folded;
}

const NOT_ASCII = /[^ -~\s]/;

function isOneCodePoint(text: string): boolean {
  return text.length === 1 || (text.length === 2 && (text.codePointAt(0) ?? 0) > 0xffff);
}
