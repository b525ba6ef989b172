/** Shapes (`shape.ts`) from their text to the nodes that are matched. */

type Field = 'host' | 'ip' | 'int' | 'word' | 'least' | 'most';
export type Node =
  | { readonly kind: 'literal'; readonly text: string; readonly next: Node }
  | {
      readonly kind: 'field';
      readonly field: Field /** Empty where it is not kept. */;
      readonly name: string;
      readonly next: Node;
    }
  | { readonly kind: 'choice'; readonly of: readonly Node[] }
  | { readonly kind: 'end'; readonly next: Node }
  | { readonly kind: 'done' };

export const DONE: Node = { kind: 'done' };

/** From the right to the left, so that every node knows what follows it. */
export class ShapeParser {
  mark = '';
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  sequence(next: Node, isOutermost: boolean): Node {
    const makers: ((next: Node) => Node)[] = [];
    let literal = '';
    const flush = (): void => {
      const text = literal;
      literal = '';
      if (text === '') return;
      if (isOutermost && text.length > this.mark.length) this.mark = text;
      makers.push((following) => ({ kind: 'literal', text, next: following }));
    };
    for (; this.#at < this.#source.length; ) {
      const character = this.#source[this.#at] ?? '';
      if (!isOutermost && (character === '|' || character === ')')) break;
      this.#at += 1;
      if (character === '\\') {
        literal += this.#source[this.#at] ?? '';
        this.#at += 1;
      } else if (character === '(') {
        flush();
        const starts = this.#branches();
        makers.push((following) => ({
          kind: 'choice',
          of: starts.map((start) => new ShapeParser(start).sequence(following, false)),
        }));
      } else if (character === '$') {
        flush();
        makers.push(this.#field());
      } else literal += character;
    }
    flush();
    return makers.reduceRight((following, make) => make(following), next);
  }

  /** The texts between the parentheses, each compiled once for what follows it. */
  #branches(): readonly string[] {
    const branches = [''];
    for (let depth = 1; this.#at < this.#source.length; this.#at += 1) {
      const character = this.#source[this.#at] ?? '';
      if (character === '\\') {
        branches[branches.length - 1] += character + (this.#source[this.#at + 1] ?? '');
        this.#at += 1;
        continue;
      }
      if (character === '(') depth += 1;
      if (character === ')') depth -= 1;
      if (depth === 0) break;
      if (character === '|' && depth === 1) branches.push('');
      else branches[branches.length - 1] += character;
    }
    this.#at += 1;
    return branches;
  }

  #field(): (next: Node) => Node {
    const isMost = this.#source[this.#at] === '$';
    if (isMost) this.#at += 1;
    const start = this.#at;
    while (isLower(this.#source.charCodeAt(this.#at))) this.#at += 1;
    const name = this.#source.slice(start, this.#at);
    if (name === '') throw new Error(`a field without a name in ${this.#source}`);
    if (name === 'end') return (next) => ({ kind: 'end', next });
    const field = KINDS[name] ?? (isMost ? 'most' : 'least');
    return (next) => {
      if ((field === 'least' || field === 'most') && next.kind === 'field')
        throw new Error(`$${name} has no text behind it in ${this.#source}`);
      return { kind: 'field', field, name: NOT_KEPT.has(name) ? '' : name === 'ip' ? 'host' : name, next };
    };
  }
}

const KINDS: Readonly<Record<string, Field>> = {
  host: 'host',
  ip: 'ip',
  int: 'int',
  port: 'int',
  word: 'word',
  method: 'word',
  peer: 'host',
};
const isLower = (code: number): boolean => code >= 0x61 && code <= 0x7a;
/** What stands in the message and nobody asks for; `peer` is an address that is not the sender's. */
const NOT_KEPT = new Set(['any', 'int', 'word', 'peer']);
