/** An explanation as people read it: every test in words, every value cut to what a page can show. */
import type { Explained } from '@demarc/platform/contract/detection';
import {
  ANY_CHARACTER,
  ANY_TEXT,
  type Explanation,
  type GlobPart,
  type Predicate,
} from '@demarc/platform/sigma';

export const VALUE_CHARACTERS_MAX = 512;

const ANCHORS = {
  equals: 'is',
  contains: 'contains',
  startswith: 'starts with',
  endswith: 'ends with',
} as const;
const COMPARISONS = { lt: '<', lte: '≤', gt: '>', gte: '≥', eq: '=' } as const;

export function explained(explanation: Explanation): Explained {
  const { holds } = explanation;
  switch (explanation.op) {
    case 'and':
    case 'or':
      return { op: explanation.op, holds, of: explanation.of.map(explained) };
    case 'not':
      return { op: 'not', holds, of: [explained(explanation.of)] };
    case 'true':
    case 'false':
      return { op: 'test', holds, field: null, says: `always ${explanation.op}`, values: [] };
    case 'test': {
      const { test, on } = explanation;
      const values = on.map(({ field, value }) =>
        shown(test.field === null ? `${field}: ${String(value)}` : value),
      );
      return { op: 'test', holds, field: test.field, says: inWords(test), values };
    }
  }
}

export function shown<T>(value: T): T | string {
  return typeof value === 'string' && value.length > VALUE_CHARACTERS_MAX
    ? `${value.slice(0, VALUE_CHARACTERS_MAX)}…`
    : value;
}

/** Without the field, which stands beside it. */
export function inWords(test: Predicate): string {
  switch (test.op) {
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith':
      return `${ANCHORS[test.op]} ${quoted(test.text)}${cased(test.isCased)}`;
    case 'glob':
      return `is like ${quoted(test.parts.map(pattern).join(''))}${cased(test.isCased)}`;
    case 're':
      return `matches /${shown(test.source)}/${test.ignoreCase ? 'i' : ''}${test.multiline ? 'm' : ''}${test.dotAll ? 's' : ''}`;
    case 'cidr':
      return `is in ${test.network}`;
    case 'compare':
      return `${COMPARISONS[test.by]} ${test.value}`;
    case 'exists':
      return 'is there';
    case 'null':
      return 'is absent or null';
    case 'fieldref':
      return `${ANCHORS[test.anchor]} what ${test.other} holds${cased(test.isCased)}`;
    case 'timepart':
      return `${test.part} (UTC) ${COMPARISONS[test.by]} ${test.value}`;
  }
}

function pattern(part: GlobPart): string {
  if (part === ANY_TEXT) return '*';
  return part === ANY_CHARACTER ? '?' : part;
}

function quoted(text: string): string {
  return JSON.stringify(shown(text));
}

function cased(isCased: boolean): string {
  return isCased ? ', in this case' : '';
}
