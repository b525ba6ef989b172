/** The groups of all rules, as columns: which matches each has, what was told of it, who was touched when. */
import { NONE } from './entries.ts';
import { grown } from './uids.ts';

const CAPACITY = 1_024;
export const NEVER = Number.NEGATIVE_INFINITY;

/** The groups of one rule, the one that was not touched for longest first. */
export interface GroupsOfRule {
  readonly byKey: Map<string, number>;
  oldest: number;
  newest: number;
}

export function noGroups(): GroupsOfRule {
  return { byKey: new Map(), oldest: NONE, newest: NONE };
}

export class Groups {
  rules = new Int32Array(CAPACITY);
  heads = new Int32Array(CAPACITY);
  tails = new Int32Array(CAPACITY);
  sizes = new Int32Array(CAPACITY);
  /** Where events are counted: the entry that is `threshold` entries from the end, the last included. */
  nths = new Int32Array(CAPACITY);
  /** Where the kinds of matches are inputs: those that came since the group was empty, as bits; some may be gone. */
  inputs = new Int32Array(CAPACITY);
  /** The latest slot whose finding was told. */
  told = new Float64Array(CAPACITY);
  /** When it is to be looked at next, as it is in the heap of what is due; infinite where it is not. */
  dues = new Float64Array(CAPACITY);
  /** The engine's clock when the last match came, or the match's own time where that is later. */
  touched = new Float64Array(CAPACITY);
  /** What `touched` cannot tell apart; never the same twice. */
  touches = new Float64Array(CAPACITY);
  readonly keys: string[] = [];
  #older = new Int32Array(CAPACITY);
  #newer = new Int32Array(CAPACITY);
  #used = 0;
  #free = NONE;
  #touches = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    const small = [
      this.rules,
      this.heads,
      this.tails,
      this.sizes,
      this.nths,
      this.inputs,
      this.#older,
      this.#newer,
    ];
    const large = [this.told, this.dues, this.touched, this.touches];
    return [...small, ...large].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** The group of the key, made where there is none; it is the newest of its rule afterwards. */
  touch(of: GroupsOfRule, rule: number, key: string, clockMs: number): number {
    let group = of.byKey.get(key) ?? NONE;
    if (group === NONE) {
      group = this.#make(rule, key);
      of.byKey.set(key, group);
    } else this.#unlink(of, group);
    this.#link(of, group);
    // Never back: a match may be older than those before it.
    this.touched[group] = Math.max(this.touched[group] ?? NEVER, clockMs);
    this.#touches += 1;
    this.touches[group] = this.#touches;
    return group;
  }

  /** Its entries must be gone. */
  remove(of: GroupsOfRule, group: number): void {
    this.#unlink(of, group);
    of.byKey.delete(this.keys[group] ?? '');
    this.keys[group] = '';
    this.rules[group] = NONE;
    this.heads[group] = this.#free;
    this.#free = group;
    this.#count -= 1;
  }

  #make(rule: number, key: string): number {
    let group = this.#free;
    if (group === NONE) {
      group = this.#used;
      this.#used += 1;
      if (group === this.rules.length) this.#grow();
    } else this.#free = this.heads[group] ?? NONE;
    this.rules[group] = rule;
    this.heads[group] = NONE;
    this.tails[group] = NONE;
    this.sizes[group] = 0;
    this.nths[group] = NONE;
    this.inputs[group] = 0;
    this.told[group] = NEVER;
    this.touched[group] = NEVER;
    this.dues[group] = Number.POSITIVE_INFINITY;
    this.keys[group] = key;
    this.#count += 1;
    return group;
  }

  #link(of: GroupsOfRule, group: number): void {
    this.#older[group] = of.newest;
    this.#newer[group] = NONE;
    if (of.newest === NONE) of.oldest = group;
    else this.#newer[of.newest] = group;
    of.newest = group;
  }

  #unlink(of: GroupsOfRule, group: number): void {
    const older = this.#older[group] ?? NONE;
    const newer = this.#newer[group] ?? NONE;
    if (older === NONE) of.oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) of.newest = older;
    else this.#older[newer] = older;
  }

  #grow(): void {
    const capacity = this.rules.length * 2;
    this.rules = grown(this.rules, capacity);
    this.heads = grown(this.heads, capacity);
    this.tails = grown(this.tails, capacity);
    this.sizes = grown(this.sizes, capacity);
    this.inputs = grown(this.inputs, capacity);
    this.nths = grown(this.nths, capacity);
    this.told = grown(this.told, capacity);
    this.dues = grown(this.dues, capacity);
    this.touched = grown(this.touched, capacity);
    this.touches = grown(this.touches, capacity);
    this.#older = grown(this.#older, capacity);
    this.#newer = grown(this.#newer, capacity);
  }
}
