import { Refused } from './refused.ts';

/** A place in a pattern. */
export class Reader {
  readonly #source: string;
  #at: number;
  /** Whether what was read last is several characters of which a repetition takes only the last (`\Q…\E`). */
  wasLiteralRun = false;

  constructor(source: string, at = 0) {
    this.#source = source;
    this.#at = at;
  }

  clone(): Reader {
    return new Reader(this.#source, this.#at);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#source.length;
  }

  /** The next code unit, empty at the end. */
  get peek(): string {
    return this.#source[this.#at] ?? '';
  }

  startsWith(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  take(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.#at += text.length;
    return true;
  }

  /** @param pattern sticky */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }

  /** The next character, a whole code point. */
  next(): string {
    const codePoint = this.#source.codePointAt(this.#at);
    if (codePoint === undefined) throw new Refused('the pattern ends in the middle');
    const character = String.fromCodePoint(codePoint);
    this.#at += character.length;
    return character;
  }

  /** Up to the mark, which is passed over, or to the end. */
  until(mark: string): string {
    const end = this.#source.indexOf(mark, this.#at);
    const text = this.#source.slice(this.#at, end === -1 ? undefined : end);
    this.#at = end === -1 ? this.#source.length : end + mark.length;
    return text;
  }
}
