import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson, eventUid, validateOcsf } from './ocsf.ts';

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

const finding = {
  class_uid: 2004,
  category_uid: 2,
  activity_id: 1,
  type_uid: 200401,
  severity_id: 4,
  time: 1_764_000_000_000,
  finding_info: { uid: 'f', title: 'A rule', analytic: { type_id: 1, uid: 'r' } },
  metadata: change.metadata,
};

function withMetadata(metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { ...change, metadata: { ...change.metadata, ...metadata } };
}

const problemsOf = (event: unknown): readonly string[] => {
  const verdict = validateOcsf(event);
  return verdict.ok ? [] : verdict.problems.map((problem) => `${problem.path} ${problem.says}`);
};

test('a file change with what the class requires is valid', (t: TestContext) =>
  t.assert.deepEqual(problemsOf(change), []));

test('a finding with what the class requires is valid', (t: TestContext) =>
  t.assert.deepEqual(problemsOf(finding), []));

test('what a declared profile brings is valid', (t: TestContext) => {
  const metadata = { ...change.metadata, profiles: ['host', 'datetime', 'linux/linux_users'] };
  const actor = { process: { pid: 1, auid: 1000, euid: 0, egid: 0, group: { name: 'root' } } };
  t.assert.deepEqual(problemsOf({ ...change, metadata, actor, time_dt: '2026-01-01T00:00:00Z' }), []);
});

test('below unmapped, extended attributes and the data of an enrichment anything goes', (t: TestContext) => {
  const free = { any: [{ thing: null }], 'with spaces': true };
  const file = { ...change.file, xattributes: free };
  const enrichments = [{ name: 'file.path', value: '/etc/passwd', data: free }];
  t.assert.deepEqual(problemsOf({ ...change, file, enrichments, unmapped: free }), []);
});

test('an event is never changed by looking at it', (t: TestContext) => {
  const frozen = JSON.parse(JSON.stringify(change), (_key, value: unknown) =>
    Object.freeze(value),
  ) as unknown;
  t.assert.deepEqual(problemsOf(frozen), []);
});

test('a uid follows from its parts, and from where one ends', (t: TestContext) => {
  const same = (text: string): string => text.padEnd(40, '.');
  t.assert.equal(eventUid(same, ['a', 1]), eventUid(same, ['a', 1]));
  t.assert.notEqual(eventUid(same, ['ab', 'c']), eventUid(same, ['a', 'bc']));
});

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
  ['a version of the schema that is not ours', withMetadata({ version: '1.3.0' }), /metadata.version/],
  [
    'a profile nobody defined',
    withMetadata({ profiles: ['hots'] }),
    /metadata.profiles\[0\] is not a profile/,
  ],
  ['a list where one value belongs', { ...change, message: ['x'] }, /message is not a string/],
  ['one value where a list belongs', { ...change, observables: {} }, /observables is not a list/],
  [
    'an entry of a list',
    { ...change, observables: [{ name: 'x', type_id: 7 }, 4] },
    /observables\[1\] is not an object/,
  ],
  [
    'an address longer than any',
    { ...change, device: { ...change.device, ip: 'a'.repeat(41) } },
    /device.ip is longer than 40/,
  ],
  [
    'a port out of range',
    { ...finding, evidences: [{ src_endpoint: { port: 65_536, ip: '::1' } }] },
    /evidences\[0\].src_endpoint.port/,
  ],
  ['an integer that lost digits', { ...change, count: 2 ** 53 }, /count is not an integer/],
  [
    'a timestamp twin without its profile',
    { ...change, time_dt: '2026-01-01T00:00:00Z' },
    /profile datetime/,
  ],
  ['an attribute required by a declared profile', withMetadata({ profiles: ['cloud'] }), /cloud is required/],
  [
    'an attribute called __proto__',
    JSON.parse(`{"__proto__":1,${JSON.stringify(change).slice(1)}`),
    /__proto__ is not an attribute/,
  ],
  ['null where a value belongs', { ...change, message: null }, /message is not a string/],
  [
    'a finding without its evidence in an evidence',
    { ...finding, evidences: [{ name: 'x' }] },
    /evidences\[0\] needs at least one of actor/,
  ],
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
      validateOcsf({ ...change, metadata: value });
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

test('each required attribute, taken away alone, is named', (t: TestContext) => {
  for (const key of ['actor', 'device', 'file', 'metadata', 'severity_id', 'time', 'type_uid'] as const) {
    t.assert.ok(problemsOf({ ...change, [key]: undefined }).includes(`${key} is required`), key);
  }
});

test('classes and attributes of the Windows extension are checked like the rest', (t: TestContext) => {
  const registry = {
    class_uid: 201_002,
    category_uid: 1,
    activity_id: 2,
    type_uid: 20_100_202,
    severity_id: 1,
    time: 1_764_000_000_000,
    metadata: { version: '1.8.0', product: { name: 'Sysmon' } },
    device: { type_id: 0, hostname: 'ws-1' },
    actor: { process: { pid: 4, hosted_services: [{ name: 'Schedule', service_type_id: 4 }] } },
    reg_value: { path: 'HKLM\\Software\\Run', name: 'updater', data: 'C:\\x.exe' },
  };
  t.assert.deepEqual(problemsOf(registry), []);
  t.assert.match(problemsOf({ ...registry, reg_value: { name: 'x' } }).join(), /reg_value.path is required/);
});
