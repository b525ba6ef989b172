import { OP_CASED, OP_CONTAINS, OP_EXISTS, OP_NULL } from '../layout.ts';
import type { Atoms, Expression } from './atoms.ts';
import type { Rarity } from './rarity.ts';

/** Atoms of which one holds whenever the rule does; undefined when there are none that can be looked for. */
export type Pivots = readonly number[] | undefined;

interface Choice {
  readonly atoms: readonly number[];
  readonly cost: number;
}

/** The necessary atoms that wake the rule least often. */
export function pivotsOf(expression: Expression, atoms: Atoms, rarity: Rarity): Pivots {
  return choose(expression, atoms, rarity)?.atoms;
}

function choose(expression: Expression, atoms: Atoms, rarity: Rarity): Choice | undefined {
  switch (expression.is) {
    case 'false':
      return { atoms: [], cost: 0 };
    case 'true':
    case 'not':
      return undefined;
    case 'atom': {
      const atom = atoms.atoms[expression.atom];
      if (atom === undefined || !canWake(atom.op, atom.field)) return undefined;
      return { atoms: [expression.atom], cost: rarity.shareOf(expression.atom) + lookingCost(atom) };
    }
    case 'and': {
      let best: Choice | undefined;
      for (const part of expression.of) {
        const choice = choose(part, atoms, rarity);
        if (choice !== undefined && (best === undefined || choice.cost < best.cost)) best = choice;
      }
      return best;
    }
    case 'or': {
      const choices = expression.of.map((part) => choose(part, atoms, rarity));
      if (choices.some((choice) => choice === undefined)) return undefined;
      return {
        atoms: [...new Set(choices.flatMap((choice) => choice?.atoms ?? []))],
        cost: choices.reduce((sum, choice) => sum + (choice?.cost ?? 0), 0),
      };
    }
  }
}

function canWake(op: number, field: number): boolean {
  if (op === OP_EXISTS || op === OP_NULL) return field !== 0;
  return op < OP_CASED;
}

/** What looking for it costs whether it is there or not: short texts cost a pass of their own. */
function lookingCost({ op, text, field }: { op: number; text: Uint8Array; field: number }): number {
  if (op !== OP_CONTAINS) return 1e-7;
  return (text.length < 4 ? 5e-4 : 1e-6) * (field === 0 ? 10 : 1);
}
