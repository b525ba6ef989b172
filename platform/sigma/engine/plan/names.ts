import type { FieldValue, SigmaEvent } from '../../event.ts';
import { addAliases, type Names, nameOf } from '../../view/names.ts';
import type { Atoms } from './atoms.ts';
import type { Image } from './image.ts';

/** The leaves under the names that rules use; paths that come to the same name are one field. */
export function nameFields(fields: SigmaEvent['fields'], names: Names): SigmaEvent['fields'] {
  const named = Object.create(null) as Record<string, FieldValue | readonly FieldValue[]>;
  for (const [path, value] of Object.entries(fields)) {
    const name = nameOf(names, path);
    const before = named[name];
    named[name] = before === undefined ? value : [before, value].flat();
  }
  addAliases(named, names);
  return named;
}

/** Two lists: aliases as pairs of fields, joins as the field that is made and its parts, with their count first. */
export function writeAliases(image: Image, atoms: Atoms, { aliases, joins }: Names): [number, number] {
  const pairs = aliases.flatMap(([from, to]) => [atoms.fieldNumber(from), atoms.fieldNumber(to)]);
  const made = joins.flatMap(({ to, of }) => [
    of.length,
    atoms.fieldNumber(to),
    ...of.map((name) => atoms.fieldNumber(name)),
  ]);
  return [image.words([aliases.length, ...pairs]), image.words([joins.length, ...made])];
}
