/**
 * A mapping at work: each field of a record goes to its path where the value can stand there, and stays under
 * its own name unless it comes back from there unchanged.
 */
import { type AttributeType, attributeType } from '@demarc/platform/ocsf';
import { type Fields, integerOf, isSaid, type Members } from './family.ts';

interface Slot {
  /** From the event to the object that has the attribute. */
  readonly objects: readonly string[];
  readonly attribute: string;
  readonly path: string;
  readonly type: AttributeType;
}

export interface Placed {
  readonly name: string;
  readonly path: string;
  readonly value: unknown;
}

export type Plan = ReadonlyMap<string, Slot>;

/** @param paths field → OCSF path; those that the class does not have are left out, and their fields unmapped */
export function planOf(classUid: number, paths: Readonly<Record<string, string>>): Plan {
  const plan = new Map<string, Slot>();
  for (const [name, path] of Object.entries(paths)) {
    const objects = path.split('.');
    const type = attributeType(classUid, objects);
    const attribute = objects.pop();
    if (type !== undefined && attribute !== undefined) plan.set(name, { objects, attribute, path, type });
  }
  return plan;
}

/** Writes into `event` and `unmapped`. @returns what was placed and is not in `unmapped` */
export function place(plan: Plan, fields: Fields, event: Members, unmapped: Members): readonly Placed[] {
  const placed: Placed[] = [];
  for (const [name, value] of fields) {
    const slot = plan.get(name);
    const fitting = slot === undefined ? undefined : fittingValue(slot.type, value);
    if (slot !== undefined && fitting !== undefined) {
      objectAt(event, slot.objects)[slot.attribute] = fitting;
      if (fitting === value) {
        placed.push({ name, path: slot.path, value });
        continue;
      }
    }
    keep(unmapped, name, value);
  }
  return placed;
}

/** A record can name a field `__proto__`. */
export function keep(unmapped: Members, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(unmapped, name, { value, enumerable: true, configurable: true, writable: true });
  else unmapped[name] = value;
}

function objectAt(event: Members, objects: readonly string[]): Members {
  let at = event;
  for (const name of objects) {
    const next = at[name];
    if (typeof next === 'object' && next !== null) at = next as Members;
    else {
      const made: Members = {};
      at[name] = made;
      at = made;
    }
  }
  return at;
}

/** @returns undefined when nothing of the value can stand there */
function fittingValue(type: AttributeType, value: unknown): unknown {
  switch (type.kind) {
    case 'text':
      return typeof value === 'string' && isSaid(value) && value.length <= type.lengthMax ? value : undefined;
    case 'integer':
      if (typeof value === 'string') return integerOf(value);
      return Number.isSafeInteger(value) ? value : undefined;
    case 'number':
      return Number.isFinite(value) ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'json':
      return typeof value === 'object' || value === '' ? undefined : value;
  }
}
