import { randomBytes } from 'node:crypto';
import { MATCHER_MODULE } from './generated/matcher-module.ts';
import * as layout from './layout.ts';
import type { Tables } from './plan/tables.ts';

const PAGE_BYTES = 65_536;
/** What one call takes in; a longer line makes it grow, up to the longest line that is looked at. */
const INPUT_BYTES = 1 << 20;
export const LINE_BYTES_MAX = 16 << 20;
const RESULT_BYTES = 1 << 18;
/** A folded text may be half as long again as its JSON, and it may be kept unfolded too. */
const ARENA_PER_INPUT_BYTE = 3;
const ARENA_BYTES = 1 << 18;

export interface Host {
  fieldOf(parent: number, node: number, key: number, bytes: number): number;
  routeOf(): number;
  holds(atom: number): number;
  numberText(raw: number, end: number, into: number): number;
}

interface Exports {
  matchLines(from: number, to: number, root: number, group: number): number;
  countLines(from: number, to: number, root: number): void;
  writeText(value: number): void;
  writeFolded(value: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** The compiled module with a memory of its own: tables, working space, input. */
export class Matcher {
  readonly calls: Exports;
  readonly #memory: WebAssembly.Memory;
  readonly #workingTop: number;
  bytes: Uint8Array;
  words: Uint32Array;
  input = 0;
  inputBytes = 0;

  constructor(tables: Tables, host: Host) {
    compiled ??= new WebAssembly.Module(Buffer.from(MATCHER_MODULE, 'base64'));
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(tables.memory.length / PAGE_BYTES) });
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.words = new Uint32Array(this.#memory.buffer);
    this.bytes.set(tables.memory);
    let top = tables.memory.length;
    const room = (bytes: number): number => {
      const at = (top + 15) & ~15;
      top = at + bytes;
      return at;
    };
    const cells = new Map(tables.cells);
    const fieldBytes = (tables.fields.length + 1) * layout.FIELD_HEAD_BYTES;
    cells.set(layout.AT_FIELD_HEADS, room(fieldBytes));
    cells.set(layout.AT_FULL_STAMPS, room(fieldBytes));
    cells.set(layout.AT_VALUES, room((layout.LEAVES_MAX_WHOLE + 1) * layout.VALUE_BYTES));
    cells.set(layout.AT_ATOM_STAMPS, room(tables.atomCount * 8));
    cells.set(layout.AT_RULE_STAMPS, room(tables.ruleCount * 4));
    cells.set(layout.AT_CANDIDATES, room(tables.ruleCount * 4));
    const resultBytes = RESULT_BYTES + (tables.ruleCount + layout.RESULT_HEAD_WORDS) * 4;
    cells.set(layout.AT_RESULT, room(resultBytes));
    cells.set(layout.AT_RESULT_END, top);
    cells.set(layout.AT_NODES, room(layout.NODES_MAX * layout.NODE_BYTES));
    cells.set(layout.AT_NODE_SLOTS, room(layout.NODE_SLOTS * 4));
    cells.set(layout.AT_KEYS, room(layout.KEYS_BYTES));
    cells.set(layout.AT_KEYS_END, top);
    cells.set(layout.KEYS_TOP, cells.get(layout.AT_KEYS) ?? 0);
    cells.set(layout.AT_STACK, room((layout.DEPTH_MAX_WHOLE + 1) * 8));
    cells.set(layout.AT_ROUTE_SLOTS, room(layout.ROUTE_SLOTS * layout.ROUTE_SLOT_BYTES));
    cells.set(layout.AT_ROUTE_KEYS, room(layout.ROUTE_KEYS_BYTES));
    cells.set(layout.AT_ROUTE_KEYS_END, top);
    cells.set(layout.ROUTE_KEYS_TOP, cells.get(layout.AT_ROUTE_KEYS) ?? 0);
    cells.set(layout.AT_PLACES, room((layout.PLACES_BLOCK + 8) * 4));
    cells.set(layout.AT_PAIRS_DONE, room((layout.PAIR_SLOTS + 256) * 4));
    cells.set(layout.HASH_SEED, randomBytes(4).readUInt32LE());
    cells.set(layout.NODE_COUNT, layout.ROOT_OF_VIEW);
    this.#workingTop = room(16);
    this.#grow(this.#workingTop);
    for (const [at, value] of cells) this.words[at >> 2] = value;
    this.provide(INPUT_BYTES);
    const instance = new WebAssembly.Instance(compiled, {
      env: { memory: this.#memory },
      host: { ...host },
    });
    this.calls = instance.exports as unknown as Exports;
  }

  get bytesUsed(): number {
    return this.bytes.length;
  }

  /** Makes room for that much input. */
  provide(bytes: number): void {
    if (bytes <= this.inputBytes) return;
    const arena = this.#workingTop;
    const arenaEnd = arena + ARENA_BYTES + ARENA_PER_INPUT_BYTE * bytes;
    this.input = (arenaEnd + layout.PADDING + 15) & ~15;
    this.inputBytes = bytes;
    // A name may be compared with one that is as long as names are learned, wherever the line ends.
    this.#grow(this.input + bytes + layout.KEY_BYTES_MAX + layout.PADDING);
    this.words[layout.AT_ARENA >> 2] = arena;
    this.words[layout.AT_ARENA_END >> 2] = arenaEnd;
  }

  cell(at: number): number {
    return this.words[at >> 2] ?? 0;
  }

  setCell(at: number, value: number): void {
    this.words[at >> 2] = value;
  }

  /** Ends the input with a line feed, at which every loop over it stops. */
  endInput(bytes: number): void {
    this.bytes.fill(10, this.input + bytes, this.input + bytes + layout.PADDING);
  }

  #grow(bytes: number): void {
    const pages = Math.ceil(bytes / PAGE_BYTES) - this.#memory.buffer.byteLength / PAGE_BYTES;
    if (pages <= 0) return;
    this.#memory.grow(pages);
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.words = new Uint32Array(this.#memory.buffer);
  }
}
