import {
  OP_CONTAINS,
  OP_EQUALS,
  OP_EXISTS,
  OP_FIELD,
  OP_FIELD_CASED,
  OP_HOST,
  OP_LENGTH,
  OP_NULL,
  OP_RUN,
  OP_SEQUENCE,
  OP_SEQUENCE_CASED,
} from '../layout.ts';
import type { Atom, Atoms } from './atoms.ts';

/** Of how many events of the group an atom holds, from 0 to 1: seen in a sample, or guessed. */
export interface Rarity {
  shareOf(atom: number): number;
}

/** What a sample said: by atom, in how many of its events it held. */
export interface Observed {
  readonly counts: Uint32Array;
  readonly events: number;
}

export function rarityOf(atoms: Atoms, observed: Observed | undefined): Rarity {
  const usesByField = new Map<number, number>();
  for (const [number, { op, field }] of atoms.atoms.entries())
    if (op < OP_EXISTS && (op & 3) !== OP_CONTAINS)
      usesByField.set(field, (usesByField.get(field) ?? 0) + (atoms.uses[number] ?? 1));
  const shares = atoms.atoms.map((atom, number) => {
    const guess = guessed(atom, atoms.uses[number] ?? 1, usesByField.get(atom.field) ?? 1);
    if (observed === undefined || observed.events === 0 || atom.op > OP_EQUALS) return guess;
    // What a sample never showed is ordered by the guess, far below what it showed once.
    return (observed.counts[number] ?? 0) / observed.events + (guess * 0.1) / observed.events;
  });
  return { shareOf: (atom) => shares[atom] ?? 1 };
}

/** Rules ask most for what is common: `\powershell.exe` stands in hundreds, a tool of one attacker in one. */
function guessed({ op, text }: Atom, uses: number, usesOfField: number): number {
  switch (op) {
    case OP_EXISTS:
      return 0.9;
    case OP_NULL:
      return 0.5;
    case OP_RUN:
    case OP_SEQUENCE:
    case OP_SEQUENCE_CASED:
    case OP_FIELD:
    case OP_FIELD_CASED:
      return 0.05;
    case OP_LENGTH:
    case OP_HOST:
      return 0.5;
    default: {
      // What rules ask a field to be is taken for what it is: of four levels each is common, of a thousand
      // programs none.
      if ((op & 3) !== OP_CONTAINS) return Math.min(0.9, (0.6 * uses) / Math.max(1, usesOfField));
      return Math.min(0.9, 0.25 * 0.78 ** Math.min(text.length, 28) * uses ** 1.2);
    }
  }
}
