/**
 * Runs of rules that differ in one address or port only, as one verdict map: the kernel then looks once instead of
 * rule by rule. Only neighbours are folded, and only while their keys do not overlap, so the first match stays first.
 */
import { addressIntervalOf, type Interval, portIntervalOf } from '../elements.ts';
import type { Element, Field, Right, Statement } from './nft.ts';

/** One alternative of a rule: what it asks for, and what happens then. */
export interface Judged {
  readonly id: string;
  readonly asks: readonly Statement[];
  readonly then: readonly Statement[];
}
/** `chain` is its own where the outcome is more than one statement; `undefined` is where the rules are. */
export interface Folded {
  readonly chain?: string;
  readonly expr: readonly Statement[];
  readonly comment?: string;
}

/** Below this a map costs more than the rules. */
const RUN_MIN = 4;

interface Key {
  /** Which of the asks. */
  readonly at: number;
  readonly field: Field;
  readonly elements: readonly { readonly element: Element; readonly interval: Interval }[];
}
interface Member {
  readonly judged: Judged;
  readonly key: Key;
}

/** @param prefix of the names of chains, for outcomes that a map cannot hold itself */
export function folded(rules: readonly Judged[], prefix: string): readonly Folded[] {
  const out: Folded[] = [];
  for (let from = 0; from < rules.length; ) {
    const run = longestRun(rules, from);
    const [first] = run;
    const judged = rules[from];
    if (judged === undefined) break;
    if (first === undefined || run.length < RUN_MIN) {
      out.push({ expr: [...judged.asks, ...judged.then], comment: judged.id });
      from += 1;
      continue;
    }
    const set = run.flatMap(({ judged: { id, then }, key }, index): (readonly [Element, Statement])[] => {
      const [only, ...more] = then;
      const name = `${prefix}_${from + index}`;
      const isAlone = only !== undefined && more.length === 0;
      if (!isAlone) out.push({ chain: name, expr: then, comment: id });
      const outcome = isAlone ? only : { goto: { target: name } };
      return key.elements.map(({ element }) => [element, outcome]);
    });
    const asks = first.judged.asks.filter((_, index) => index !== first.key.at);
    out.push({ expr: [...asks, { vmap: { key: first.key.field, data: { set } } }] });
    from += run.length;
  }
  return out;
}

/** From here on, by whichever key of the first rule makes it longest. */
function longestRun(rules: readonly Judged[], from: number): readonly Member[] {
  const first = rules[from];
  if (first === undefined) return [];
  let best: readonly Member[] = [];
  for (const { at } of keysOf(first)) {
    const shape = shapeOf(first, at);
    const taken = new Taken();
    const run: Member[] = [];
    for (let index = from; index < rules.length; index += 1) {
      const judged = rules[index];
      if (judged === undefined || !isTerminal(judged) || judged.asks.length !== first.asks.length) break;
      const key = keysOf(judged).find((one) => one.at === at);
      if (key === undefined || shapeOf(judged, at) !== shape) break;
      if (!taken.take(key.elements.map(({ interval }) => interval))) break;
      run.push({ judged, key });
    }
    if (run.length > best.length) best = run;
  }
  return best;
}

/** Everything but the key’s value, as text: equal text, equal asks. */
function shapeOf({ asks }: Judged, at: number): string {
  return JSON.stringify(asks.map((ask, index) => (index === at && 'match' in ask ? ask.match.left : ask)));
}

/** What logs and goes on cannot be a verdict. */
function isTerminal({ then }: Judged): boolean {
  const last = then.at(-1);
  return last !== undefined && ('accept' in last || 'drop' in last || 'goto' in last);
}

function keysOf({ asks }: Judged): readonly Key[] {
  return asks.flatMap((ask, at): readonly Key[] => {
    if (!('match' in ask) || ask.match.op !== '==' || !('payload' in ask.match.left)) return [];
    const { left, right } = ask.match;
    const { protocol, field } = left.payload;
    const isPort = field === 'sport' || field === 'dport';
    const isAddress = (protocol === 'ip' || protocol === 'ip6') && field.endsWith('addr');
    if (!isPort && !isAddress) return [];
    const elements = elementsOf(right).flatMap((element) => {
      const text = textOf(element);
      const interval = isPort ? portIntervalOf(text) : addressIntervalOf(text);
      return interval === null ? [] : [{ element, interval }];
    });
    // A named set is no element of a map.
    return elements.length === elementsOf(right).length && elements.length > 0
      ? [{ at, field: left, elements }]
      : [];
  });
}

function elementsOf(right: Right): readonly Element[] {
  if (typeof right !== 'object') return [right];
  if ('set' in right) return right.set;
  return Array.isArray(right) ? right : [right as Element];
}

function textOf(element: Element): string {
  if (typeof element !== 'object') return String(element);
  if ('prefix' in element) return `${element.prefix.addr}/${element.prefix.len}`;
  return `${element.range[0]}-${element.range[1]}`;
}

/** Disjoint intervals in their order, so that ten thousand rules are not compared with each other. */
class Taken {
  readonly #lows: bigint[] = [];
  readonly #highs: bigint[] = [];

  /** All of them, or none when one overlaps what is there. */
  take(intervals: readonly Interval[]): boolean {
    if (!intervals.every((interval) => this.#placeOf(interval) !== undefined)) return false;
    for (const interval of intervals) {
      const place = this.#placeOf(interval) ?? 0;
      this.#lows.splice(place, 0, interval.low);
      this.#highs.splice(place, 0, interval.high);
    }
    return true;
  }

  #placeOf({ low, high }: Interval): number | undefined {
    let [from, to] = [0, this.#lows.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#lows[middle] ?? 0n) <= low) from = middle + 1;
      else to = middle;
    }
    const [before, after] = [this.#highs[from - 1], this.#lows[from]];
    const isFree = (before === undefined || before < low) && (after === undefined || after > high);
    return isFree ? from : undefined;
  }
}
