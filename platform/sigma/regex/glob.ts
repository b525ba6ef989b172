import { ANY_TEXT, type GlobPart } from '../ir.ts';
import type { Regex } from './ast.ts';
import { EVERYTHING } from './ranges.ts';
import { type CompiledRegex, compiled } from './regex.ts';

/** A pattern with `*` and `?`, anchored at both ends, matched in linear time. @throws Refused when too large */
export function compileGlob(parts: readonly GlobPart[]): CompiledRegex {
  return compiled({
    is: 'cat',
    of: [{ is: 'assert', what: 'text-begin' }, ...parts.flatMap(asRegex), { is: 'assert', what: 'text-end' }],
  });
}

function asRegex(part: GlobPart): readonly Regex[] {
  const any: Regex = { is: 'set', ranges: EVERYTHING };
  if (part === ANY_TEXT) return [{ is: 'repeat', of: any, min: 0, max: undefined }];
  if (typeof part === 'number') return [any];
  return Array.from(part, (character): Regex => {
    const codePoint = character.codePointAt(0) ?? 0;
    return { is: 'set', ranges: [codePoint, codePoint] };
  });
}
