/**
 * The fast engine: bytes to matches. Its verdicts are those of `evaluate.ts`, by other means: rules share
 * predicates, each rule waits for the rarest text that it needs, and the rest is asked on demand.
 */
import { isUtf8 } from 'node:buffer';
import { type Asked, flatten, type Recognition, type SigmaEvent, type WritableEvent } from '../event.ts';
import { type DetectionRule, foldCase } from '../ir.ts';
import { type Names, PLAIN_NAMES } from '../view/names.ts';
import { EngineHost } from './engine-host.ts';
import * as layout from './layout.ts';
import { LINE_BYTES_MAX, Matcher } from './matcher.ts';
import { askedBy } from './plan/asked.ts';
import { nameFields } from './plan/names.ts';
import { recognised, recognitionsOf, rulesFor } from './plan/routes.ts';
import { type Budget, planOf, type Tables, tablesOf } from './plan/tables.ts';
import { Found, type LineMatches } from './result.ts';
import { observe } from './training.ts';
import { fieldsText, viewText } from './view-text.ts';

export type { LineMatches, Names, Tables };

/** Rules are numbered as they were handed in. */
export interface Matched {
  readonly rules: readonly number[];
  /** False when the event is larger or deeper than is looked at, or cost more than its budget. */
  readonly isWhole: boolean;
}

/** Log sources and names are the view's (`view/view.ts`), for lines that are events as their source gives them. */
export interface EngineOptions {
  readonly recognitions: readonly Recognition[];
  readonly otherwise?: readonly Recognition[];
  readonly beside?: readonly Recognition[];
  readonly names?: Names;
  readonly budget?: Budget;
  /** Lines like those to come: rules then wait for what is rare in them. */
  readonly sample?: Uint8Array;
}

/**
 * Enough for a command line of eight kilobytes that is nothing but texts of rules (about 300,000), an eighth of
 * it for what really happens: events of the Windows corpora cost 55,000 at most, ordinary ones a few hundred.
 */
const BUDGET: Budget = { perEvent: 200_000, perByte: 24 };

export function compileEngine(rules: readonly DetectionRule[], options: EngineOptions): Engine {
  return Engine.fromTables(compileTables(rules, options));
}

/** The slow part of `compileEngine`, for another thread. */
export function compileTables(rules: readonly DetectionRule[], options: EngineOptions): Tables {
  const { names = PLAIN_NAMES, budget = BUDGET, sample } = options;
  const recognitions = recognitionsOf(options.recognitions, options.otherwise, options.beside);
  const plan = planOf(rules, { recognitions, names, budget });
  if (sample === undefined) return tablesOf(plan, undefined);
  return tablesOf(plan, observe(plan, sample));
}

export class Engine {
  readonly #tables: Tables;
  readonly #host: EngineHost;
  readonly #matcher: Matcher;
  readonly #groupBySources = new Map<string, Looking>();
  /** The same list of log sources comes again and again. */
  readonly #groupByList = new WeakMap<SigmaEvent['logsources'], Looking>();
  readonly #all: Looking;

