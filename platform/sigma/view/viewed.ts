/** An event as rules see it, read when it is asked for: most events are only looked at by an engine. */
import type { Asked, FieldValue, LogSource, WritableEvent } from '../event.ts';
import { writeJsonText, writeJsonValue } from './json-bytes.ts';
import type { Fields } from './names.ts';
import type { Slot, Slots } from './slots.ts';

type Json = Readonly<Record<string, unknown>>;
const [OPEN, CLOSE, COMMA, COLON, LIST, LIST_END] = [123, 125, 44, 58, 91, 93] as const;

/** Fills the slots of one view, of which one event at a time is in them. */
export interface SlotReader {
  readonly slots: Slots;
  current: Viewed | undefined;
  /** Whether all fields of the current event were read, or those alone that are wanted. */
  isAll: boolean;
  /** The slot of a name, which is read from now on. */
  want(name: string): Slot;
  /** @returns false when the event is deeper or larger than is looked at */
  read(event: Json, isAll: boolean): boolean;
  logsources(): readonly LogSource[];
  /** By what is asked for. */
  readonly asked: WeakMap<Asked, Wanted>;
}

/** The slots of the names that are asked for. */
interface Wanted {
  readonly slots: ReadonlySet<Slot>;
  readonly list: readonly Slot[];
}

export class Viewed implements WritableEvent {
  readonly #reader: SlotReader;
  readonly #event: Json;
  readonly logsources: readonly LogSource[];
  #fields: Fields | undefined;
  /** False once any reading of it was cut. */
  isWhole = true;

  /** @param event not to be changed as long as this is used */
  constructor(reader: SlotReader, event: Json) {
    this.#reader = reader;
    this.#event = event;
    this.#read(false);
    this.logsources = reader.logsources();
  }

  get fields(): Fields {
    if (this.#fields === undefined) {
      this.#read(true);
      this.#fields = this.#reader.slots.fields();
    }
    return this.#fields;
  }

  /** What is not asked for by name stands together under the name that nobody asks for, where it is needed. */
  writeTo(bytes: Uint8Array, from: number, end: number, asked: Asked): number {
    const wanted = this.#wanted(asked);
    this.#read(asked.rest !== undefined);
    const { slots } = this.#reader;
    let at = from;
    bytes[at++] = OPEN;
    for (const slot of wanted.list) {
      const value = slots.valueOf(slot);
      if (value === undefined) continue;
      at = writeJsonText(bytes, at, end, slot.name);
      if (at === -1) return -1;
      bytes[at++] = COLON;
      at = writeValues(bytes, at, end, value);
      if (at === -1) return -1;
      bytes[at++] = COMMA;
    }
    if (asked.rest !== undefined) {
      at = writeJsonText(bytes, at, end, asked.rest);
      if (at === -1) return -1;
      bytes[at++] = COLON;
      bytes[at++] = LIST;
      for (const slot of slots.filled) {
        if (wanted.slots.has(slot)) continue;
        at = writeValues(bytes, at, end, slot.value);
        if (at === -1) return -1;
        bytes[at++] = COMMA;
      }
      if (bytes[at - 1] === COMMA) at -= 1;
      bytes[at++] = LIST_END;
    } else if (bytes[at - 1] === COMMA) at -= 1;
    bytes[at++] = CLOSE;
    return at;
  }

  #wanted(asked: Asked): Wanted {
    const reader = this.#reader;
    let wanted = reader.asked.get(asked);
    if (wanted === undefined) {
      const list = [...asked.fields].map((name) => reader.want(name));
      wanted = { slots: new Set(list), list };
      reader.asked.set(asked, wanted);
      // Read again, now with these.
      reader.current = undefined;
    }
    return wanted;
  }

  /** Again, where another event was read meanwhile. */
  #read(isAll: boolean): void {
    const reader = this.#reader;
    if (reader.current === this && (reader.isAll || !isAll)) return;
    if (!reader.read(this.#event, isAll)) this.isWhole = false;
    reader.current = this;
    reader.isAll = isAll;
  }
}

function writeValues(
  bytes: Uint8Array,
  from: number,
  end: number,
  value: FieldValue | readonly FieldValue[],
): number {
  if (typeof value !== 'object' || value === null) return writeJsonValue(bytes, from, end, value);
  let at = from;
  bytes[at++] = LIST;
  for (const one of value) {
    at = writeJsonValue(bytes, at, end, one);
    if (at === -1) return -1;
    bytes[at++] = COMMA;
  }
  if (value.length > 0) at -= 1;
  bytes[at++] = LIST_END;
  return at;
}
