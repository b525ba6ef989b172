/** The leaves of parsed JSON into slots, under the names that rules know them by. Paths are remembered as a tree. */
import { DEPTH_MAX, type FieldValue, LEAVES_MAX } from '../event.ts';
import { type Names, nameOf } from './names.ts';
import type { Slot, Slots } from './slots.ts';

/** Remembered paths. Who is watched chooses them; beyond this many they are made anew each time. */
const KNOWN_MAX = 16_384;

interface Place {
  readonly path: string;
  readonly slot: Slot;
  readonly below: Map<string, Place>;
}

export class Walker {
  readonly #slots: Slots;
  readonly #names: Names;
  readonly #root: Place;
  #known = 0;
  #count = 0;

  constructor(slots: Slots, names: Names) {
    this.#slots = slots;
    this.#names = names;
    this.#root = { path: '', slot: slots.of('', true), below: new Map() };
  }

  /** @param except a member of the event itself that is left out */
  read(json: unknown, except?: string): void {
    this.#count = 0;
    if (typeof json !== 'object' || json === null || Array.isArray(json)) this.#visit(json, this.#root, 0);
    else this.#members(json as Record<string, unknown>, this.#root, 0, except);
  }

  #visit(value: unknown, place: Place, depth: number): void {
    if (typeof value !== 'object' || value === null) {
      this.#count += 1;
      if (this.#count <= LEAVES_MAX && value !== undefined) this.#slots.add(place.slot, value as FieldValue);
      return;
    }
    if (depth >= DEPTH_MAX) return;
    if (Array.isArray(value)) for (const item of value) this.#visit(item, place, depth + 1);
    else this.#members(value as Record<string, unknown>, place, depth);
  }

  #members(json: Record<string, unknown>, place: Place, depth: number, except?: string): void {
    for (const member of Object.keys(json))
      if (member !== except) this.#visit(json[member], this.#below(place, member), depth + 1);
  }

  #below(place: Place, member: string): Place {
    const found = place.below.get(member);
    if (found !== undefined) return found;
    const path = place.path === '' ? member : `${place.path}.${member}`;
    const isKept = this.#known < KNOWN_MAX;
    const made: Place = { path, slot: this.#slots.of(nameOf(this.#names, path), isKept), below: new Map() };
    if (isKept) {
      this.#known += 1;
      place.below.set(member, made);
    }
    return made;
  }
}
