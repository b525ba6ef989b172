/**
 * A record's tree as the JSON that rules and parsers know: attributes under `#attributes`, text beside them
 * under `#text`, `<Data Name="Image">` as a member `Image`, and what comes up twice as a list.
 */
import { Cursor, Damage } from './cursor.ts';
import {
  type Element,
  type Instance,
  type Json,
  type Node,
  type Piece,
  readFragment,
  type Shared,
  type Value,
} from './fragment.ts';
import { BINXML, type Scalar, valueOf } from './values.ts';

/** Elements, texts and values of one record; a record of 64 KiB has a tenth of it. */
const NODES_MAX = 65_536;
/** Characters of one record's texts. One value may stand at many places of a template. */
const CHARACTERS_MAX = 1_048_576;
/** Templates and fragments within values within templates. */
const NESTED_MAX = 16;

export interface Place extends Shared {
  readonly bytes: Buffer;
  /** The body of the template whose definition is at a place of the chunk. @throws Damage */
  readonly definitionAt: (at: number) => readonly Node[];
}

/** @throws Damage */
export function renderRecord(roots: readonly Node[], place: Place): Json {
  const json = new Renderer(place).members(roots, []);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Damage('has no element');
  return json;
}

class Renderer {
  readonly #place: Place;
  #nodes = 0;
  #characters = 0;
  #nested = 0;

  constructor(place: Place) {
    this.#place = place;
  }

  /** What stands between an element's tags: an object of elements, or a text or value, or null. */
  members(children: readonly Node[], values: readonly Value[]): Json {
    const into: Content = { members: undefined, texts: [] };
    this.#collect(children, values, into);
    return contentOf(into);
  }

  #collect(children: readonly Node[], values: readonly Value[], into: Content): void {
    for (const child of children) {
      if (child.kind === 'element') this.#element(child, values, into);
      else if (child.kind === 'instance') this.#instance(child, into);
      else this.#piece(child, values, into);
    }
  }

  #element(element: Element, values: readonly Value[], into: Content): void {
    this.#spend(1, element.name.length);
    let name = element.name;
    let attributes: Record<string, Json> | undefined;
    for (const { name: attribute, pieces } of element.attributes) {
      const content: Content = { members: undefined, texts: [] };
      for (const piece of pieces) this.#piece(piece, values, content);
      const value = textOf(content.texts);
      if (value === null) continue;
      if (attribute === 'Name' && name === 'Data' && typeof value === 'string' && value !== '') name = value;
      else put((attributes ??= {}), attribute, value);
    }
    const content: Content = { members: undefined, texts: [] };
    this.#collect(element.children, values, content);
    if (attributes !== undefined) {
      const text = textOf(content.texts);
      content.members = { '#attributes': attributes, ...content.members };
      if (text !== null) put(content.members, '#text', text);
    }
    add((into.members ??= {}), name, contentOf(content));
  }

  #instance({ definitionAt, values }: Instance, into: Content): void {
    this.#nest(() => this.#collect(this.#place.definitionAt(definitionAt), values, into));
  }

  #piece(piece: Piece, values: readonly Value[], into: Content): void {
    if (piece.kind === 'text') {
      this.#spend(1, piece.text.length);
      into.texts.push(piece.text);
      return;
    }
    const value = values[piece.index];
    if (value === undefined) return;
    const { at, size, type } = value;
    if (type === BINXML) {
      if (size === 0) return;
      const fragment = readFragment(new Cursor(this.#place.bytes, at, at + size), false, this.#place);
      this.#nest(() => this.#collect(fragment, [], into));
      return;
    }
    this.#spend(1, size);
    const rendered = valueOf(this.#place.bytes, at, size, type);
    if (rendered !== null) into.texts.push(rendered);
  }

  #nest(within: () => void): void {
    this.#nested += 1;
    if (this.#nested > NESTED_MAX) throw new Damage('its templates are nested too deep');
    within();
    this.#nested -= 1;
  }

  #spend(nodes: number, characters: number): void {
    this.#nodes += nodes;
    this.#characters += characters;
    if (this.#nodes > NODES_MAX || this.#characters > CHARACTERS_MAX)
      throw new Damage('unfolds to more than a record can hold');
  }
}

interface Content {
  members: Record<string, Json> | undefined;
  readonly texts: (Scalar | readonly Scalar[])[];
}

function contentOf({ members, texts }: Content): Json {
  const text = textOf(texts);
  if (members === undefined) return text;
  // Text between elements is the white space of hand-written XML, or belongs to `#text`.
  if (text !== null && members['#text'] === undefined && !isBlank(text)) put(members, '#text', text);
  return members;
}

/** One value keeps its type; several are one text, as in `C:&amp;D`. */
function textOf(texts: readonly (Scalar | readonly Scalar[])[]): Scalar | readonly Scalar[] {
  if (texts.length === 0) return null;
  if (texts.length === 1) return texts[0] ?? null;
  return texts.map((text) => (Array.isArray(text) ? text.join(',') : String(text))).join('');
}

function isBlank(text: Json): boolean {
  return typeof text === 'string' && text.trim() === '';
}

function add(members: Record<string, Json>, name: string, value: Json): void {
  if (!Object.hasOwn(members, name)) return put(members, name, value);
  const before = members[name] ?? null;
  // In place: a record may hold thousands of one name.
  if (Array.isArray(before)) (before as Json[]).push(value);
  else put(members, name, [before, value]);
}

/** A file can name a member `__proto__`. */
function put(members: Record<string, Json>, name: string, value: Json): void {
  if (name === '__proto__')
    Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true });
  else members[name] = value;
}
