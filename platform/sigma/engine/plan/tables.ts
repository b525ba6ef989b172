import type { DetectionRule, Predicate } from '../../ir.ts';
import type { Names } from '../../view/names.ts';
import * as layout from '../layout.ts';
import { fieldsOf } from './asked.ts';
import { Atoms, type Expression, type SequencePart } from './atoms.ts';
import { writeCasePages } from './case-pages.ts';
import { Conditions } from './conditions.ts';
import { expressionOf } from './expression.ts';
import { GramFrequency } from './grams.ts';
import { Image } from './image.ts';
import { type Wanted, writeIndex } from './index-table.ts';
import { writeAliases } from './names.ts';
import { pivotsOf } from './pivots.ts';
import { type Observed, rarityOf } from './rarity.ts';
import { expectedSets, type Recognitions, rulesFor } from './routes.ts';

/**
 * Everything that an engine needs, as plain data: it can be sent to another thread, where the memory may be
 * transferred or shared.
 */
export interface Tables {
  readonly memory: Uint8Array<ArrayBuffer>;
  /** Values of the cells between the layout's cells and its tables, by address. */
  readonly cells: readonly (readonly [number, number])[];
  /** Field names; the first is number 1. */
  readonly fields: readonly string[];
  readonly ruleCount: number;
  readonly atomCount: number;
  /** Predicates that the host evaluates, by atom. */
  readonly host: readonly (readonly [number, Predicate])[];
  readonly recognitions: Recognitions;
  /** Recognitions met, joined by commas → number of the group; the group of all rules is 0. */
  readonly groups: Readonly<Record<string, number>>;
  readonly logsources: readonly DetectionRule['logsource'][];
  /** By rule; null is every field. */
  readonly asked: readonly (readonly (string | null)[])[];
  readonly names: Names;
  readonly budget: Budget;
}

/** Work that an event may cost, in units of about a nanosecond; what is not done by then is not done. */
export interface Budget {
  readonly perEvent: number;
  readonly perByte: number;
}

export interface Plan {
  readonly atoms: Atoms;
  readonly expressions: readonly Expression[];
  readonly rules: readonly DetectionRule[];
  readonly recognitions: Recognitions;
  readonly names: Names;
  readonly budget: Budget;
}

export function planOf(
  rules: readonly DetectionRule[],
  rest: Pick<Plan, 'recognitions' | 'names' | 'budget'>,
): Plan {
  const atoms = new Atoms();
  for (const { when } of rest.recognitions.all)
    for (const field of Object.keys(when)) atoms.fieldNumber(field);
  return { ...rest, rules, atoms, expressions: rules.map(({ condition }) => expressionOf(condition, atoms)) };
}

/** What a sample of events said: which atoms held, and what stands in which field. */
export interface Seen {
  readonly observed: Observed;
  readonly grams: ReadonlyMap<number, GramFrequency>;
}

/** @param seen undefined for tables that only count (`isCounting`) or are planned by guesses */
export function tablesOf(plan: Plan, seen: Seen | undefined, isCounting = false): Tables {
  const { atoms, expressions, rules } = plan;
  const image = new Image();
  const rarity = rarityOf(atoms, seen?.observed);
  const cells = new Map<number, number>();
  const grams = seen?.grams ?? guessedGrams(atoms);
  cells.set(layout.AT_FOLD_PAGES, writeCasePages(image));
  const [aliases, joins] = writeAliases(image, atoms, plan.names);
  cells.set(layout.AT_ALIASES, aliases);
  cells.set(layout.AT_JOINS, joins);
  cells.set(layout.AT_ATOMS, writeAtoms(image, atoms));
  cells.set(layout.AT_FULL_INDEXES, writeFullIndexes(image, atoms, grams));
  cells.set(
    layout.AT_ROUTE_FIELDS,
    image.list([
      ...new Set(
        plan.recognitions.all.flatMap(({ when }) => Object.keys(when).map((name) => atoms.fieldNumber(name))),
      ),
    ]),
  );
  const groups: Record<string, number> = { '': 0 };
  if (!isCounting) {
    const conditions = new Conditions(image, atoms, rarity);
    cells.set(layout.AT_RULE_PROGRAMS, image.words(expressions.map((one) => conditions.write(one))));
    const logsources = rules.map(({ logsource }) => logsource);
    const members: (readonly number[])[] = [rules.map((_, rule) => rule)];
    const known = new Map<string, number>([[members[0]?.join() ?? '', 0]]);
    for (const met of expectedSets(plan.recognitions)) {
      const offered = met.flatMap((number) => plan.recognitions.all[number]?.is ?? []);
      const chosen = rulesFor(logsources, offered);
      const key = chosen.join();
      const group = known.get(key) ?? members.push(chosen) - 1;
      known.set(key, group);
      groups[met.join()] = group;
    }
    const pivots = expressions.map((one) => pivotsOf(one, atoms, rarity));
    cells.set(
      layout.AT_GROUPS,
      image.words(members.flatMap((chosen) => writeGroup(image, atoms, pivots, chosen, grams))),
    );
  }
  cells.set(layout.N_RULES, rules.length);
  cells.set(layout.N_FIELDS, atoms.fields.size);
  cells.set(layout.N_ATOMS, atoms.atoms.length);
  cells.set(layout.BUDGET_BASE, plan.budget.perEvent);
  cells.set(layout.BUDGET_PER_BYTE, plan.budget.perByte);
  return {
    memory: image.finished(),
    cells: [...cells],
    asked: rules.map(({ condition }) => fieldsOf(condition)),
    fields: [...atoms.fields.keys()],
    ruleCount: rules.length,
    atomCount: atoms.atoms.length,
    host: atoms.atoms.flatMap(({ predicate }, atom) =>
      predicate === undefined ? [] : [[atom, predicate] as const],
    ),
    recognitions: plan.recognitions,
    groups,
    logsources: rules.map(({ logsource }) => logsource),
    names: plan.names,
    budget: plan.budget,
  };
}

