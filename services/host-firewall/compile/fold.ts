/**
 * Runs of rules that differ in one address or port only, as one verdict map: the kernel then looks once instead of
 * rule by rule. Only neighbours are folded, and only where their keys do not overlap, so the first match stays first.
 */
import { addressIntervalOf, portIntervalOf } from '../elements.ts';
import { type Element, goto, type Match, type Outcome, type Statement } from './nft.ts';

export interface Judged {
  readonly id: string;
  readonly matches: readonly Match[];
  readonly then: readonly Statement[];
}
interface Placed {
  readonly chain: string;
  readonly expr: readonly Statement[];
  readonly comment?: string;
}

/** Below this a map costs more than the rules. */
const RUN_MIN = 4;

interface Key {
  /** Index of the match that is the key. */
  readonly at: number;
  readonly element: Element;
  readonly low: bigint;
  readonly high: bigint;
}

export function folded(
  judged: readonly Judged[],
  hook: string,
  chain: (name: string) => void,
): readonly Placed[] {
  const placed: Placed[] = [];
  for (let from = 0; from < judged.length; ) {
    const run = longestRun(judged, from);
    const [first] = run.rules;
    if (first === undefined || run.rules.length < RUN_MIN) {
      const rule = judged[from];
      if (rule !== undefined)
        placed.push({ chain: hook, expr: [...rule.matches, ...rule.then], comment: rule.id });
      from += 1;
      continue;
    }
    const entries = run.rules.map(({ rule, key }, index): readonly [Element, Outcome] => {
      const [only] = rule.then;
      if (rule.then.length === 1 && only !== undefined && isOutcome(only)) return [key.element, only];
      const name = `${hook}_${from + index}`;
      chain(name);
      placed.push({ chain: name, expr: rule.then, comment: rule.id });
      return [key.element, goto(name)];
    });
    const left = first.rule.matches[first.key.at]?.match.left;
    if (left === undefined) throw new Error('a key is one of its matches');
    placed.push({
      chain: hook,
      expr: [
        ...first.rule.matches.filter((_, index) => index !== first.key.at),
        { vmap: { key: left, data: { set: entries } } },
      ],
    });
    from += run.rules.length;
  }
  return placed;
}

/** The longest run from here whose rules have the same other matches, on whichever of the first rule’s keys. */
function longestRun(
  judged: readonly Judged[],
  from: number,
): { readonly rules: readonly { readonly rule: Judged; readonly key: Key }[] } {
  let best: { rule: Judged; key: Key }[] = [];
  const first = judged[from];
  if (first === undefined) return { rules: [] };
  for (const start of keysOf(first)) {
    const shape = shapeOf(first, start.at);
    const taken = new Taken();
    const run: { rule: Judged; key: Key }[] = [];
    for (let index = from; index < judged.length; index += 1) {
      const rule = judged[index];
      if (rule === undefined || !isTerminal(rule) || rule.matches.length !== first.matches.length) break;
      const key = keysOf(rule).find(({ at }) => at === start.at);
      if (key === undefined || shapeOf(rule, key.at) !== shape || !taken.take(key)) break;
      run.push({ rule, key });
    }
    if (run.length > best.length) best = run;
  }
  return { rules: best };
}

/** Everything but the key’s value, as text: equal text, equal matches. */
const shapeOf = ({ matches }: Judged, at: number): string =>
  JSON.stringify(matches.map(({ match }, index) => (index === at ? match.left : match)));

function isTerminal({ then }: Judged): boolean {
  const last = then.at(-1);
  return last !== undefined && isOutcome(last);
}

function isOutcome(statement: Statement): statement is Outcome {
  return 'accept' in statement || 'drop' in statement || 'goto' in statement;
}

function keysOf({ matches }: Judged): readonly Key[] {
  return matches.flatMap(({ match: { op, left, right } }, at) => {
    if (op !== '==' || !('payload' in left)) return [];
    const { protocol, field } = left.payload;
    const isPort = field === 'sport' || field === 'dport';
    if (!isPort && !((protocol === 'ip' || protocol === 'ip6') && field.endsWith('addr'))) return [];
    if (typeof right === 'string' && right.startsWith('@')) return [];
    if (typeof right === 'object' && 'set' in right) return [];
    const text = textOf(right);
    const interval = isPort ? portIntervalOf(text) : addressIntervalOf(text);
    return interval === null ? [] : [{ at, element: right, low: interval.low, high: interval.high }];
  });
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

  take({ low, high }: { readonly low: bigint; readonly high: bigint }): boolean {
    let [from, to] = [0, this.#lows.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#lows[middle] ?? 0n) <= low) from = middle + 1;
      else to = middle;
    }
    const [before, after] = [this.#highs[from - 1], this.#lows[from]];
    if ((before !== undefined && before >= low) || (after !== undefined && after <= high)) return false;
    this.#lows.splice(from, 0, low);
    this.#highs.splice(from, 0, high);
    return true;
  }
}
