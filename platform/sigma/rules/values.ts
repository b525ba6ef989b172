/** What a value of a rule is, before and after its modifiers. */
import type { Comparison, TimePart } from '../ir.ts';
import { type Pattern, parsePattern } from './pattern.ts';
import type { Scalar } from './yaml-tree.ts';

export type Value =
  | {
      readonly kind: 'text';
      readonly pattern: Pattern;
      /** As the rule says it; `re` and `cidr` take no wildcards from it. */
      readonly raw: string;
      /** The literals stand for bytes (`encodings.ts`). */
      readonly isBytes: boolean;
      /** What it says is no longer what the rule says. */
      readonly isEncoded: boolean;
    }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'boolean'; readonly boolean: boolean }
  | { readonly kind: 'null' }
  | {
      readonly kind: 'regular expression';
      readonly source: string;
      readonly ignoreCase: boolean;
      readonly multiline: boolean;
      readonly dotAll: boolean;
    }
  | { readonly kind: 'network'; readonly network: string }
  | { readonly kind: 'time part'; readonly part: TimePart; readonly by: Comparison; readonly number: number }
  | { readonly kind: 'comparison'; readonly by: Comparison; readonly number: number }
  | { readonly kind: 'existence'; readonly isWanted: boolean }
  | {
      readonly kind: 'field reference';
      readonly other: string;
      readonly isOpened: boolean;
      readonly isClosed: boolean;
    };

export type TextValue = Extract<Value, { readonly kind: 'text' }>;

export function valueOf(scalar: Scalar): Value {
  if (scalar === null) return { kind: 'null' };
  if (typeof scalar === 'number') return { kind: 'number', number: scalar };
  if (typeof scalar === 'boolean') return { kind: 'boolean', boolean: scalar };
  return { kind: 'text', pattern: parsePattern(scalar), raw: scalar, isBytes: false, isEncoded: false };
}

/** Texts, and numbers and booleans as their JSON text. */
export function asText(value: Value): TextValue | undefined {
  if (value.kind === 'text') return value;
  if (value.kind !== 'number' && value.kind !== 'boolean') return undefined;
  const raw = String(value.kind === 'number' ? value.number : value.boolean);
  return { kind: 'text', pattern: [raw], raw, isBytes: false, isEncoded: false };
}