function writeAtoms(image: Image, { atoms }: Atoms): number {
  return image.words(
    atoms.flatMap(({ op, field, text, length, other, parts }) => [
      op,
      field,
      parts === undefined ? (other ?? image.text(text)) : writeParts(image, parts),
      length,
    ]),
  );
}

function writeParts(image: Image, parts: readonly SequencePart[]): number {
  return image.words([
    parts.length,
    ...parts.flatMap(({ text, anchor }) => [image.text(text), text.length, anchor]),
  ]);
}

function writeFullIndexes(
  image: Image,
  { atoms, fields }: Atoms,
  grams: ReadonlyMap<number, GramFrequency>,
): number {
  const byField = new Map<number, Wanted[]>();
  for (const [number, atom] of atoms.entries()) {
    if (atom.op > layout.OP_EQUALS) continue;
    const list = byField.get(atom.field) ?? [];
    byField.set(atom.field, list);
    list.push({ number, atom, rules: [] });
  }
  return image.words(
    Array.from({ length: fields.size + 1 }, (_, field) => {
      const wanted = byField.get(field);
      return wanted === undefined ? 0 : writeIndex(image, wanted, grams.get(field));
    }),
  );
}

/** Two fields of a group: the fields that wake its rules with their indexes, and who is always awake. */
function writeGroup(
  image: Image,
  { atoms }: Atoms,
  pivots: readonly (readonly number[] | undefined)[],
  members: readonly number[],
  grams: ReadonlyMap<number, GramFrequency>,
): readonly number[] {
  const always: number[] = [];
  const rulesByAtom = new Map<number, number[]>();
  for (const rule of members) {
    const own = pivots[rule];
    if (own === undefined) always.push(rule);
    for (const atom of own ?? []) {
      const list = rulesByAtom.get(atom);
      if (list === undefined) rulesByAtom.set(atom, [rule]);
      else list.push(rule);
    }
  }
  const fields = new Map<number, { wanted: Wanted[]; present: number[]; absent: number[] }>();
  for (const [number, rules] of rulesByAtom) {
    const atom = atoms[number];
    if (atom === undefined) continue;
    const field = fields.get(atom.field) ?? { wanted: [], present: [], absent: [] };
    fields.set(atom.field, field);
    if (atom.op === layout.OP_NULL) field.absent.push(...rules);
    else if (atom.op === layout.OP_EXISTS) field.present.push(...rules);
    else field.wanted.push({ number, atom, rules });
  }
  const indexes = [...fields].map(
    ([field, { wanted, present, absent }]) =>
      [field, writeIndex(image, wanted, grams.get(field), present, absent, field === 0)] as const,
  );
  const keywords = indexes.find(([field]) => field === 0)?.[1] ?? 0;
  const named = indexes.filter(([field]) => field !== 0);
  return [image.words([named.length, ...named.flat()]), keywords, image.list(always), 0];
}

/** Without a sample: a gram that many rules' texts hold is taken for common. */
function guessedGrams({ atoms }: Atoms): ReadonlyMap<number, GramFrequency> {
  const guessed = new Map<number, GramFrequency>();
  for (const { field, text, op } of atoms) {
    if (op > layout.OP_EQUALS) continue;
    const frequency = guessed.get(field) ?? new GramFrequency();
    guessed.set(field, frequency);
    frequency.add(text);
  }
  return guessed;
}
