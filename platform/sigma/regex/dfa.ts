import { type Alphabet, alphabetOf, EDGE, NEWLINE, OTHER, WORD_CHARACTER } from './alphabet.ts';
import { holds, startsAtTextBegin } from './assertions.ts';
import { codePointIn } from './code-point.ts';
import type { Required } from './literals.ts';
import { ASSERT, MATCH, type Program, SET, SPLIT } from './program.ts';
import type { CompiledRegex } from './regex.ts';

/** States kept; what comes after is worked out again, so time stays linear and memory bounded. */
const STATES_MAX = 2_000;
/** Entries of the transition table kept: 1 MiB for each expression that was ever that busy. */
const CELLS_MAX = 262_144;
const INSTRUCTION_NS = 20;
const STATE_NS = 1_000;
const STEP_NS = 2;
/** A way to the next place where a match may begin that is so short costs more than it saves; so often it is tried. */
const HOP_MIN = 64;
const SHORT_HOPS_MAX = 8;
/** In a shorter text the search for a place costs more than going there. */
const HOPPED_BYTES_MIN = 128;

/** Cell values; states follow from `FIRST`, multiplied by the row's length already. */
const UNKNOWN = 0;
const ACCEPT = 1;
const DEAD = 2;

/**
 * A deterministic automaton that is made while it runs. A state is a set of instructions at which the text so
 * far may stand, before assertions are asked, and what the last character was; assertions are answered when
 * the next character is known.
 */
export class Dfa implements CompiledRegex {
  readonly #program: Program;
  readonly #alphabet: Alphabet;
  readonly #row: number;
  readonly #first: number;
  readonly #isAnchored: boolean;
  #cells: Int32Array;
  #used = 0;
  #states = new Map<string, number>();
  #contents: { readonly at: readonly number[]; readonly before: number }[] = [];
  #work = 0;
  readonly #mark: Uint32Array;
  #generation = 0;
  #idleMax = 0;
  #beginning = 0;
  readonly #prefix: Uint8Array | undefined;
  #clears = 0;

  readonly required: Required;

  /** @param prefix ASCII with which every match begins, where the expression has such */
  constructor(program: Program, required: Required, prefix?: Uint8Array) {
    this.#prefix = prefix;
    this.required = required;
    this.#program = program;
    this.#alphabet = alphabetOf(program.sets);
    // One more for the end of the text.
    this.#row = this.#alphabet.classCount + 1;
    this.#first = Math.ceil((DEAD + 1) / this.#row) * this.#row;
    this.#mark = new Uint32Array(program.op.length);
    this.#isAnchored = startsAtTextBegin(program);
    this.#cells = new Int32Array(this.#first + 16 * this.#row);
    this.#clear();
  }

  matches(text: string): boolean {
    let state = this.#beginning;
    let at = 0;
    const { ascii } = this.#alphabet;
    while (at < text.length) {
      const unit = text.charCodeAt(at);
      let kind: number;
      if (unit < 0x80) {
        kind = ascii[unit] ?? 0;
        at += 1;
      } else {
        const codePoint = text.codePointAt(at) ?? 0;
        kind = this.#alphabet.classOf(codePoint);
        at += codePoint > 0xffff ? 2 : 1;
      }
      let next = this.#cells[state + kind] ?? 0;
      if (next === UNKNOWN) next = this.#step(state, kind);
      if (next <= DEAD) {
        this.#work += at * STEP_NS;
        return next === ACCEPT;
      }
      state = next;
    }
    this.#work += text.length * STEP_NS;
    return this.#atEnd(state);
  }

