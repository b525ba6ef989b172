import type { Anchor, Field, Predicate } from '../../ir.ts';
import {
  OP_CASED,
  OP_CONTAINS,
  OP_ENDS,
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
  OP_STARTS,
} from '../layout.ts';
import { utf8Of } from './utf8.ts';

/** One question to one field. Rules that ask the same share it, and it is answered once per event. */
export interface Atom {
  readonly op: number;
  /** Number of the field; 0 is every leaf of the event. */
  readonly field: number;
  readonly text: Uint8Array;
  /** Bytes of the text, or the length that an `OP_LENGTH` atom asks for. */
  readonly length: number;
  /** What the host evaluates. */
  readonly predicate: Predicate | undefined;
  /** The other field of an `OP_FIELD` atom. */
  readonly other: number | undefined;
  /** Of an `OP_SEQUENCE` atom. */
  readonly parts: readonly SequencePart[] | undefined;
}

export interface SequencePart {
  readonly text: Uint8Array;
  readonly anchor: number;
}

/** A condition over atoms, by their numbers. */
export type Expression =
  | { readonly is: 'and' | 'or'; readonly of: readonly Expression[] }
  | { readonly is: 'not'; readonly of: Expression }
  | { readonly is: 'atom'; readonly atom: number }
  | { readonly is: 'true' | 'false' };

const OPS: Readonly<Record<Anchor, number>> = {
  contains: OP_CONTAINS,
  startswith: OP_STARTS,
  endswith: OP_ENDS,
  equals: OP_EQUALS,
};

/** Every atom and every field that the rules ask for. */
export class Atoms {
  readonly atoms: Atom[] = [];
  /** How often rules ask for the atom: what is asked often is seldom rare. */
  readonly uses: number[] = [];
  readonly fields = new Map<string, number>();
  readonly #known = new Map<string, number>();

  fieldNumber(field: Field): number {
    if (field === null) return 0;
    const known = this.fields.get(field);
    if (known !== undefined) return known;
    const number = this.fields.size + 1;
    this.fields.set(field, number);
    return number;
  }

  text(anchor: Anchor, field: Field, text: string, isCased: boolean): Expression {
    return this.#add(OPS[anchor] + (isCased ? OP_CASED : 0), field, text);
  }

  exists(field: string): Expression {
    return this.#add(OP_EXISTS, field, '');
  }

  isNull(field: string): Expression {
    return this.#add(OP_NULL, field, '');
  }

  /** At least that many bytes. */
  length(field: Field, bytes: number): Expression {
    return this.#add(OP_LENGTH, field, '', bytes);
  }

  /** So many characters of the class in a row; the class is sixteen bytes, a bit for each ASCII code. */
  run(field: Field, characters: Uint8Array, length: number): Expression {
    return this.#add(
      OP_RUN,
      field,
      Buffer.from(characters).toString('latin1'),
      length,
      undefined,
      characters,
    );
  }

  /** Any value of the field against any of the other. */
  fieldref({ field, other, anchor, isCased }: Extract<Predicate, { op: 'fieldref' }>): Expression {
    const number = this.fieldNumber(other);
    const op = isCased ? OP_FIELD_CASED : OP_FIELD;
    return this.#add(op, field, `${number} ${anchor}`, OPS[anchor], undefined, undefined, number);
  }

  /** Texts and `*` only. */
  sequence({ field, parts, isCased }: Extract<Predicate, { op: 'glob' }>): Expression {
    const texts = parts.flatMap((part, at): SequencePart[] =>
      typeof part === 'string'
        ? [
            {
              text: utf8Of(part),
              anchor: at === 0 ? OP_STARTS : at === parts.length - 1 ? OP_ENDS : OP_CONTAINS,
            },
          ]
        : [],
    );
    const op = isCased ? OP_SEQUENCE_CASED : OP_SEQUENCE;
    return this.#add(op, field, JSON.stringify(parts), 0, undefined, undefined, undefined, texts);
  }

  host(predicate: Predicate): Expression {
    return this.#add(OP_HOST, predicate.field, '', 0, predicate);
  }

  #add(
    op: number,
    field: Field,
    text: string,
    length?: number,
    predicate?: Predicate,
    exactBytes?: Uint8Array,
    other?: number,
    parts?: readonly SequencePart[],
  ): Expression {
    const number = this.fieldNumber(field);
    const key = `${op} ${number} ${length ?? ''} ${predicate === undefined ? text : JSON.stringify(predicate)}`;
    let atom = this.#known.get(key);
    if (atom === undefined) {
      const bytes = exactBytes ?? utf8Of(text);
      atom =
        this.atoms.push({
          op,
          field: number,
          text: bytes,
          length: length ?? bytes.length,
          predicate,
          other,
          parts,
        }) - 1;
      this.#known.set(key, atom);
      this.uses.push(0);
    }
    this.uses[atom] = (this.uses[atom] ?? 0) + 1;
    return { is: 'atom', atom };
  }
}
