import { test } from 'node:test';
import { RE2JS } from 're2js';
import type { SigmaEvent } from '../event.ts';
import { ANY_CHARACTER, ANY_TEXT, type Condition, type Predicate } from '../ir.ts';
import { evaluate, type RegexSource } from './evaluate.ts';
import { evidenceOf, explain } from './explain.ts';

const regexes: RegexSource = (test) => {
  const flags = (test.ignoreCase ? 1 : 0) | (test.dotAll ? 2 : 0) | (test.multiline ? 4 : 0);
  const compiled = RE2JS.compile(test.source, flags);
  return { matches: (text) => compiled.matcher(text).find() };
};
const event = (fields: SigmaEvent['fields']): SigmaEvent => ({ logsources: [], fields });
const holds = (test: Predicate, fields: SigmaEvent['fields']): boolean =>
  evaluate({ op: 'test', test }, event(fields), regexes);
const equals = (text: string, field = 'a'): Predicate => ({ op: 'equals', field, text, isCased: false });

test('texts are compared without case unless the test is cased', (t) => {
  t.assert.equal(holds(equals('cmd.exe'), { a: 'CMD.exe' }), true);
  t.assert.equal(holds({ ...equals('cmd.exe'), isCased: true } as Predicate, { a: 'CMD.exe' }), false);
  t.assert.equal(holds(equals('äöü'), { a: 'ÄÖÜ' }), true);
});

test('numbers and booleans are tested as their JSON text, null never', (t) => {
  t.assert.equal(holds(equals('4688'), { a: 4688 }), true);
  t.assert.equal(holds(equals('true'), { a: true }), true);
  t.assert.equal(holds({ op: 'contains', field: 'a', text: '', isCased: false }, { a: null }), false);
});

test('a list holds when any of its values does, and an empty list is an absent field', (t) => {
  t.assert.equal(holds(equals('b'), { a: ['x', 'B'] }), true);
  t.assert.equal(holds({ op: 'exists', field: 'a' }, { a: [] }), false);
  t.assert.equal(holds({ op: 'exists', field: 'a' }, { a: null }), true);
  t.assert.equal(holds({ op: 'null', field: 'a' }, { a: ['x', null] }), true);
  t.assert.equal(holds({ op: 'null', field: 'a' }, {}), true);
  t.assert.equal(holds({ op: 'null', field: 'a' }, { a: '' }), false);
});

test('names of an object prototype are fields like others', (t) => {
  t.assert.equal(holds({ op: 'exists', field: 'constructor' }, {}), false);
  t.assert.equal(holds(equals('x', 'constructor'), { constructor: 'X' }), true);
});

test('keywords look at every leaf', (t) => {
  const keyword: Predicate = { op: 'contains', field: null, text: 'evil', isCased: false };
  t.assert.equal(holds(keyword, { a: 1, b: ['good', 'an EVIL one'] }), true);
  t.assert.equal(holds(keyword, { evil: 'good' }), false);
});

test('a glob is the whole text, a question mark one code point', (t) => {
  const glob: Predicate = {
    op: 'glob',
    field: 'a',
    parts: ['x', ANY_TEXT, 'y', ANY_CHARACTER],
    isCased: false,
  };
  t.assert.equal(holds(glob, { a: 'xyyyz' }), true);
  t.assert.equal(holds(glob, { a: 'xy😀' }), true);
  t.assert.equal(holds(glob, { a: 'xy' }), false);
  t.assert.equal(holds(glob, { a: 'xyzz' }), false);
});

test('expressions search, and obey their flags', (t) => {
  const re = {
    op: 're',
    field: 'a',
    source: '^b.c$',
    ignoreCase: false,
    multiline: false,
    dotAll: false,
  } as const;
  t.assert.equal(holds(re, { a: 'bxc' }), true);
  t.assert.equal(holds(re, { a: 'BXC' }), false);
  t.assert.equal(holds({ ...re, ignoreCase: true }, { a: 'BXC' }), true);
  t.assert.equal(holds({ ...re, multiline: true }, { a: 'a\nbxc\n' }), true);
  t.assert.equal(holds({ ...re, dotAll: true }, { a: 'b\nc' }), true);
});

