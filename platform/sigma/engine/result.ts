/** What came of a batch of lines; lines are counted from 0. */
export interface LineMatches {
  readonly lineCount: number;
  /** Matches in pairs: `line[i]` is matched by rule `rule[i]`. */
  readonly line: Uint32Array;
  readonly rule: Uint32Array;
  /** Lines whose evaluation ended before every rule was asked: what they match besides is not known. */
  readonly incomplete: Uint32Array;
  /** Lines that are not JSON. */
  readonly malformed: Uint32Array;
}

/** Results while they come in. */
export class Found {
  lineCount = 0;
  readonly incomplete: number[] = [];
  readonly malformed: number[] = [];
  readonly #line: number[] = [];
  readonly #rule: number[] = [];

  add(line: number, rule: number): void {
    this.#line.push(line);
    this.#rule.push(rule);
  }

  finished(): LineMatches {
    return {
      lineCount: this.lineCount,
      line: Uint32Array.from(this.#line),
      rule: Uint32Array.from(this.#rule),
      incomplete: Uint32Array.from(this.incomplete),
      malformed: Uint32Array.from(this.malformed),
    };
  }
}
