/**
 * Door: the Sigma view of an event, which loses nothing of what its source said.
 *
 * A parser's event keeps each field of its source in one of two places: at the OCSF path that its mapping
 * names, or under its own name in `unmapped`. Read together they are the source's own event again, so a rule
 * written for the source holds for the event's OCSF shape exactly where it holds for the source. The OCSF
 * paths themselves are fields too, for rules that are written on OCSF.
 */
import type { Recognition, SigmaEvent } from '../event.ts';
import { type Leaves, leafReader, type Values } from './leaves.ts';
import type { Mapping } from './mapping.ts';
import { addAliases, NAMES, type Names } from './names.ts';
import { ocsfReader } from './ocsf-reader.ts';
import { recogniser } from './recognise.ts';
import { Viewed } from './viewed.ts';

export { type Leaves, leafReader } from './leaves.ts';
export type { Mapping } from './mapping.ts';
export { NAMES, type Names, nameOf } from './names.ts';
export { ANYTHING } from './recognise.ts';

export interface ViewOptions {
  readonly mappings: readonly Mapping[];
  readonly recognitions: readonly Recognition[];
  /** Asked about events that none of `recognitions` knows: what follows from the OCSF class alone. */
  readonly otherwise?: readonly Recognition[];
  /** What an event is whatever else it is: its OCSF class. */
  readonly beside?: readonly Recognition[];
  readonly names?: Names;
}

export interface View {
  /** Of an OCSF event, whoever made it. */
  readonly ofOcsf: (event: Readonly<Record<string, unknown>>) => SigmaEvent;
  /** Of an event as its source gives it, as parsed JSON. */
  readonly ofNative: (json: unknown) => SigmaEvent;
}

export function openView({
  mappings,
  recognitions,
  otherwise = [],
  beside = [],
  names = NAMES,
}: ViewOptions): View {
  const recognise = recogniser(recognitions, otherwise, beside);
  const readNative = leafReader(names);
  const reader = ocsfReader(mappings, names, recognise);
  return {
    ofNative: (json) => {
      const { leaves, isWhole } = readNative(json);
      const fields = fieldsOf(leaves);
      addAliases(fields, names);
      return { logsources: recognise.of((at) => fields[recognise.fields[at] ?? '']), fields, isWhole };
    },
    ofOcsf: (event) => new Viewed(reader, event),
  };
}

function fieldsOf(leaves: Leaves): Record<string, Values> {
  const fields = Object.create(null) as Record<string, Values>;
  for (const [name, value] of leaves) fields[name] = value;
  return fields;
}
