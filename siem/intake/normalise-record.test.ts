import { type TestContext, test } from 'node:test';
import { validateOcsf } from '@demarc/platform/ocsf';
import { normaliseRecord } from './normalise-record.ts';

const LINE =
  '<38>1 2026-11-26T03:00:00.000Z web-1 sshd 700 - - Failed password for root from 203.0.113.9 port 4000 ssh2';
const context = { uid: 'a', receivedAtMs: Date.parse('2026-11-26T03:00:01Z'), peer: '192.0.2.1' };
const read = (format: 'syslog' | 'elastic' | 'hec' | 'otlp' | 'json' | 'text', record: unknown) =>
  normaliseRecord(
    { format, text: typeof record === 'string' ? record : JSON.stringify(record), about: {} },
    context,
  );

const WRAPPINGS = [
  ['syslog', LINE],
  ['text', LINE],
  [
    'elastic',
    {
      '@timestamp': '2026-11-26T03:00:00Z',
      message: LINE,
      agent: { type: 'filebeat' },
      log: { file: { path: '/var/log/a' } },
    },
  ],
  ['hec', { event: LINE, host: 'web-1', sourcetype: 'syslog' }],
  ['otlp', { body: LINE, resource: { 'host.name': 'web-1' }, attributes: { a: 1 } }],
  ['json', { message: LINE, source_type: 'file', host: 'web-1' }],
] as const;

for (const [format, record] of WRAPPINGS) {
  test(`a line of sshd is an authentication, however it is wrapped: ${format}`, (t: TestContext) => {
    const { event, parser } = read(format, record);
    t.assert.equal(event.class_uid, 3_002);
    t.assert.notEqual(parser, undefined);
    t.assert.deepEqual(validateOcsf(event), { ok: true });
    const { envelope } = (event['unmapped'] ?? {}) as { readonly envelope?: Record<string, unknown> };
    if (typeof record === 'string') t.assert.equal(envelope, undefined);
    else
      t.assert.deepEqual(
        envelope,
        Object.fromEntries(Object.entries(record).filter(([, value]) => value !== LINE)),
      );
  });
}

test('what nobody understands keeps the whole record', (t: TestContext) => {
  const record = { event: { odd: true }, host: 'web-1' };
  const { event, parser } = read('hec', record);
  t.assert.equal(parser, undefined);
  t.assert.equal(event['raw_data'], JSON.stringify(record));
  t.assert.deepEqual(validateOcsf(event), { ok: true });
});
