import {
  ANY_CHARACTER,
  type Condition,
  type Field,
  foldCase,
  type GlobPart,
  type Predicate,
} from '../../ir.ts';
import { compileGlob } from '../../regex/glob.ts';
import type { Required } from '../../regex/literals.ts';
import { compileRegex } from '../../regex/regex.ts';
import type { Atoms, Expression } from './atoms.ts';

const TRUE: Expression = { is: 'true' };
const FALSE: Expression = { is: 'false' };

/** The condition over atoms. What is dear stands behind cheap atoms that it implies. */
export function expressionOf(condition: Condition, atoms: Atoms): Expression {
  switch (condition.op) {
    case 'true':
      return TRUE;
    case 'false':
      return FALSE;
    case 'not':
      return not(expressionOf(condition.of, atoms));
    case 'and':
    case 'or':
      return join(
        condition.op,
        condition.of.map((part) => expressionOf(part, atoms)),
      );
    case 'test':
      return atomsOf(condition.test, atoms);
  }
}

/** A single text is not both the beginning and the end, and no half of a pair stands alone. */
function isPlain(parts: readonly GlobPart[]): boolean {
  return parts.length > 1 && parts.every((part) => typeof part !== 'string' || part.isWellFormed());
}

function not(of: Expression): Expression {
  if (of.is === 'true') return FALSE;
  if (of.is === 'false') return TRUE;
  return of.is === 'not' ? of.of : { is: 'not', of };
}

function join(is: 'and' | 'or', parts: readonly Expression[]): Expression {
  const neutral = is === 'and' ? 'true' : 'false';
  const absorbing = is === 'and' ? 'false' : 'true';
  const flat = parts.flatMap((part) => (part.is === is ? part.of : [part]));
  if (flat.some((part) => part.is === absorbing)) return { is: absorbing };
  const seen = new Set<number>();
  const of = flat.filter((part) => {
    if (part.is === neutral) return false;
    if (part.is !== 'atom') return true;
    if (seen.has(part.atom)) return false;
    seen.add(part.atom);
    return true;
  });
  if (of.length === 0) return { is: neutral };
  return of.length === 1 ? (of[0] ?? TRUE) : { is, of };
}

function atomsOf(test: Predicate, atoms: Atoms): Expression {
  switch (test.op) {
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith': {
      // A half of a pair is in the UTF-16 of the pair, not in its UTF-8.
      if (!test.text.isWellFormed()) return atoms.host(test);
      if (test.text === '' && test.op !== 'equals') return anyText(test.field, atoms);
      const folded = atoms.text(test.op, test.field, foldCase(test.text), false);
      if (!test.isCased) return folded;
      return join('and', [folded, atoms.text(test.op, test.field, test.text, true)]);
    }
    case 'exists':
      return atoms.exists(test.field);
    case 'null':
      return atoms.isNull(test.field);
    case 're': {
      const regex = compileRegex(test.source, test);
      // The front end has refused what does not compile; if it has not, it never holds.
      if ('refused' in regex) return FALSE;
      return join('and', [...guards(test, regex.required, atoms), atoms.host(test)]);
    }
    case 'glob': {
      const required = compileGlob(test.parts).required;
      const isSequence = test.parts.every((part) => part !== ANY_CHARACTER) && isPlain(test.parts);
      return join('and', [
        ...guards(test, required, atoms),
        isSequence ? atoms.sequence(test) : atoms.host(test),
      ]);
    }
    case 'cidr':
    case 'compare':
    case 'timepart':
      return join('and', [atoms.exists(test.field), atoms.host(test)]);
    case 'fieldref':
      return join('and', [atoms.exists(test.field), atoms.exists(test.other), atoms.fieldref(test)]);
  }
}

/** What every text begins with, ends with and holds: that there is one is all that is asked. */
function anyText(field: Field, atoms: Atoms): Expression {
  return join('and', [...(field === null ? [] : [atoms.exists(field)]), atoms.length(field, 0)]);
}

function guards(
  { field }: Extract<Predicate, { op: 're' | 'glob' }>,
  { texts, lengthMin, runs }: Required,
  atoms: Atoms,
): readonly Expression[] {
  const lists = texts
    .filter((list) => list.every((text) => text.isWellFormed()))
    .map((list) =>
      join(
        'or',
        list.map((text) => atoms.text('contains', field, foldCase(text), false)),
      ),
    );
  const longRuns = runs.map(({ characters, length }) => atoms.run(field, characters, length));
  return lengthMin > 1 ? [...lists, atoms.length(field, lengthMin), ...longRuns] : [...lists, ...longRuns];
}
