/** The leaves of parsed JSON into slots, under the names that rules know them by. Paths are remembered as a tree. */
import { DEPTH_MAX, type FieldValue, LEAVES_MAX } from '../event.ts';
import { type Names, nameOf } from './names.ts';
import type { Slot, Slots } from './slots.ts';

/** Remembered paths. Who is watched chooses them; beyond this many they are made anew each time. */
const KNOWN_MAX = 16_384;

interface Place {
  readonly path: string;
  /** Its last name, and where that stands. */
  readonly member: string;
  readonly above: Place | undefined;
  readonly slot: Slot;
  readonly below: Map<string, Place>;
  /** The place that came after this one last time: sources write their names in one order. */
  after: Place | undefined;
  /** As of `Slots.wantedVersion`: whether its leaf, and what lies below it, are read where not all is. */
  version: number;
  isLeafRead: boolean;
  isBelowRead: boolean;
}

export class Walker {
  readonly #slots: Slots;
  readonly #names: Names;
  readonly #root: Place;
  #last: Place;
  /** Names are paths: where nothing that begins with a path is wanted, nothing below it needs a look. */
  readonly #isByPath: boolean;
  #isAll = true;
  #isWhole = true;
  #known = 0;
  #count = 0;

  constructor(slots: Slots, names: Names) {
    this.#slots = slots;
    this.#names = names;
    this.#isByPath = names.replace.length + names.strip.length + Object.keys(names.rename).length === 0;
    this.#root = this.#place('', '', undefined, slots.of('', true));
    this.#last = this.#root;
  }

  /**
   * @param isAll false for the slots that are wanted alone
   * @param except a member of the event itself that is left out
   */
  read(json: unknown, isAll: boolean, except?: string): void {
    this.#count = 0;
    this.#isWhole = true;
    this.#isAll = isAll;
    this.#last = this.#root;
    if (typeof json !== 'object' || json === null || Array.isArray(json)) this.#visit(json, this.#root, 0);
    else this.#members(json as Record<string, unknown>, this.#root, 0, except);
  }

  /** Of what was read last: nothing of it was too deep, or beyond the leaves that are looked at. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  #visit(value: unknown, place: Place, depth: number): void {
    if (typeof value !== 'object' || value === null) {
      this.#count += 1;
      if (this.#count > LEAVES_MAX) this.#isWhole = false;
      else if (value !== undefined) this.#slots.add(place.slot, value as FieldValue);
      return;
    }
    if (depth >= DEPTH_MAX) {
      this.#isWhole = false;
      return;
    }
    if (Array.isArray(value)) for (const item of value) this.#visit(item, place, depth + 1);
    else this.#members(value as Record<string, unknown>, place, depth);
  }

  #members(json: Record<string, unknown>, place: Place, depth: number, except?: string): void {
    const isAll = this.#isAll;
    const version = this.#slots.wantedVersion;
    // Reads members by place, which no list of keys allows; what comes of JSON inherits none.
    for (const member in json) {
      if (member === except) continue;
      const value = json[member];
      const below = this.#below(place, member);
      if (!isAll) {
        if (below.version !== version) this.#refresh(below);
        if (typeof value === 'object' && value !== null ? !below.isBelowRead : !below.isLeafRead) continue;
      }
      this.#visit(value, below, depth + 1);
    }
  }

  #below(place: Place, member: string): Place {
    const { after } = this.#last;
    if (after !== undefined && after.member === member && after.above === place) {
      this.#last = after;
      return after;
    }
    const found = place.below.get(member) ?? this.#learned(place, member);
    if (found === undefined) return this.#made(place, member, false);
    this.#last.after = found;
    this.#last = found;
    return found;
  }

  /** Undefined when no more are remembered. */
  #learned(place: Place, member: string): Place | undefined {
    if (this.#known >= KNOWN_MAX) return undefined;
    this.#known += 1;
    const made = this.#made(place, member, true);
    place.below.set(member, made);
    return made;
  }

  #made(place: Place, member: string, isKept: boolean): Place {
    const path = place.path === '' ? member : `${place.path}.${member}`;
    return this.#place(path, member, place, this.#slots.of(nameOf(this.#names, path), isKept));
  }

  #place(path: string, member: string, above: Place | undefined, slot: Slot): Place {
    return {
      path,
      member,
      above,
      slot,
      below: new Map(),
      after: undefined,
      version: -1,
      isLeafRead: true,
      isBelowRead: true,
    };
  }

  #refresh(place: Place): void {
    place.version = this.#slots.wantedVersion;
    place.isLeafRead = place.slot.isWanted;
    // A list's values stand under its own name.
    place.isBelowRead = !this.#isByPath || place.slot.isWanted || this.#slots.leads(place.path);
  }
}