  matchesBytes(bytes: Uint8Array, from: number, to: number): boolean {
    const { ascii } = this.#alphabet;
    let state = this.#beginning;
    let at = from;
    let skipped = 0;
    let hops = this.#prefix === undefined || to - from < HOPPED_BYTES_MIN ? 0 : SHORT_HOPS_MAX;
    try {
      while (at < to) {
        if (hops > 0 && state <= this.#idleMax) {
          const next = placeOf(this.#prefix, bytes, at, to);
          const hop = next - at;
          skipped += hop;
          at = next;
          // Nothing was begun, and nothing can begin.
          if (at === to) return false;
          if (hop < HOP_MIN) hops -= 1;
        }
        at = runAscii(this.#cells, ascii, bytes, at, to, state, hops > 0 ? this.#idleMax : DEAD);
        state = reached;
        if (at === to) break;
        const byte = bytes[at] ?? 0;
        const kind = byte < 0x80 ? (ascii[byte] ?? 0) : this.#alphabet.classOf(codePointIn(bytes, at));
        at += byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
        let next = this.#cells[state + kind] ?? 0;
        if (next === UNKNOWN) next = this.#step(state, kind);
        if (next <= DEAD) return next === ACCEPT;
        state = next;
      }
      return this.#atEnd(state);
    } finally {
      this.#work += (at - from - skipped) * STEP_NS + (skipped >> 1);
    }
  }

  takeWork(): number {
    const work = this.#work;
    this.#work = 0;
    return work;
  }

  /** The states of nothing begun are the lowest, so that the loop leaves for them with the comparison it has. */
  #internIdle(): void {
    for (const before of [EDGE, NEWLINE, WORD_CHARACTER, OTHER])
      this.#idleMax = this.#intern([this.#program.start], before);
    this.#beginning = this.#intern([this.#program.start], EDGE);
  }

  #atEnd(state: number): boolean {
    const end = this.#alphabet.classCount;
    const cell = this.#cells[state + end] ?? 0;
    return (cell === UNKNOWN ? this.#step(state, end) : cell) === ACCEPT;
  }

  /** Where the state goes with a character of the class, which is written down. */
  #step(state: number, kind: number): number {
    const { op, argument, next } = this.#program;
    const { classCount, members, kinds } = this.#alphabet;
    const { at, before } = this.#contents[(state - this.#first) / this.#row] ?? { at: [], before: EDGE };
    const isEnd = kind === classCount;
    const after = isEnd ? EDGE : (kinds[kind] ?? 0);
    const reached = this.#closure(at, before, after);
    let result: number;
    if (reached.some((instruction) => op[instruction] === MATCH)) result = ACCEPT;
    else if (isEnd) result = DEAD;
    else {
      const inside = members[kind] ?? [];
      const stepped = reached
        .filter((instruction) => op[instruction] === SET && inside[argument[instruction] ?? 0] === true)
        .map((instruction) => next[instruction] ?? 0);
      // Looked for anywhere: a new attempt begins at every character.
      if (!this.#isAnchored) stepped.push(this.#program.start);
      const unique = [...new Set(stepped)].sort((a, b) => a - b);
      if (unique.length === 0) result = DEAD;
      else {
        const clears = this.#clears;
        result = this.#intern(unique, after);
        // When the cache was emptied for it, the state that led here is gone.
        if (this.#clears !== clears) return result;
      }
    }
    this.#cells[state + kind] = result;
    return result;
  }

  /** Every instruction reached without consuming, given what stands before and after the place. */
  #closure(from: readonly number[], before: number, after: number): number[] {
    const { op, argument, next, other } = this.#program;
    this.#generation += 1;
    const stack = [...from];
    const reached: number[] = [];
    while (stack.length > 0) {
      const instruction = stack.pop() ?? 0;
      if (this.#mark[instruction] === this.#generation) continue;
      this.#mark[instruction] = this.#generation;
      this.#work += INSTRUCTION_NS;
      const kind = op[instruction];
      if (kind === SPLIT) stack.push(next[instruction] ?? 0, other[instruction] ?? 0);
      else if (kind === ASSERT) {
        if (holds(argument[instruction] ?? 0, before, after)) stack.push(next[instruction] ?? 0);
      } else reached.push(instruction);
    }
    return reached;
  }

  #intern(at: readonly number[], before: number): number {
    const key = `${before}:${at.join()}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    this.#work += STATE_NS;
    const size = (this.#contents.length + 1) * this.#row + this.#first;
    if (this.#contents.length >= STATES_MAX || size > CELLS_MAX) {
      this.#clear();
    }
    const state = this.#used;
    if (state + this.#row > this.#cells.length) {
      const larger = new Int32Array(this.#cells.length * 2);
      larger.set(this.#cells);
      this.#cells = larger;
    }
    this.#used += this.#row;
    this.#states.set(key, state);
    this.#contents.push({ at, before });
    return state;
  }

  #clear(): void {
    this.#clears += 1;
    this.#cells.fill(UNKNOWN);
    this.#states = new Map();
    this.#contents = [];
    this.#used = this.#first;
    this.#internIdle();
  }
}

/** The state in which `runAscii` stopped; beside its result, so that nothing is allocated. */
let reached = 0;

/**
 * From state to state as long as that is all there is to do: nothing else in the loop, which is half of what
 * an attacker can make the engine do.
 *
 * @returns the place of the first character that is not ASCII or leads no further than cell value `stop`
 */
function runAscii(
  cells: Int32Array,
  ascii: Uint16Array,
  bytes: Uint8Array,
  at: number,
  to: number,
  state: number,
  stop: number,
): number {
  while (at < to) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80) break;
    const next = cells[state + (ascii[byte] ?? 0)] ?? 0;
    if (next <= stop) break;
    state = next;
    at += 1;
  }
  reached = state;
  return at;
}

/** Of the prefix in the text, its end where it is not there. */
function placeOf(prefix: Uint8Array | undefined, bytes: Uint8Array, at: number, to: number): number {
  if (prefix === undefined) return at;
  const place = Buffer.from(bytes.buffer, bytes.byteOffset + at, to - at).indexOf(prefix);
  return place < 0 ? to : at + place;
}
