/**
 * A mapping at work: writes the fields of a parsed record to their OCSF paths and leaves everything else, each
 * under its own name, for `unmapped`.
 *
 * No code is made at run time. A field is found by one look into a map for each name of the record, and its
 * target by at most three steps that were laid out beforehand.
 */
import type { Mapping } from '@demarc/platform/sigma/mapping';
import { own } from '../syslog/record.ts';
import type { Members } from './draft.ts';
import { isIp, TEXT_LENGTH_MAX } from './text.ts';

/** OCSF attributes that are integers, those that mappings here lead to; all others are texts. */
const INTEGERS: ReadonlySet<string> = new Set([
  'port',
  'code',
  'pid',
  'bytes_in',
  'bytes_out',
  'body_length',
]);

interface Slot {
  readonly kind: 'text' | 'integer' | 'ip' | 'port';
  /** Names from the event down to the object that holds the attribute. */
  readonly first: string | undefined;
  readonly second: string | undefined;
  readonly leaf: string;
}

/** @returns what stays unmapped; `event` has the rest */
export type Mapper = (record: Members, event: Members) => Members;

export function compileMapping(mapping: Mapping): Mapper {
  const slots = new Map<string, Slot>();
  for (const [name, path] of Object.entries(mapping.paths)) slots.set(name, slotOf(path));
  return (record, event) => {
    const rest: Members = {};
    for (const name in record) {
      const value = record[name];
      const slot = slots.get(name);
      if (slot === undefined || !fits(slot.kind, value)) own(rest, name, value);
      else place(event, slot, value);
    }
    return rest;
  };
}

function slotOf(path: string): Slot {
  const parts = path.split('.');
  const leaf = parts.pop() ?? '';
  const [first, second] = parts;
  if (parts.length > 2) throw new Error(`a mapping leads deeper than three steps: ${path}`);
  const kind = leaf === 'ip' ? 'ip' : leaf === 'port' ? 'port' : INTEGERS.has(leaf) ? 'integer' : 'text';
  return { kind, first, second, leaf };
}

/** A value that the attribute takes as it is; any other stays with the source's own fields. */
function fits(kind: Slot['kind'], value: unknown): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string' && value.length <= TEXT_LENGTH_MAX;
    case 'integer':
      return Number.isSafeInteger(value);
    case 'ip':
      return typeof value === 'string' && isIp(value);
    case 'port':
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;
  }
}

function place(event: Members, { first, second, leaf }: Slot, value: unknown): void {
  let target = event;
  if (first !== undefined) {
    target = (event[first] as Members | undefined) ?? (event[first] = {} as Members);
    if (second !== undefined)
      target = (target[second] as Members | undefined) ?? (target[second] = {} as Members);
  }
  target[leaf] = value;
}
