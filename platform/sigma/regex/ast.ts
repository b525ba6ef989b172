import type { Ranges } from './ranges.ts';

/** Where nothing is consumed but something must hold (RE2 syntax, "empty strings"). */
export type Assertion = 'text-begin' | 'text-end' | 'line-begin' | 'line-end' | 'word-edge' | 'no-word-edge';

/** A regular expression without groups and laziness: they change what is captured, never whether it matches. */
export type Regex =
  | { readonly is: 'empty' }
  | { readonly is: 'set'; readonly ranges: Ranges }
  | { readonly is: 'assert'; readonly what: Assertion }
  | { readonly is: 'cat' | 'alt'; readonly of: readonly Regex[] }
  /** `max` is undefined for "as often as you like". */
  | { readonly is: 'repeat'; readonly of: Regex; readonly min: number; readonly max: number | undefined };
