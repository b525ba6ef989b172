/**
 * The part of nftables' JSON that the compiler writes and the simulator reads.
 *
 * @see libnftables-json(5)
 */

export type Scalar = string | number;
export type Element =
  | Scalar
  | { readonly range: readonly [Scalar, Scalar] }
  | { readonly prefix: { readonly addr: string; readonly len: number } };

export type Field =
  | { readonly payload: { readonly protocol: string; readonly field: string } }
  | { readonly meta: { readonly key: string } }
  | { readonly ct: { readonly key: 'state' } };
export type Left = Field | { readonly '&': readonly [Field, number] };
/** An array is flags of which one is enough; a string that begins with "@" is a set. */
export type Right = Element | readonly string[] | { readonly set: readonly Element[] };

export interface Rate {
  readonly rate: number;
  readonly per: 'second';
  readonly burst: number;
  readonly inv?: boolean;
}

export type Statement =
  | { readonly match: { readonly op: '==' | '!=' | 'in'; readonly left: Left; readonly right: Right } }
  | { readonly limit: Rate }
  | {
      readonly meter: {
        readonly name: string;
        readonly key: { readonly elem: { readonly val: Field; readonly timeout: number } } | Field;
        readonly stmt:
          | { readonly limit: Rate }
          | { readonly 'ct count': { readonly val: number; readonly inv: boolean } };
        readonly size: number;
      };
    }
  | { readonly notrack: null }
  | {
      readonly synproxy: {
        readonly mss: number;
        readonly wscale: number;
        readonly flags: readonly ('timestamp' | 'sack-perm')[];
      };
    }
  | { readonly log: { readonly prefix: string; readonly group: number; readonly snaplen: number } }
  | {
      readonly vmap: {
        readonly key: Field;
        readonly data: { readonly set: readonly (readonly [Element, Statement])[] };
      };
    }
  | { readonly counter: null }
  | { readonly jump: { readonly target: string } }
  | { readonly goto: { readonly target: string } }
  | { readonly accept: null }
  | { readonly drop: null };

export interface SetObject {
  readonly family: 'inet';
  readonly table: string;
  readonly name: string;
  readonly type: 'ipv4_addr' | 'ipv6_addr' | 'inet_service';
  readonly flags: readonly ('interval' | 'timeout')[];
  readonly size?: number;
  readonly elem?: readonly (
    | Element
    | { readonly elem: { readonly val: Element; readonly timeout: number } }
  )[];
}
export interface ChainObject {
  readonly family: 'inet';
  readonly table: string;
  readonly name: string;
  readonly type?: 'filter';
  readonly hook?: 'prerouting' | 'input' | 'output';
  readonly prio?: number;
  readonly policy?: 'accept';
}
export interface RuleObject {
  readonly family: 'inet';
  readonly table: string;
  readonly chain: string;
  readonly comment?: string;
  readonly expr: readonly Statement[];
}
export type Command =
  | { readonly delete: { readonly table: { readonly family: 'inet'; readonly name: string } } }
  | {
      readonly add:
        | { readonly table: { readonly family: 'inet'; readonly name: string } }
        | { readonly set: SetObject }
        | { readonly chain: ChainObject }
        | { readonly rule: RuleObject };
    };
export interface Ruleset {
  readonly nftables: readonly Command[];
}

export const TABLE = 'demarc';

export const isEqual = (left: Left, right: Right): Statement => ({ match: { op: '==', left, right } });
export const isNot = (left: Left, right: Right): Statement => ({ match: { op: '!=', left, right } });
export const payload = (protocol: string, field: string): Field => ({ payload: { protocol, field } });
export const meta = (key: string): Field => ({ meta: { key } });
/** One of several states: `ct state` is a bit mask, and "in" asks for any of the bits. */
export const stateIsOneOf = (...states: readonly string[]): Statement => ({
  match: { op: 'in', left: { ct: { key: 'state' } }, right: states },
});
export const oneOf = (elements: readonly Element[]): Right =>
  elements.length === 1 && elements[0] !== undefined ? elements[0] : { set: elements };
