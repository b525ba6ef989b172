/**
 * A mapping at work: writes the fields of a parsed record to their OCSF paths and leaves everything else, each
 * under its own name, for `unmapped`.
 *
 * No code is made at run time: `tools/generate-mappers.ts` made it beforehand. `tableMapper` does the same by a
 * table; the tests hold the one against the other.
 */
import type { Mapping } from '@demarc/platform/sigma/view';
import { MAPPERS } from '../generated/mappers.ts';
import { own } from '../syslog/record.ts';
import type { Members } from './draft.ts';
import { fits, type Mapper, type Slot, slotOf } from './slot.ts';

export function mapperOf(mapping: Mapping): Mapper {
  return MAPPERS.get(mapping.name) ?? tableMapper(mapping);
}

export function tableMapper(mapping: Mapping): Mapper {
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

function place(event: Members, { first, second, leaf }: Slot, value: unknown): void {
  let target = event;
  if (first !== undefined) target = (target[first] ??= {}) as Members;
  if (second !== undefined) target = (target[second] ??= {}) as Members;
  target[leaf] = value;
}
