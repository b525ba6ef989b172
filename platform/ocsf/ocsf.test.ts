import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, validateOcsf } from './ocsf.ts';

const change = {
  class_uid: 1001,
  category_uid: 1,
  activity_id: 3,
  type_uid: 100103,
  severity_id: 1,
  time: 1_764_000_000_000,
  actor: { process: { pid: 12, name: 'vi' } },
  device: { hostname: 'db-1', type_id: 1, uid: 'x' },
  file: { name: 'passwd', type_id: 1, path: '/etc/passwd' },
  metadata: {
    uid: 'u',
    version: '1.8.0',
    product: { name: 'Demarc', vendor_name: 'Demarc' },
    profiles: ['host'],
  },
};

const problemsOf = (event: unknown): readonly string[] => {
  const verdict = validateOcsf(event);
  return verdict.ok ? [] : verdict.problems.map((problem) => `${problem.path} ${problem.says}`);
};

test('a file change with what the class requires is valid', (t: TestContext) =>
  t.assert.deepEqual(problemsOf(change), []));

for (const [name, event, expected] of [
  ['a missing required attribute', { ...change, file: undefined }, /file is required/],
  ['a type_uid that does not follow', { ...change, type_uid: 100101 }, /type_uid/],
  ['an attribute nobody defined', { ...change, colour: 'red' }, /colour is not an attribute/],
  [
    'a nested attribute nobody defined',
    { ...change, file: { ...change.file, colour: 'red' } },
    /file.colour/,
  ],
  ['a value outside the enumeration', { ...change, severity_id: 42 }, /severity_id/],
  [
    'an attribute of a profile that is not declared',
    { ...change, cloud: { provider: 'x' } },
    /profile cloud/,
  ],
  ['a string where an integer belongs', { ...change, time: 'now' }, /time is not an integer/],
  ['a class nobody accepts', { ...change, class_uid: 9999 }, /class_uid/],
  [
    'a process with none of its identifiers',
    { ...change, actor: { process: { name: 'vi' } } },
    /at least one of/,
  ],
] as const) {
  test(`${name} is a problem`, (t: TestContext) => t.assert.match(problemsOf(event).join('\n'), expected));
}

test('any JSON gets a verdict, never an exception', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      validateOcsf(value);
      validateOcsf({ ...change, actor: value });
    }),
  );
});

test('nesting without end is refused', (t: TestContext) => {
  let process: Record<string, unknown> = { pid: 1 };
  for (let depth = 0; depth < 1_000; depth += 1) process = { pid: depth, parent_process: process };
  t.assert.match(problemsOf({ ...change, actor: { process } }).join(), /nested deeper/);
});

test('canonical JSON does not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      return canonicalJson(value) === canonicalJson(reversed);
    }),
  );
});
