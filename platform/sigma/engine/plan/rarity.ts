import { OP_CONTAINS, OP_EQUALS, OP_EXISTS, OP_HOST, OP_LENGTH, OP_NULL } from '../layout.ts';
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
  const shares = atoms.atoms.map((atom, number) => {
    const guess = guessed(atom, atoms.uses[number] ?? 1);
    if (observed === undefined || observed.events === 0 || atom.op > OP_EQUALS) return guess;
    // What a sample never showed is ordered by the guess, far below what it showed once.
    return (observed.counts[number] ?? 0) / observed.events + (guess * 0.1) / observed.events;
  });
  return { shareOf: (atom) => shares[atom] ?? 1 };
}

/** Rules ask most for what is common: `\powershell.exe` stands in hundreds, a tool of one attacker in one. */
function guessed({ op, text }: Atom, uses: number): number {
  switch (op) {
    case OP_EXISTS:
      return 0.9;
    case OP_NULL:
      return 0.5;
    case OP_LENGTH:
    case OP_HOST:
      return 0.5;
    default: {
      const base = (op & 3) === OP_CONTAINS ? 0.25 : 0.06;
      const length = (op & 3) === OP_CONTAINS ? text.length : text.length + 2;
      // A short text that must be the whole value is one of few: a level, an event's number.
      const choice = (op & 3) === OP_EQUALS && text.length < 6 ? 8 : 1;
      return Math.min(0.9, base * 0.78 ** Math.min(length, 28) * choice * uses ** 1.2);
    }
  }
}
