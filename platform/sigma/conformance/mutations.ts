import type { FieldValue } from '../event.ts';
import { type Fields, flipCase } from './items.ts';
import type { Random } from './random.ts';

/** The event with one thing changed in one field: a near miss, or as good as it was. */
export function mutated(fields: Fields, random: Random): Fields {
  const field = random.pick(Object.keys(fields));
  const value = fields[field] ?? null;
  const { [field]: _, ...rest } = fields;
  switch (random.below(8)) {
    case 0:
      return rest;
    case 1:
      return { ...rest, [field]: null };
    case 2:
      return { ...rest, [field]: [value].flat() };
    case 3:
      return { ...rest, [field]: [...[value].flat(), 'one more'] };
    default:
      return {
        ...rest,
        [field]: Array.isArray(value)
          ? value.map((one: FieldValue) => nearly(one, random))
          : nearly(value as FieldValue, random),
      };
  }
}

function nearly(value: FieldValue, random: Random): FieldValue {
  if (typeof value === 'number')
    return random.pick<FieldValue>([value + 1, value - 1, -value, String(value)]);
  if (typeof value === 'boolean') return random.pick<FieldValue>([!value, String(value), value ? 1 : 0]);
  if (value === null) return '';
  const characters = Array.from(value);
  const at = random.pick([0, characters.length - 1, random.below(characters.length + 1)]);
  const character = random.pick(['x', '*', '\\', 'É', ' ', '\n', '-', '/']);
  switch (random.below(4)) {
    case 0:
      return characters.toSpliced(at, 1).join('');
    case 1:
      return characters.toSpliced(at, 0, character).join('');
    case 2:
      return characters.toSpliced(at, 1, character).join('');
    default:
      return flipCase(value, random);
  }
}
