import { type TestContext, test } from 'node:test';
import { CreateSource, type Source, type SourceAccounting } from '@demarc/platform/contract/intake';
import { createOf, FORM_EMPTY, formProblems } from './source-form.ts';
import { linesOf } from './source-lines.ts';
import {
  addsUp,
  bytes,
  hasSecret,
  placesOf,
  reasonWords,
  sourcesOf,
  summaryOf,
  sumsOf,
} from './sources-view.ts';

const accounting: SourceAccounting = {
  received: 120,
  refused: { 'rate-exceeded': 10, 'too-large': 2 },
  dropped: { 'rate-exceeded': 3 },
  waiting: 5,
  parsed: 90,
  unparsed: 10,
  stored: 97,
  duplicates: 2,
  quarantined: { SIEM_EVENT_INVALID: 1 },
  waitingBytes: 2_048,
  spoolBytesMax: 1_073_741_824,
};
const source = (changes: Partial<Source> = {}): Source => ({
  sourceId: '11111111-1111-4111-8111-111111111111',
  name: 'Firewall',
  settings: { kind: 'http' },
  limits: { eventsPerSecond: 1, bytesPerSecond: 1_024 },
  enabled: true,
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'Ann',
  state: 'idle',
  because: '',
  lastReceivedAt: null,
  accounting,
  ...changes,
});

test('both sums add up, and every record is in one place', (t: TestContext) => {
  const [taken, carried] = sumsOf(accounting);
  t.assert.deepEqual([taken.sum, taken.total, carried.sum, carried.total], [120, 120, 100, 100]);
  t.assert.deepEqual(taken.parts.find(({ key }) => key === 'refused')?.reasons[0], ['rate-exceeded', 10]);
  t.assert.equal(
    placesOf(accounting).reduce((sum, { count }) => sum + count, 0),
    accounting.received,
  );
  t.assert.ok(!sumsOf({ ...accounting, received: 121 }).every(addsUp));
});

test('the page says whether everything adds up', (t: TestContext) => {
  t.assert.match(
    summaryOf([source()]),
    /^1 source has sent 120 records: 97 are stored, 5 wait, 15 were .*every number adds up/,
  );
  const wrong = source({ accounting: { ...accounting, stored: 0 } });
  t.assert.match(summaryOf([source(), wrong]), /the numbers of 1 do not add up/);
  t.assert.equal(sourcesOf([source(), source({ name: 'Web' })], { text: 'fire' }).length, 1);
  t.assert.deepEqual([bytes(0), bytes(2_048), bytes(1_073_741_824)], ['0 B', '2.0 KiB', '1.0 GiB']);
  t.assert.deepEqual([reasonWords('rate-exceeded'), reasonWords('SIEM_X')], ['rate exceeded', 'SIEM_X']);
});

test('a certificate that the sender brought is not the platform’s to renew', (t: TestContext) => {
  t.assert.ok(hasSecret(source()));
  t.assert.ok(hasSecret(source({ settings: { kind: 'syslog-tls' } })));
  t.assert.ok(
    !hasSecret(source({ settings: { kind: 'syslog-tls', certificateFingerprint: 'a'.repeat(64) } })),
  );
  t.assert.ok(!hasSecret(source({ settings: { kind: 'syslog-udp', port: null, peers: [] } })));
});

test('the lines to paste hold endpoint and secret, and the authority where it is encrypted', (t: TestContext) => {
  const plain = linesOf({ kind: 'http' }, 'http://127.0.0.1:8424', { token: 'abc' });
  t.assert.deepEqual(
    plain.map(({ title }) => title),
    ['curl', 'Filebeat', 'Vector', 'Splunk HEC', 'OTLP'],
  );
  for (const { text } of plain) t.assert.ok(text.includes('abc') && !text.includes('.pem'));
  for (const { text } of linesOf({ kind: 'http' }, 'https://h:1', {}))
    t.assert.match(text, /demarc-authority\.pem/);
  const [rsyslog] = linesOf({ kind: 'syslog-tls' }, 'tls://[::1]:8426', {});
  t.assert.match(rsyslog?.text ?? '', /target="::1" port="8426"/);
  const [, logger] = linesOf({ kind: 'syslog-tcp', port: null, peers: [] }, 'tcp://h:8425', {});
  t.assert.match(logger?.text ?? '', /--server h --port 8425 --tcp/);
});

test('what the form sends is what the contract takes', (t: TestContext) => {
  const forms = [
    { ...FORM_EMPTY, name: 'a' },
    {
      ...FORM_EMPTY,
      name: 'a',
      kind: 'syslog-udp' as const,
      peers: '192.0.2.1, 198.51.100.0/24',
      port: '5514',
    },
    { ...FORM_EMPTY, name: 'a', kind: 'syslog-tls' as const, fingerprint: 'AB:'.repeat(31) + 'AB' },
    { ...FORM_EMPTY, name: 'a', kind: 'file' as const, path: 'logs/a', format: 'evtx' },
  ];
  for (const form of forms) {
    t.assert.deepEqual(formProblems(form), {});
    t.assert.ok(CreateSource.safeParse(createOf(form)).success, form.kind);
  }
  const wrong = { ...FORM_EMPTY, kind: 'syslog-tcp' as const, port: '0', eventsPerSecond: '-1' };
  t.assert.deepEqual(Object.keys(formProblems(wrong)), ['eventsPerSecond', 'port']);
  t.assert.deepEqual(Object.keys(formProblems({ ...FORM_EMPTY, kind: 'syslog-tcp' })), ['peers']);
});
