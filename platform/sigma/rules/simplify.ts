/** Conditions without what says nothing: no `and` in an `and`, no constants inside, no double negation. */
import type { Condition } from '../ir.ts';

export function allOf(parts: readonly Condition[]): Condition {
  return joined('and', parts);
}

export function anyOf(parts: readonly Condition[]): Condition {
  return joined('or', parts);
}

export function negation(of: Condition): Condition {
  if (of.op === 'not') return of.of;
  if (of.op === 'true') return { op: 'false' };
  if (of.op === 'false') return { op: 'true' };
  return { op: 'not', of };
}

/** `and` of nothing holds, `or` of nothing does not. */
function joined(op: 'and' | 'or', parts: readonly Condition[]): Condition {
  const neutral = op === 'and' ? 'true' : 'false';
  const deciding = op === 'and' ? 'false' : 'true';
  const of: Condition[] = [];
  for (const part of parts) {
    if (part.op === deciding) return part;
    if (part.op === neutral) continue;
    if (part.op === op) for (const inner of part.of) of.push(inner);
    else of.push(part);
  }
  if (of.length === 0) return { op: neutral };
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { op, of };
}

/** How many tests a condition has, counted as they stand. */
export function testsIn(condition: Condition): number {
  switch (condition.op) {
    case 'and':
    case 'or':
      return condition.of.reduce((sum, part) => sum + testsIn(part), 0);
    case 'not':
      return testsIn(condition.of);
    case 'test':
      return 1;
    case 'true':
    case 'false':
      return 0;
  }
}
