import {
  COND_AND,
  COND_FALSE,
  COND_NOT,
  COND_OR,
  COND_TRUE,
  OP_CONTAINS,
  OP_FIELD,
  OP_FIELD_CASED,
  OP_HOST,
  OP_RUN,
  OP_SEQUENCE,
} from '../layout.ts';
import type { Atoms, Expression } from './atoms.ts';
import type { Image } from './image.ts';
import type { Rarity } from './rarity.ts';

/** Writes conditions into the image, each part once; in `and` and `or` what decides cheaply comes first. */
export class Conditions {
  readonly #image: Image;
  readonly #atoms: Atoms;
  readonly #rarity: Rarity;
  readonly #written = new Map<string, number>();

  constructor(image: Image, atoms: Atoms, rarity: Rarity) {
    this.#image = image;
    this.#atoms = atoms;
    this.#rarity = rarity;
  }

  /** @returns the condition's address */
  write(expression: Expression): number {
    const words = this.#words(expression);
    const key = words.join();
    const known = this.#written.get(key);
    if (known !== undefined) return known;
    const at = this.#image.words(words);
    this.#written.set(key, at);
    return at;
  }

  #words(expression: Expression): readonly number[] {
    switch (expression.is) {
      case 'true':
        return [COND_TRUE];
      case 'false':
        return [COND_FALSE];
      case 'not':
        return [COND_NOT | (1 << 3), this.#child(expression.of)];
      case 'atom':
        return [COND_AND | (1 << 3), this.#child(expression)];
      case 'and':
      case 'or': {
        const isAnd = expression.is === 'and';
        const ranked = expression.of
          .map((part) => {
            const share = this.#share(part);
            return { part, rank: this.#cost(part) / (isAnd ? 1.0001 - share : 0.0001 + share) };
          })
          .sort((a, b) => a.rank - b.rank);
        const kind = isAnd ? COND_AND : COND_OR;
        return [kind | (ranked.length << 3), ...ranked.map(({ part }) => this.#child(part))];
      }
    }
  }

  #child(expression: Expression): number {
    return expression.is === 'atom' ? (expression.atom << 1) | 1 : this.write(expression);
  }

  /** How often it holds, taking parts for independent. */
  #share(expression: Expression): number {
    switch (expression.is) {
      case 'true':
        return 1;
      case 'false':
        return 0;
      case 'not':
        return 1 - this.#share(expression.of);
      case 'atom':
        return Math.min(1, this.#rarity.shareOf(expression.atom));
      case 'and':
        return expression.of.reduce((product, part) => product * this.#share(part), 1);
      case 'or':
        return Math.min(
          1,
          expression.of.reduce((sum, part) => sum + this.#share(part), 0),
        );
    }
  }

  #cost(expression: Expression): number {
    switch (expression.is) {
      case 'true':
      case 'false':
        return 0;
      case 'not':
        return this.#cost(expression.of);
      case 'atom': {
        const atom = this.#atoms.atoms[expression.atom];
        if (atom?.op === OP_HOST) return 400;
        const leaves = atom?.field === 0 ? 20 : 1;
        if ((atom?.op ?? 0) >= OP_SEQUENCE) return 10 * leaves;
        if (atom?.op === OP_RUN || atom?.op === OP_FIELD || atom?.op === OP_FIELD_CASED) return 8 * leaves;
        return ((atom?.op ?? 0) & 3) === OP_CONTAINS ? 6 * leaves : leaves;
      }
      case 'and':
      case 'or':
        return expression.of.reduce((sum, part) => sum + this.#cost(part), 0);
    }
  }
}