test('an address lies in a network of its own family; a mapped one in that of IPv4', (t) => {
  const cidr = (network: string): Predicate => ({ op: 'cidr', field: 'a', network });
  t.assert.equal(holds(cidr('10.0.0.0/9'), { a: '10.127.255.255' }), true);
  t.assert.equal(holds(cidr('10.0.0.0/9'), { a: '10.128.0.0' }), false);
  t.assert.equal(holds(cidr('10.0.0.0/8'), { a: '::ffff:10.1.2.3' }), true);
  t.assert.equal(holds(cidr('::ffff:10.0.0.0/104'), { a: '10.1.2.3' }), true);
  t.assert.equal(holds(cidr('::/0'), { a: '10.1.2.3' }), false);
  t.assert.equal(holds(cidr('fe80::/10'), { a: 'FE80::1%eth0' }), true);
  t.assert.equal(holds(cidr('10.0.0.0/8'), { a: '010.1.2.3' }), false);
});

test('comparisons are on numbers and on texts that are a number as a whole', (t) => {
  const less: Predicate = { op: 'compare', field: 'a', by: 'lt', value: 10 };
  t.assert.equal(holds(less, { a: 9 }), true);
  t.assert.equal(holds(less, { a: '9.5' }), true);
  t.assert.equal(holds(less, { a: '9x' }), false);
  t.assert.equal(holds(less, { a: '' }), false);
  t.assert.equal(holds(less, { a: false }), false);
});

test('a field reference compares values with values', (t) => {
  const ref: Predicate = { op: 'fieldref', field: 'a', other: 'b', anchor: 'startswith', isCased: false };
  t.assert.equal(holds(ref, { a: 'C:\\Windows', b: ['x', 'c:\\'] }), true);
  t.assert.equal(holds(ref, { a: 'C:\\Windows' }), false);
  t.assert.equal(holds(ref, { a: null, b: null }), false);
});

test('time parts are those of the instant in UTC', (t) => {
  const part = (name: 'hour' | 'week' | 'year', value: number): Predicate => ({
    op: 'timepart',
    field: 'a',
    part: name,
    by: 'eq',
    value,
  });
  t.assert.equal(holds(part('hour', 23), { a: '2026-01-01T01:30:00+02:00' }), true);
  t.assert.equal(holds(part('year', 2025), { a: '2026-01-01 01:30:00.1234567+02:00' }), true);
  t.assert.equal(holds(part('week', 53), { a: '2021-01-03' }), true);
  t.assert.equal(holds(part('week', 1), { a: '2019-12-30' }), true);
  t.assert.equal(holds(part('year', 2023), { a: 1_700_000_000 }), true);
  t.assert.equal(holds(part('year', 2023), { a: 1_700_000_000_000 }), true);
  t.assert.equal(holds(part('year', 2023), { a: '2023-02-29' }), false);
});

test('an explanation says of every predicate whether it held and on which value', (t) => {
  const condition: Condition = {
    op: 'and',
    of: [
      { op: 'test', test: equals('x') },
      { op: 'not', of: { op: 'test', test: equals('y', 'b') } },
    ],
  };
  const explanation = explain({ condition }, event({ a: ['w', 'X'], b: 'z' }), regexes);
  t.assert.deepEqual(explanation, {
    op: 'and',
    holds: true,
    of: [
      { op: 'test', holds: true, test: equals('x'), on: [{ field: 'a', value: 'X' }] },
      {
        op: 'not',
        holds: true,
        of: { op: 'test', holds: false, test: equals('y', 'b'), on: [{ field: 'b', value: 'z' }] },
      },
    ],
  });
  t.assert.deepEqual(evidenceOf(explanation), [{ field: 'a', value: 'X' }]);
});
