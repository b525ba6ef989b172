/**
 * Binary XML as a tree: what templates are kept as, and what fragments are read into.
 *
 * Nested templates are only noted here and unfolded by `render.ts`, under its budget: a template of templates
 * can stand for more text than fits any memory.
 *
 * @see MS-EVEN6 2.2.12 to 2.2.14
 */
import { type Cursor, Damage } from './cursor.ts';
import type { Scalar } from './values.ts';

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** The value of that number goes here. */
  | { readonly kind: 'value'; readonly index: number; readonly isOptional: boolean };

export interface Element {
  readonly kind: 'element';
  readonly name: string;
  readonly attributes: { readonly name: string; readonly pieces: Piece[] }[];
  readonly children: Node[];
}

/** A template's use: its definition's place in the chunk and where the values are. */
export interface Instance {
  readonly kind: 'instance';
  readonly definitionAt: number;
  readonly values: readonly Value[];
}

export interface Value {
  readonly at: number;
  readonly size: number;
  readonly type: number;
}

export type Node = Element | Piece | Instance;

/** What the fragments of one chunk share. */
export interface Shared {
  /** The name at a place of the chunk. */
  readonly nameAt: (at: number) => { readonly name: string; readonly size: number };
  /** Called for each node, so that a chunk whose templates overlap ends. @throws Damage */
  readonly spend: (amount: number) => void;
}

const ELEMENTS_DEEP_MAX = 64;
const VALUES_MAX = 4_096;
/** Next definition, GUID, size; the body follows. */
export const DEFINITION_HEADER_SIZE = 24;

const MORE = 0x40;
const TOKEN = 0x1f;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * @param hasDependencyIds whether elements carry two bytes more, as they do in templates and do not in values
 * @throws Damage
 */
export function readFragment(cursor: Cursor, hasDependencyIds: boolean, shared: Shared): readonly Node[] {
  const roots: Node[] = [];
  const open: Element[] = [];
  let attribute: Piece[] | undefined;
  const add = (node: Node): void => {
    (open.at(-1)?.children ?? roots).push(node);
  };
  const addPiece = (piece: Piece): void => {
    (attribute ?? open.at(-1)?.children ?? roots).push(piece);
  };
  while (cursor.at < cursor.end) {
    const token = cursor.u8();
    shared.spend(1);
    switch (token & TOKEN) {
      case 0x00:
        if (open.length > 0) throw new Damage('ends within an element');
        return roots;
      case 0x01: {
        if (open.length >= ELEMENTS_DEEP_MAX) throw new Damage('its elements are nested too deep');
        if (hasDependencyIds) cursor.skip(2);
        cursor.skip(4);
        const element: Element = {
          kind: 'element',
          name: nameOf(cursor, shared),
          attributes: [],
          children: [],
        };
        if ((token & MORE) !== 0) cursor.skip(4);
        add(element);
        open.push(element);
        break;
      }
      case 0x02:
        attribute = undefined;
        break;
      case 0x03:
      case 0x04:
        attribute = undefined;
        if (open.pop() === undefined) throw new Damage('closes an element that is not open');
        break;
      case 0x05: {
        const type = cursor.u8();
        if (type !== 1) throw new Damage(`has a literal of type ${type}`);
        addPiece({ kind: 'text', text: cursor.text(cursor.u16()) });
        break;
      }
      case 0x06: {
        const element = open.at(-1);
        if (element === undefined) throw new Damage('has an attribute outside of an element');
        attribute = [];
        element.attributes.push({ name: nameOf(cursor, shared), pieces: attribute });
        break;
      }
      case 0x07:
        addPiece({ kind: 'text', text: cursor.text(cursor.u16()) });
        break;
      case 0x08:
        addPiece({ kind: 'text', text: String.fromCharCode(cursor.u16()) });
        break;
      case 0x09: {
        const name = nameOf(cursor, shared);
        addPiece({
          kind: 'text',
          text: Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] ?? '') : `&${name};`,
        });
        break;
      }
      // Processing instructions say nothing about the event.
      case 0x0a:
        nameOf(cursor, shared);
        break;
      case 0x0b:
        cursor.skip(cursor.u16() * 2);
        break;
      case 0x0c:
        add(readInstance(cursor, shared));
        break;
      case 0x0d:
      case 0x0e: {
        const index = cursor.u16();
        cursor.skip(1);
        addPiece({ kind: 'value', index, isOptional: (token & TOKEN) === 0x0e });
        break;
      }
      case 0x0f:
        cursor.skip(3);
        break;
      default:
        throw new Damage(`has the token 0x${token.toString(16)} at byte ${cursor.at - 1}`);
    }
  }
  if (open.length > 0) throw new Damage('ends within an element');
  return roots;
}

/** A name stands where it is used first; later uses only point there. */
function nameOf(cursor: Cursor, shared: Shared): string {
  const at = cursor.u32();
  const { name, size } = shared.nameAt(at);
  if (at === cursor.at) cursor.skip(size);
  return name;
}

function readInstance(cursor: Cursor, shared: Shared): Instance {
  cursor.skip(5);
  const definitionAt = cursor.u32();
  if (definitionAt === cursor.at) {
    cursor.skip(DEFINITION_HEADER_SIZE - 4);
    cursor.skip(cursor.u32());
  }
  const count = cursor.u32();
  if (count > VALUES_MAX) throw new Damage(`has ${count} values`);
  shared.spend(count);
  const values: Value[] = [];
  let at = cursor.at + count * 4;
  for (let index = 0; index < count; index += 1) {
    const size = cursor.u16();
    const type = cursor.u8();
    cursor.skip(1);
    values.push({ at, size, type });
    at += size;
  }
  cursor.skip(at - cursor.at);
  return { kind: 'instance', definitionAt, values };
}

export type Json = Scalar | readonly Json[] | { readonly [name: string]: Json };
