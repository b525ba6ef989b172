/** Reads an OCSF event into slots: its own paths, its mapping's names, then what stands in `unmapped`. */
import type { LogSource } from '../event.ts';
import type { Mapping } from './mapping.ts';
import type { Names } from './names.ts';
import type { Recogniser } from './recognise.ts';
import { type Slot, Slots } from './slots.ts';
import type { SlotReader } from './viewed.ts';
import { Walker } from './walk.ts';

const PLAIN: Names = { replace: [], strip: [], rename: {}, aliases: [], joins: [] };
type Pair = readonly [to: Slot, from: Slot];

export function ocsfReader(mappings: readonly Mapping[], names: Names, recognise: Recogniser): SlotReader {
  const slots = new Slots();
  const slot = (name: string): Slot => slots.of(name, true);
  const byName = new Map<unknown, readonly Pair[]>(
    mappings.map(({ name, paths }) => [
      name,
      Object.entries(paths).map(([own, path]): Pair => [slot(own), slot(path)]),
    ]),
  );
  const shaped = new Walker(slots, PLAIN);
  const native = new Walker(slots, names);
  const mappingName = slot('metadata.transformation_info_list.name');
  const aliases = names.aliases.map(([from, to]): Pair => [slot(to), slot(from)]);
  const joins = names.joins.map(({ to, of, by }) => ({ to: slot(to), of: of.map(slot), by }));
  const recognised = recognise.fields.map(slot);
  const sources = new Map<Slot, Slot[]>();
  const comesFrom = (to: Slot, from: Slot): void => void sources.set(to, [...(sources.get(to) ?? []), from]);
  for (const [to, from] of [...byName.values()].flat()) comesFrom(to, from);
  for (const [to, from] of aliases) comesFrom(to, from);
  for (const { to, of } of joins) for (const part of of) comesFrom(to, part);
  const want = (wanted: Slot): void => {
    if (wanted.isWanted) return;
    slots.want(wanted);
    for (const from of sources.get(wanted) ?? []) want(from);
  };
  for (const wanted of [mappingName, ...recognised]) want(wanted);
  /** What `rename` has in hand; kept, for it would be as long again. */
  const renamed: Slot[] = [];
  const values: Slot['value'][] = [];
  const valueAt = (at: number) => {
    const known = recognised[at];
    return known === undefined ? undefined : slots.valueOf(known);
  };
  return {
    slots,
    current: undefined,
    isAll: false,
    asked: new WeakMap(),
    want: (name) => {
      const wanted = slot(name);
      want(wanted);
      return wanted;
    },
    read(event, isAll) {
      slots.begin();
      shaped.read(event, isAll, 'unmapped');
      const mapping = slots.valueOf(mappingName);
      // The first transformation is the parser's.
      const pairs = byName.get(typeof mapping === 'object' ? mapping?.[0] : mapping);
      if (pairs !== undefined) rename(pairs, isAll);
      // Last: where a value was converted for OCSF, the source's own stands here.
      slots.override();
      native.read(event['unmapped'] ?? {}, isAll);
      addAliases();
      return shaped.isWhole && native.isWhole;
    },
    logsources: (): readonly LogSource[] => recognise.of(valueAt),
  };

  /** All are read before one is written: a source's name may be the path of another. */
  function rename(pairs: readonly Pair[], isAll: boolean): void {
    let count = 0;
    for (const pair of pairs) {
      const [to, from] = pair;
      if (!isAll && !to.isWanted) continue;
      const value = slots.valueOf(from);
      if (value === undefined) continue;
      renamed[count] = to;
      values[count] = value;
      count += 1;
    }
    slots.override();
    for (let at = 0; at < count; at += 1) slots.set(renamed[at] as Slot, values[at] as Slot['value']);
  }

  function addAliases(): void {
    for (const [to, from] of aliases) {
      const value = slots.valueOf(from);
      if (value !== undefined && slots.valueOf(to) === undefined) slots.set(to, value);
    }
    for (const { to, of, by } of joins) {
      if (slots.valueOf(to) !== undefined) continue;
      const parts = of.map((part) => slots.valueOf(part));
      if (parts.every((part) => typeof part === 'string')) slots.set(to, parts.join(by));
    }
  }
}
