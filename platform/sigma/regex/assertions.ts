/** Assertions: what must stand on both sides of a place. */
import { EDGE, NEWLINE, WORD_CHARACTER } from './alphabet.ts';
import { ASSERT, ASSERTIONS, type Program } from './program.ts';

export function holds(number: number, before: number, after: number): boolean {
  const assertion = ASSERTIONS[number] ?? 'no-word-edge';
  switch (assertion) {
    case 'text-begin':
      return before === EDGE;
    case 'text-end':
      return after === EDGE;
    case 'line-begin':
      return before === EDGE || before === NEWLINE;
    case 'line-end':
      return after === EDGE || after === NEWLINE;
    case 'word-edge':
      return (before === WORD_CHARACTER) !== (after === WORD_CHARACTER);
    case 'no-word-edge':
      return (before === WORD_CHARACTER) === (after === WORD_CHARACTER);
  }
}

/** Whether nothing but the beginning of the text can be where a match begins. */
export function startsAtTextBegin({ op, argument, start }: Program): boolean {
  return op[start] === ASSERT && ASSERTIONS[argument[start] ?? 0] === 'text-begin';
}
