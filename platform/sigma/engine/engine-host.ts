import type { FieldValue, SigmaEvent } from '../event.ts';
import type { Predicate } from '../ir.ts';
import { compileGlob } from '../regex/glob.ts';
import { type CompiledRegex, compileRegex } from '../regex/regex.ts';
import { nameOf } from '../view/names.ts';
import { testHolds, valuesOf } from './evaluate.ts';
import * as layout from './layout.ts';
import type { Host, Matcher } from './matcher.ts';
import { recognised, rulesFor } from './plan/routes.ts';
import type { Tables } from './plan/tables.ts';

/** What one evaluation by the plain engine is taken to cost, in nanoseconds, and each value of it. */
const PLAIN_NS = 400;
const VALUE_NS = 200;

/** The rare work that the matcher leaves to TypeScript. */
export class EngineHost implements Host {
  readonly #tables: Tables;
  readonly #fieldNumbers: ReadonlyMap<string, number>;
  readonly #predicates: ReadonlyMap<number, Predicate>;
  readonly #regexes = new Map<number, CompiledRegex>();
  /** By node: the path that it is, undefined for the root of the view, whose names are field names. */
  readonly #paths: string[] = [];
  /** By what they met: sets of recognitions of which no group is. */
  readonly #unforeseen = new Map<string, number>();
  /** By the number above the group in a route: the rules that look; undefined where the group says it all. */
  readonly lookers: (ReadonlySet<number> | undefined)[] = [undefined];
  #attached: Matcher | undefined;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#fieldNumbers = new Map(tables.fields.map((name, index) => [name, index + 1]));
    this.#predicates = new Map(tables.host);
  }

  /** The matcher that calls; it needs its host to come to be. */
  attach(matcher: Matcher): void {
    this.#attached = matcher;
  }

  /** The fields of the roots: a text that is the whole line has the empty path. */
  rootField(): number {
    return this.#fieldNumbers.get(nameOf(this.#tables.names, '')) ?? layout.NO_FIELD;
  }

  isField(name: string): boolean {
    return this.#fieldNumbers.has(name);
  }

  fieldOf = (parent: number, node: number, key: number, bytes: number): number => {
    const name = this.#utf8(key, key + bytes);
    if (parent === layout.ROOT_OF_VIEW) return this.#fieldNumbers.get(name) ?? layout.NO_FIELD;
    const above = parent === layout.ROOT_OF_SOURCE ? '' : (this.#paths[parent] ?? '');
    const path = above === '' ? name : `${above}.${name}`;
    this.#paths[node] = path;
    return this.#fieldNumbers.get(nameOf(this.#tables.names, path)) ?? layout.NO_FIELD;
  };

  routeOf = (): number => {
    const met = recognised(this.#tables.recognitions, (field) => this.#foldedValues(field));
    return this.routeOfMet(met);
  };

  routeOfMet(met: readonly number[]): number {
    const key = met.join();
    const group = this.#tables.groups[key];
    if (group !== undefined) return group;
    // A combination that nobody foresaw: every rule, and those that do not look at it are left out afterwards.
    let number = this.#unforeseen.get(key);
    if (number === undefined) {
      const offered = met.flatMap((one) => this.#tables.recognitions.all[one]?.is ?? []);
      number = this.lookers.push(new Set(rulesFor(this.#tables.logsources, offered))) - 1;
      this.#unforeseen.set(key, number);
    }
    return (number << layout.ROUTE_GROUP_BITS) >>> 0;
  }

  holds = (atom: number): number => {
    const predicate = this.#predicates.get(atom);
    if (predicate === undefined) return 0;
    if (predicate.op === 're' || predicate.op === 'glob') return this.#finds(atom, predicate) ? 1 : 0;
    return this.#plainly(predicate) ? 1 : 0;
  };

  numberText = (raw: number, end: number, into: number): number => {
    const text = String(Number(this.#utf8(raw, end)));
    return this.#matcher.bytes.length < into
      ? 0
      : Buffer.from(this.#matcher.bytes.buffer).write(text, into, 'latin1');
  };

  #finds(atom: number, predicate: Extract<Predicate, { op: 're' | 'glob' }>): boolean {
    const regex = this.#regexOf(atom, predicate);
    const isFolded = predicate.op === 'glob' && !predicate.isCased;
    const matcher = this.#matcher;
    const from = isFolded ? layout.V_FOLDED : layout.V_TEXT;
    const to = isFolded ? layout.V_FOLDED_END : layout.V_TEXT_END;
    const { field } = predicate;
    for (let value = this.#first(field); value !== 0; value = this.#after(field, value)) {
      if ((matcher.cell(value + layout.V_FLAGS) & layout.IS_NULL) !== 0) continue;
      if (matcher.cell(value + from) === 0) {
        if (isFolded) matcher.calls.writeFolded(value);
        else matcher.calls.writeText(value);
      }
      const found = regex.matchesBytes(matcher.bytes, matcher.cell(value + from), matcher.cell(value + to));
      if (this.#spend(regex.takeWork() + 50) || found) return found;
    }
    return false;
  }

  #regexOf(atom: number, predicate: Extract<Predicate, { op: 're' | 'glob' }>): CompiledRegex {
    const known = this.#regexes.get(atom);
    if (known !== undefined) return known;
    const regex =
      predicate.op === 'glob' ? compileGlob(predicate.parts) : compileRegex(predicate.source, predicate);
    if ('refused' in regex) throw new Error(`a pattern that was planned is refused: ${regex.refused}`);
    this.#regexes.set(atom, regex);
    return regex;
  }

  /** By the plain engine, on an event that has only the fields that are asked for. */
  #plainly(predicate: Predicate): boolean {
    const event: SigmaEvent = { logsources: [], fields: this.#fieldsFor(predicate) };
    const count = valuesOf(event, predicate.field).length;
    const others = predicate.op === 'fieldref' ? valuesOf(event, predicate.other).length : 1;
    if (this.#spend(PLAIN_NS + VALUE_NS * count * Math.max(1, others))) return false;
    return testHolds(predicate, event, () => {
      throw new Error('regular expressions are not evaluated here');
    });
  }

  #fieldsFor(predicate: Predicate): SigmaEvent['fields'] {
    if (predicate.field === null) return { '': [...this.#values(null)].map((value) => this.#parsed(value)) };
    const names = predicate.op === 'fieldref' ? [predicate.field, predicate.other] : [predicate.field];
    return Object.fromEntries(
      names.map((name) => [name, [...this.#values(name)].map((value) => this.#parsed(value))]),
    );
  }

  /** Takes work off the event's budget; true when nothing is left. */
  #spend(work: number): boolean {
    const left = (this.#matcher.cell(layout.WORK) | 0) - Math.min(work, 1e9);
    this.#matcher.setCell(layout.WORK, Math.max(left, -1e9));
    return left < 0;
  }

  /** Addresses of the values of a field, newest first, or of every leaf. */
  *#values(field: string | null): Iterable<number> {
    for (let value = this.#first(field); value !== 0; value = this.#after(field, value)) yield value;
  }

  /** Zero where there is none. */
  #first(field: string | null): number {
    const matcher = this.#matcher;
    const values = matcher.cell(layout.AT_VALUES);
    if (field === null) return matcher.cell(layout.VALUE_COUNT) === 0 ? 0 : values;
    const number = this.#fieldNumbers.get(field) ?? 0;
    const head = matcher.cell(layout.AT_FIELD_HEADS) + number * layout.FIELD_HEAD_BYTES;
    if (number === 0 || matcher.cell(head) !== matcher.cell(layout.EPOCH)) return 0;
    return this.#addressOf(matcher.cell(head + 4));
  }

  #after(field: string | null, value: number): number {
    const matcher = this.#matcher;
    if (field !== null) return this.#addressOf(matcher.cell(value + layout.V_NEXT));
    const next = value + layout.VALUE_BYTES;
    const end = matcher.cell(layout.AT_VALUES) + matcher.cell(layout.VALUE_COUNT) * layout.VALUE_BYTES;
    return next === end ? 0 : next;
  }

  /** Of a value by its number, which counts from one. */
  #addressOf(number: number): number {
    return number === 0 ? 0 : this.#matcher.cell(layout.AT_VALUES) + (number - 1) * layout.VALUE_BYTES;
  }

  #foldedValues(field: string): readonly string[] {
    return [...this.#values(field)]
      .filter((value) => (this.#matcher.cell(value + layout.V_FLAGS) & layout.IS_NULL) === 0)
      .map((value) => {
        this.#matcher.calls.writeFolded(value);
        return this.#utf8(
          this.#matcher.cell(value + layout.V_FOLDED),
          this.#matcher.cell(value + layout.V_FOLDED_END),
        );
      });
  }

  #parsed(value: number): FieldValue {
    const matcher = this.#matcher;
    const isString = (matcher.cell(value + layout.V_FLAGS) & layout.IS_STRING) !== 0;
    const quote = isString ? 1 : 0;
    const raw = this.#utf8(
      matcher.cell(value + layout.V_RAW) - quote,
      matcher.cell(value + layout.V_RAW_END) + quote,
    );
    return JSON.parse(raw) as FieldValue;
  }

  #utf8(from: number, to: number): string {
    return Buffer.from(this.#matcher.bytes.buffer, from, to - from).toString('utf8');
  }

  get #matcher(): Matcher {
    if (this.#attached === undefined) throw new Error('the matcher calls before it stands');
    return this.#attached;
  }
}
