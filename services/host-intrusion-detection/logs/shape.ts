/**
 * The shape of a message: literal text with fields in it, matched in time linear in the message.
 *
 * A regular expression of JavaScript may take exponential time on a line that an attacker writes, and lines of
 * logs are written by attackers. A shape has no repetition but "up to what follows", and a budget of places
 * that are tried, after which it does not match:
 *
 *     Failed $word for (invalid user |)$$user from $host( port $port|)
 *
 * - `$host` an address or a name, `$ip` an address; `$port`, `$int` digits; `$word` anything without spaces
 * - `$peer` an address or a name that is not the one asked for
 * - `$user` (and any other name) the least text before what follows, `$$user` the most: where the sender
 *   chooses the text, what stands last is what the program itself wrote
 * - `$any`, `$$any` the same, not kept; `$end` nothing but spaces may follow
 * - `(a|b|)` the first that fits; `\` makes the next character literal
 *
 * It matches at the beginning of a message; what comes behind it does not matter without `$end`.
 */
import { addressAt, hostAt } from './address.ts';
import { DONE, type Node, ShapeParser } from './shape-parser.ts';

export type Fields = Record<string, string>;

export interface Shape {
  /** What a matching message may begin with, as UTF-16; undefined is anything. */
  readonly starts: ReadonlySet<number> | undefined;
  readonly first: Node;
  /** The longest text that every matching message holds; empty when there is none. */
  readonly mark: string;
}

/** Places that are tried for all fields of one shape together. */
const TRIES_MAX = 96;

/** @throws Error when the shape is not one: it is written by us and compiled when the program starts */
export function shape(source: string): Shape {
  const parser = new ShapeParser(source);
  const first = parser.sequence(DONE, true);
  return { first, mark: parser.mark, starts: startsOf(first) };
}

/** @returns the fields by their names, or undefined when the message has another shape */
export function match({ first, mark }: Shape, message: string, from = 0): Fields | undefined {
  // The cheapest question first: most shapes begin with text, and most messages with another.
  if (first.kind === 'literal') {
    if (!message.startsWith(first.text, from)) return undefined;
  } else if (mark !== '' && !message.includes(mark, from)) return undefined;
  const run: Run = { message, tries: TRIES_MAX, fields: {} };
  return matches(first, from, run) ? run.fields : undefined;
}

function startsOf(node: Node): ReadonlySet<number> | undefined {
  if (node.kind === 'literal') return new Set([node.text.charCodeAt(0)]);
  if (node.kind !== 'choice') return undefined;
  const starts = new Set<number>();
  for (const branch of node.of) {
    const found = startsOf(branch);
    if (found === undefined) return undefined;
    for (const code of found) starts.add(code);
  }
  return starts;
}

interface Run {
  readonly message: string;
  readonly fields: Fields;
  tries: number;
}

function matches(node: Node, at: number, run: Run): boolean {
  switch (node.kind) {
    case 'done':
      return true;
    case 'literal':
      return run.message.startsWith(node.text, at) && matches(node.next, at + node.text.length, run);
    case 'end':
      return run.message.slice(at).trim() === '' && matches(node.next, at, run);
    case 'choice':
      return node.of.some((branch) => matches(branch, at, run));
    case 'field':
      return fieldMatches(node, at, run);
    default:
      return false;
  }
}

function fieldMatches(node: Node & { kind: 'field' }, at: number, run: Run): boolean {
  const { message } = run;
  if (node.field === 'least' || node.field === 'most') return textMatches(node, at, run);
  const end =
    node.field === 'word'
      ? runOf(message, at, isNoSpace)
      : node.field === 'int'
        ? runOf(message, at, isDigit)
        : at;
  if (node.field === 'word' || node.field === 'int') {
    if (end === at) return false;
    keep(run, node.name, message.slice(at, end));
    if (matches(node.next, end, run)) return true;
    // A word may carry a part of what follows: `from=x,` or `program[1]:`.
    if (node.field === 'int') return false;
    return node.next.kind === 'literal' && textMatches({ ...node, field: 'least' }, at, run, end);
  }
  const found = node.field === 'ip' ? addressAt(message, at) : hostAt(message, at);
  if (found === undefined) return false;
  keep(run, node.name, found.text);
  return matches(node.next, found.end, run);
}

/** Text up to what follows: the places of the next literal are tried from the one end or the other. */
function textMatches(
  node: Node & { kind: 'field' },
  at: number,
  run: Run,
  last = run.message.length,
): boolean {
  const { message } = run;
  const isLeast = node.field === 'least';
  if (node.next.kind === 'done' || node.next.kind === 'end') {
    keep(run, node.name, message.slice(at, last).trim());
    return matches(node.next, last, run);
  }
  for (
    let place = placeOf(node.next, message, isLeast ? at : last, isLeast);
    place >= at && place <= last;
  ) {
    if (run.tries-- <= 0) return false;
    keep(run, node.name, message.slice(at, place));
    if (matches(node.next, place, run)) return true;
    if (!isLeast && place === 0) return false;
    place = placeOf(node.next, message, isLeast ? place + 1 : place - 1, isLeast);
  }
  return false;
}

/** Where the next node could match, seen from `from` in the direction asked for; -1 when nowhere. */
function placeOf(node: Node, message: string, from: number, isForward: boolean): number {
  if (node.kind === 'literal')
    return isForward ? message.indexOf(node.text, from) : message.lastIndexOf(node.text, from);
  if (node.kind === 'choice') {
    let best = -1;
    for (const branch of node.of) {
      const place = placeOf(branch, message, from, isForward);
      if (place !== -1 && (best === -1 || (isForward ? place < best : place > best))) best = place;
    }
    return best;
  }
  // Only text that follows says where a field ends; the compiler lets nothing else stand there.
  return node.kind === 'end' || node.kind === 'done' ? message.length : -1;
}

function keep(run: Run, name: string, value: string): void {
  if (name !== '') run.fields[name] = value;
}

function runOf(text: string, from: number, belongs: (code: number) => boolean): number {
  let at = from;
  while (at < text.length && belongs(text.charCodeAt(at))) at += 1;
  return at;
}
const isNoSpace = (code: number): boolean => code > 0x20;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
