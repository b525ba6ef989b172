/** The usual way: each rule of the log source a closure over the parsed event. Returns how many match. */

import { testHolds } from '../../platform/sigma/engine/evaluate.ts';
import { ownRegexes } from '../../platform/sigma/engine/reference.ts';
import type { Condition, DetectionRule, Predicate } from '../../platform/sigma/ir.ts';
import type { FlatEvent } from './windows-events.ts';

type Test = (event: FlatEvent, lowered: FlatEvent) => boolean;

function closureOf(condition: Condition, leaf: (test: Predicate) => Test): Test {
  switch (condition.op) {
    case 'and': {
      const parts = condition.of.map((part) => closureOf(part, leaf));
      return (event, lowered) => {
        for (const part of parts) if (!part(event, lowered)) return false;
        return true;
      };
    }
    case 'or': {
      const parts = condition.of.map((part) => closureOf(part, leaf));
      return (event, lowered) => {
        for (const part of parts) if (part(event, lowered)) return true;
        return false;
      };
    }
    case 'not': {
      const part = closureOf(condition.of, leaf);
      return (event, lowered) => !part(event, lowered);
    }
    case 'test':
      return leaf(condition.test);
    case 'true':
      return () => true;
    case 'false':
      return () => false;
  }
}

const regexes = ownRegexes();

/** What both ways leave to the plain engine: keywords, expressions, networks, numbers. */
function rare(test: Predicate): Test {
  return (event) => testHolds(test, { logsources: [], fields: event }, regexes);
}

function anchored(text: string, wanted: string, op: string): boolean {
  if (op === 'contains') return text.includes(wanted);
  if (op === 'startswith') return text.startsWith(wanted);
  return op === 'endswith' ? text.endsWith(wanted) : text === wanted;
}

function leafOf(isLoweredOnce: boolean): (test: Predicate) => Test {
  return (test) => {
    if (!('text' in test) || test.isCased || test.field === null) return rare(test);
    const { field, text, op } = test;
    if (isLoweredOnce)
      return (_, lowered) => {
        const value = lowered[field];
        return value !== undefined && anchored(value as string, text, op);
      };
    return (event) => {
      const value = event[field];
      return value !== undefined && anchored(String(value).toLowerCase(), text, op);
    };
  };
}

export function closuresFor(rules: readonly DetectionRule[]): (event: FlatEvent) => number {
  const all = rules.map(({ condition }) => closureOf(condition, leafOf(false)));
  return (event) => all.reduce((sum, one) => sum + Number(one(event, event)), 0);
}

export function loweredClosuresFor(rules: readonly DetectionRule[]): (event: FlatEvent) => number {
  const all = rules.map(({ condition }) => closureOf(condition, leafOf(true)));
  return (event) => {
    const lowered: FlatEvent = {};
    for (const name of Object.keys(event)) lowered[name] = String(event[name]).toLowerCase();
    return all.reduce((sum, one) => sum + Number(one(event, lowered)), 0);
  };
}
