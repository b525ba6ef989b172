import { type TestContext, test } from 'node:test';
import { flatten } from '@demarc/platform/sigma/event';
import * as fc from 'fast-check';
import { normalise } from './normalise.ts';
import { mappings, recognitions } from './sigma.ts';
import { contextOf, recordsOf, viewOf } from './testing.ts';

const FILES = [
  'azure-documented.jsonl',
  'cloudtrail-documented.jsonl',
  'gcp-kubernetes-services-documented.jsonl',
  'nginx-access-json.log',
  'suricata-eve-documented.jsonl',
  'zeek-documented.jsonl',
  'journald-documented.jsonl',
] as const;
const records = FILES.flatMap((file) =>
  recordsOf(file).map((line) => JSON.parse(line) as Record<string, unknown>),
);

/** Names of fields whose values rules would not see as the record had them. */
function lost(record: Record<string, unknown>): readonly string[] {
  const view = viewOf(normalise(record, contextOf()));
  const { fields } = flatten(record);
  return Object.keys(fields).filter((name) => JSON.stringify(view[name]) !== JSON.stringify(fields[name]));
}

test('rules see every field of a record of JSON, with the same value', (t: TestContext) => {
  for (const record of records) t.assert.deepEqual(lost(record), [], JSON.stringify(record));
});

test('so they do when a value is another', () => {
  const changed = fc
    .tuple(
      fc.constantFrom(...records),
      fc.nat(),
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string())),
    )
    .map(([record, at, value]) => {
      const names = Object.keys(record);
      return { ...record, [names[at % names.length] ?? '']: value };
    });
  fc.assert(
    fc.property(changed, (record) => lost(record).length === 0),
    { numRuns: 400 },
  );
});

/** What a rule for the source asks, and what the record of the source answers. */
const ASKED: readonly (readonly [file: string, at: number, fields: Readonly<Record<string, unknown>>])[] = [
  [
    'nginx-access.log',
    1,
    {
      'cs-method': 'GET',
      'c-uri': '/index.html?a=1&b=%27x%27',
      'cs-uri-stem': '/index.html',
      'cs-uri-query': ['/index.html?a=1&b=%27x%27', 'a=1&b=%27x%27'],
      'sc-status': 200,
      'cs-user-agent': 'curl/7.88.1',
      'c-ip': '127.0.0.1',
    },
  ],
  ['nginx-access.log', 3, { 'cs-username': 'alice', 'cs-referer': 'https://example.com/a?b=c' }],
  ['nginx-access.log', 9, { 'cs-method': 'PROPFIND' }],
  ['unbound.log', 1, { query: 'www.example.com', record_type: 'A' }],
  ['dnsmasq.log', 4, { query: 'www.example.com', answer: '192.0.2.7' }],
  ['suricata-eve-documented.jsonl', 3, { query: 'www.example.com', answer: '2001:db8::80' }],
  [
    'various-documented.log',
    0,
    { src_ip: '192.0.2.10', dst_ip: '198.51.100.20', dst_port: 22, action: 'deny' },
  ],
];

for (const [file, at, wanted] of ASKED) {
  test(`${file} ${at} answers ${Object.keys(wanted).join(', ')}`, (t: TestContext) => {
    const view = viewOf(normalise(recordsOf(file)[at] ?? '', contextOf()));
    for (const [name, value] of Object.entries(wanted)) t.assert.deepEqual(view[name], value, name);
  });
}

test("the audit log answers what rules for auditd and for Linux' processes ask", (t: TestContext) => {
  const views = recordsOf('audit-enriched.log').map((record) => viewOf(normalise(record, contextOf())));
  const launch = views.find((view) => view['Image'] === '/usr/bin/dash');
  t.assert.match(String(launch?.['CommandLine']), /^sh -c .*"ü x/s);
  t.assert.equal(launch?.['CurrentDirectory'], '/srv/test/au');
  t.assert.equal(launch?.['User'], 'carol');
  t.assert.equal(launch?.['SYSCALL'], 'execve');
  t.assert.ok((launch?.['type'] as readonly string[]).includes('EXECVE'));
  t.assert.ok((launch?.['a1'] as readonly string[]).includes('-c'));
  t.assert.ok(
    views.some((view) => view['TargetFilename'] === '/srv/test/au/new-file' && view['key'] === 'files'),
  );
  t.assert.ok(views.some((view) => view['DestinationIp'] === '127.0.0.1' && view['DestinationPort'] === 9));
});

test('sudo answers who, as whom and what', (t: TestContext) => {
  const view = viewOf(
    normalise(
      '<85>Nov 26 02:52:41 h sudo[7]:  alice : TTY=pts/0 ; PWD=/tmp ; USER=#-1 ; COMMAND=/usr/bin/id ; USER=x',
      contextOf(),
    ),
  );
  t.assert.deepEqual(
    ['user', 'USER', 'TTY', 'PWD', 'COMMAND'].map((name) => view[name]),
    ['alice', '#-1', 'pts/0', '/tmp', '/usr/bin/id ; USER=x'],
  );
});

test('no two fields of a mapping lead to one place, and no two mappings have one name', (t: TestContext) => {
  for (const { name, paths } of mappings)
    t.assert.equal(new Set(Object.values(paths)).size, Object.keys(paths).length, name);
  t.assert.equal(new Set(mappings.map(({ name }) => name)).size, mappings.length);
});

test('every recognition is of something', (t: TestContext) => {
  for (const { when, is } of recognitions)
    t.assert.ok(Object.keys(when).length > 0 && Object.values(is).some((each) => each !== undefined));
});