  private constructor(tables: Tables) {
    this.#tables = tables;
    this.#host = new EngineHost(tables);
    this.#matcher = new Matcher(tables, this.#host);
    this.#host.attach(this.#matcher);
    this.#all = this.#looking(0, undefined);
    const nodes = this.#matcher.cell(layout.AT_NODES);
    for (const root of [layout.ROOT_OF_SOURCE, layout.ROOT_OF_VIEW])
      this.#matcher.setCell(
        nodes + root * layout.NODE_BYTES + layout.NODE_FIELD,
        root === layout.ROOT_OF_SOURCE ? this.#host.rootField() : layout.NO_FIELD,
      );
  }

  static fromTables(tables: Tables): Engine {
    return new Engine(tables);
  }

  exportTables(): Tables {
    return this.#tables;
  }

  /** Bytes of the module's memory: tables, working space and input. */
  get memoryBytes(): number {
    return this.#matcher.bytesUsed;
  }

  /** Events looked at so far, and rules that were evaluated for them: how well the plan fits. */
  get figures(): { readonly events: number; readonly candidates: number } {
    const matcher = this.#matcher;
    return { events: matcher.cell(layout.EVENTS_SEEN), candidates: matcher.cell(layout.CANDIDATES_SEEN) };
  }

  /**
   * Lines of JSON to matches. Lines that are not JSON are named; blank ones are counted and otherwise ignored.
   * Bytes that are not UTF-8 are what `TextDecoder` makes of them.
   */
  matchLines(ndjson: Uint8Array): LineMatches {
    const found = new Found();
    const bytes = isUtf8(ndjson) ? ndjson : Buffer.from(Buffer.from(ndjson).toString('utf8'));
    let at = 0;
    while (at < bytes.length) {
      const end = this.#batchEnd(bytes, at);
      if (end - at > LINE_BYTES_MAX) found.incomplete.push(found.lineCount++);
      else this.#matchBatch(bytes.subarray(at, end), found);
      at = end;
    }
    return found.finished();
  }

  match(event: SigmaEvent): Matched {
    const looking = this.#groupOf(event.logsources);
    const matched = looking.exact?.size === 0 ? NOTHING : this.#matchEvent(event, looking);
    // Asked after it was read. What was cut may be what would have told its log source.
    return event.isWhole === false ? { ...matched, isWhole: false } : matched;
  }

  #matchEvent(event: SigmaEvent, looking: Looking): Matched {
    const { group, exact } = looking;
    const whole =
      (isWritable(event) ? this.#matchWritten(event, looking) : undefined) ??
      this.#matchView(fieldsText(event.fields), group, exact);
    if (whole !== undefined) return whole;
    const { text } = viewText(event.fields, (name) => this.#host.isField(name));
    const part = this.#matchView(text, group, exact);
    return { rules: part?.rules ?? [], isWhole: false };
  }

  /** Up to the last line feed that fits, or a whole long line. */
  #batchEnd(bytes: Uint8Array, at: number): number {
    const room = this.#matcher.inputBytes;
    if (bytes.length - at <= room) return bytes.length;
    const last = bytes.lastIndexOf(10, at + room - 1);
    if (last >= at) return last + 1;
    const next = bytes.indexOf(10, at);
    const end = next === -1 ? bytes.length : next + 1;
    if (end - at <= LINE_BYTES_MAX) this.#matcher.provide(end - at);
    return end;
  }

  #matchBatch(bytes: Uint8Array, found: Found): void {
    const matcher = this.#matcher;
    matcher.bytes.set(bytes, matcher.input);
    matcher.endInput(bytes.length);
    matcher.setCell(layout.LINE_COUNT, 0);
    const end = matcher.input + bytes.length;
    const odd: { readonly line: number; readonly text: string }[] = [];
    for (let at = matcher.input; at < end; ) {
      at = matcher.calls.matchLines(at, end, layout.ROOT_OF_SOURCE, 0);
      this.#read(found, odd);
    }
    const first = found.lineCount;
    found.lineCount += matcher.cell(layout.LINE_COUNT);
    for (const { line, text } of odd) this.#matchOdd(first + line, text, found);
  }

  #read(found: Found, odd: { line: number; text: string }[]): void {
    const { words, bytes } = this.#matcher;
    const top = this.#matcher.cell(layout.RESULT_TOP) >> 2;
    for (let at = this.#matcher.cell(layout.AT_RESULT) >> 2; at < top; ) {
      const line = words[at] ?? 0;
      const status = words[at + 1] ?? 0;
      const count = words[at + 4] ?? 0;
      const lookers = this.#host.lookers[(words[at + 5] ?? 0) >>> layout.ROUTE_GROUP_BITS];
      if (status === layout.STATUS_MALFORMED) found.malformed.push(found.lineCount + line);
      else if (status === layout.STATUS_INCOMPLETE) found.incomplete.push(found.lineCount + line);
      else if (status === layout.STATUS_ODD) {
        const from = words[at + 2] ?? 0;
        odd.push({
          line,
          text: Buffer.from(bytes.buffer, from, (words[at + 3] ?? 0) - from).toString('utf8'),
        });
      }
      at += layout.RESULT_HEAD_WORDS;
      for (let index = 0; index < count; index += 1) {
        const rule = words[at + index] ?? 0;
        if (lookers === undefined || lookers.has(rule)) found.add(found.lineCount + line, rule);
      }
      at += count;
    }
  }

  /** A line that only `JSON.parse` can judge: a name twice in an object, too deep, too many leaves. */
  #matchOdd(line: number, text: string, found: Found): void {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      found.malformed.push(line);
      return;
    }
    const flat = flatten(json);
    const fields = nameFields(flat.fields, this.#tables.names);
    const met = recognised(this.#tables.recognitions, (field) => foldedValues(fields, field));
    const route = this.#host.routeOfMet(met);
    const group = route & ((1 << layout.ROUTE_GROUP_BITS) - 1);
    const exact = this.#host.lookers[route >>> layout.ROUTE_GROUP_BITS];
    const view = viewText(fields, (name) => this.#host.isField(name));
    const matched = this.#matchView(view.text, group, exact);
    for (const rule of matched?.rules ?? []) found.add(line, rule);
    if (!flat.isWhole || !view.isWhole || matched?.isWhole !== true) found.incomplete.push(line);
  }

  /** @returns undefined when the matcher could not take it in as it is */
  #matchView(text: string, group: number, exact: ReadonlySet<number> | undefined): Matched | undefined {
    const matcher = this.#matcher;
    if (text.length * 3 > LINE_BYTES_MAX) return undefined;
    matcher.provide(text.length * 3);
    const { written } = ENCODER.encodeInto(
      text,
      matcher.bytes.subarray(matcher.input, matcher.input + matcher.inputBytes),
    );
    return this.#matchInput(written, group, exact);
  }

  /** An event as it writes itself; undefined when that does not fit, or the matcher could not take it in. */
  #matchWritten(event: WritableEvent, { group, exact, asked }: Looking): Matched | undefined {
    const matcher = this.#matcher;
    const end = event.writeTo(
      matcher.bytes,
      matcher.input,
      matcher.input + matcher.inputBytes - CLOSING_BYTES,
      asked,
    );
    return end === -1 ? undefined : this.#matchInput(end - matcher.input, group, exact);
  }

  #matchInput(written: number, group: number, exact: ReadonlySet<number> | undefined): Matched | undefined {
    const matcher = this.#matcher;
    matcher.endInput(written);
    matcher.calls.matchLines(matcher.input, matcher.input + written, layout.ROOT_OF_VIEW, group + 1);
    const { words } = matcher;
    const at = matcher.cell(layout.AT_RESULT) >> 2;
    if (matcher.cell(layout.RESULT_TOP) >> 2 === at) return NOTHING;
    const status = words[at + 1] ?? 0;
    if (status === layout.STATUS_ODD) return undefined;
    const begin = at + layout.RESULT_HEAD_WORDS;
    const rules = [...words.subarray(begin, begin + (words[at + 4] ?? 0))];
    return {
      rules: exact === undefined ? rules : rules.filter((rule) => exact.has(rule)),
      isWhole: status === layout.STATUS_WHOLE,
    };
  }

  #groupOf(logsources: SigmaEvent['logsources']): Looking {
    if (logsources.length === 0) return this.#all;
    let looking = this.#groupByList.get(logsources);
    if (looking === undefined) {
      looking = this.#groupOfSources(logsources);
      this.#groupByList.set(logsources, looking);
    }
    return looking;
  }

  #looking(group: number, exact: ReadonlySet<number> | undefined): Looking {
    const { asked } = this.#tables;
    const rules = exact === undefined ? asked : [...exact].flatMap((rule) => [asked[rule] ?? []]);
    return { group, exact, asked: askedBy(rules, (name) => this.#host.isField(name)) };
  }

  #groupOfSources(logsources: SigmaEvent['logsources']): Looking {
    const key = JSON.stringify(
      logsources.map(({ product, category, service }) => [product, category, service]),
    );
    const known = this.#groupBySources.get(key);
    if (known !== undefined) return known;
    const wanted = rulesFor(this.#tables.logsources, logsources);
    const met = this.#tables.recognitions.all.flatMap(({ is }, number) =>
      logsources.some(
        ({ product, category, service }) =>
          product === is.product && category === is.category && service === is.service,
      )
        ? [number]
        : [],
    );
    const group = this.#groupOfAll(met, wanted);
    const result = this.#looking(group ?? 0, new Set(wanted));
    if (this.#groupBySources.size < GROUPS_KNOWN_MAX) this.#groupBySources.set(key, result);
    return result;
  }

  /** The group of these recognitions where it has all the rules that are wanted: a view knows more than they do. */
  #groupOfAll(met: readonly number[], wanted: readonly number[]): number | undefined {
    if (met.length === 0) return undefined;
    const { groups, recognitions, logsources } = this.#tables;
    const members = new Set(
      rulesFor(
        logsources,
        met.flatMap((number) => recognitions.all[number]?.is ?? []),
      ),
    );
    return wanted.every((rule) => members.has(rule)) ? groups[met.join()] : undefined;
  }
}

/** Which rules look at an event, and what they want to know of it. */
interface Looking {
  readonly group: number;
  /** Of the group's rules, those that look; undefined for all. */
  readonly exact: ReadonlySet<number> | undefined;
  readonly asked: Asked;
}

/** Of an engine without rules, which takes its time to be made too. */
export const matchesNothing = ({ isWhole = true }: SigmaEvent): Matched => ({ ...NOTHING, isWhole });

const NOTHING: Matched = { rules: [], isWhole: true };
/** Brackets and commas, for which an event that writes itself does not look whether there is room. */
const CLOSING_BYTES = 64;

function isWritable(event: SigmaEvent): event is WritableEvent {
  return 'writeTo' in event;
}

const GROUPS_KNOWN_MAX = 1_024;
const ENCODER = new TextEncoder();

function foldedValues(fields: SigmaEvent['fields'], field: string): readonly string[] {
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
  return [value ?? []].flat().flatMap((one) => (one === null ? [] : [foldCase(String(one))]));
}
