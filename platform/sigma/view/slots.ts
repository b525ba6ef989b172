/**
 * The fields of one event at a time, by name: places that are filled anew for each event, so that looking at an
 * event makes neither a table nor the texts of its names.
 */
import type { FieldValue } from '../event.ts';
import type { Fields } from './names.ts';

type Values = FieldValue | readonly FieldValue[];

export interface Slot {
  readonly name: string;
  /** Somebody asks for it by name; the others are read only where all fields are. */
  isWanted: boolean;
  /** Which reading filled it; what is older belongs to an event before this one. */
  stamp: number;
  value: Values;
}

/** Remembered names. Who is watched chooses them; beyond this many they last for one event. */
const KNOWN_MAX = 16_384;

export class Slots {
  readonly #known = new Map<string, Slot>();
  readonly #passing = new Map<string, Slot>();
  readonly #leading = new Set<string>();
  /** Higher with each name that is wanted. */
  wantedVersion = 0;
  /** The first `#count` of it are of this event; the list is kept, for it would be as long again. */
  readonly #filled: Slot[] = [];
  #count = 0;
  #eventStamp = 1;
  #stamp = 1;

  /** Forgets the event before. */
  begin(): void {
    this.#stamp += 1;
    this.#eventStamp = this.#stamp;
    this.#count = 0;
    if (this.#passing.size > 0) this.#passing.clear();
  }

  /** What is read from here on takes the place of what was read before, under the same name. */
  override(): void {
    this.#stamp += 1;
  }

  /** The slot of a name; `isKept` for those that are asked for by name. */
  of(name: string, isKept = false): Slot {
    const found = this.#known.get(name) ?? this.#passing.get(name);
    if (found !== undefined) return found;
    const made: Slot = { name, isWanted: false, stamp: 0, value: null };
    if (isKept || this.#known.size < KNOWN_MAX) this.#known.set(name, made);
    else this.#passing.set(name, made);
    return made;
  }

  /** Reads this one from now on. */
  want(slot: Slot): void {
    if (slot.isWanted) return;
    slot.isWanted = true;
    this.wantedVersion += 1;
    for (let dot = slot.name.indexOf('.'); dot !== -1; dot = slot.name.indexOf('.', dot + 1))
      this.#leading.add(slot.name.slice(0, dot));
  }

  /** Whether names that are wanted begin with this one and a dot. */
  leads(path: string): boolean {
    return this.#leading.has(path);
  }

  /** A field that comes up several times in one reading has its values in order. */
  add(slot: Slot, leaf: FieldValue): void {
    if (slot.stamp !== this.#stamp) this.set(slot, leaf);
    else if (typeof slot.value === 'object' && slot.value !== null) (slot.value as FieldValue[]).push(leaf);
    else slot.value = [slot.value as FieldValue, leaf];
  }

  set(slot: Slot, value: Values): void {
    if (slot.stamp < this.#eventStamp) {
      this.#filled[this.#count] = slot;
      this.#count += 1;
    }
    slot.stamp = this.#stamp;
    slot.value = value;
  }

  valueOf(slot: Slot): Values | undefined {
    return slot.stamp < this.#eventStamp ? undefined : slot.value;
  }

  /** In the order of first appearance. */
  get filled(): readonly Slot[] {
    return this.#filled.slice(0, this.#count);
  }

  fields(): Fields {
    const fields = Object.create(null) as Record<string, Values>;
    for (const { name, value } of this.filled) fields[name] = value;
    return fields;
  }
}
