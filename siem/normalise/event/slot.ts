/** Where one field of a mapping goes, and what its value must be to go there. */
import type { Members } from './draft.ts';
import { isIp, TEXT_LENGTH_MAX } from './text.ts';

/** @returns what stays unmapped; `event` has the rest */
export type Mapper = (record: Members, event: Members) => Members;

export interface Slot {
  readonly kind: 'text' | 'integer' | 'ip' | 'port';
  /** Names from the event down to the object that holds the attribute. */
  readonly first: string | undefined;
  readonly second: string | undefined;
  readonly leaf: string;
}

/** OCSF attributes that are integers, those that mappings here lead to; all others are texts. */
const INTEGERS: ReadonlySet<string> = new Set(['code', 'pid', 'bytes_in', 'bytes_out', 'length']);

export function slotOf(path: string): Slot {
  const parts = path.split('.');
  const leaf = parts.pop() ?? '';
  const [first, second] = parts;
  if (parts.length > 2) throw new Error(`a mapping leads deeper than three steps: ${path}`);
  const kind = leaf === 'ip' ? 'ip' : leaf === 'port' ? 'port' : INTEGERS.has(leaf) ? 'integer' : 'text';
  return { kind, first, second, leaf };
}

/** A value that the attribute takes as it is; any other stays with the source's own fields. */
export function fits(kind: Slot['kind'], value: unknown): boolean {
  switch (kind) {
    case 'text':
      return isText(value);
    case 'integer':
      return isInteger(value);
    case 'ip':
      return typeof value === 'string' && isIp(value);
    case 'port':
      return isPort(value);
  }
}

export function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= TEXT_LENGTH_MAX;
}

export function isInteger(value: unknown): boolean {
  return Number.isSafeInteger(value);
}

export function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;
}
