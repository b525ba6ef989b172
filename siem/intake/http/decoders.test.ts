/** Bodies as senders write them, and as nobody should. */
import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DemarcError } from '@demarc/platform/errors';
import fc from 'fast-check';
import type { Decoded, IntakeRequest } from './answer.ts';
import { readBody, unfold } from './body.ts';
import { decodeBulk, greet } from './elastic.ts';
import { decodeHecEvents, decodeHecRaw, HecAcks, hecRoute } from './hec.ts';
import { decodeNdjson } from './ndjson.ts';
import { decodeOtlp } from './otlp.ts';
import { encodeBytes, encodeVarint } from './protobuf.ts';
import { tokensOf } from './token.ts';
import { checkSignature, decodeWebhook, type WebhookSettings } from './webhook.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');

function requestTo(path: string, headers: IntakeRequest['headers'] = {}): IntakeRequest {
  const [at = '', query = ''] = path.split('?');
  return {
    method: 'POST',
    path: at,
    query: new URLSearchParams(query),
    headers,
    peer: '192.0.2.1',
    receivedAtMs: NOW,
  };
}

function textsOf({ blocks }: Decoded): readonly string[] {
  return blocks.flatMap(({ bounds, bytes }) =>
    Array.from({ length: bounds.length / 2 }, (_, index) =>
      Buffer.from(bytes.subarray(bounds[index * 2], bounds[index * 2 + 1])).toString('utf8'),
    ),
  );
}

test('bulk: each action has its item, in its place', (t: TestContext) => {
  const body = [
    '{"index":{"_index":"a","_id":"1"}}',
    '{"n":1}',
    '{"create":{}}',
    '{"n":2}',
    '{"delete":{"_id":"1"}}',
    '{"update":{"_id":"1"}}',
    '{"doc":{}}',
    '{"create":{}}',
    'no JSON',
    '',
  ].join('\n');
  const decoded = decodeBulk(requestTo('/logs-app/_bulk'), Buffer.from(body));
  t.assert.deepEqual(textsOf(decoded), ['{"n":1}', '{"n":2}']);
  t.assert.deepEqual(
    decoded.blocks.map(({ about }) => about),
    [{ index: 'a' }, { index: 'logs-app' }],
  );
  const { errors, items } = decoded.answer.body as {
    readonly errors: boolean;
    readonly items: readonly Readonly<Record<string, { readonly status: number; readonly _index: string }>>[];
  };
  t.assert.equal(errors, true);
  t.assert.deepEqual(
    items.map((item) => Object.entries(item).map(([name, { status }]) => `${name} ${status}`)[0]),
    ['index 201', 'create 201', 'delete 400', 'update 400', 'create 400'],
  );
  t.assert.deepEqual(
    decoded.refused.map(({ reason }) => reason),
    ['not-supported', 'not-supported', 'malformed'],
  );
});

test('bulk: what cannot be told apart is refused as a whole', (t: TestContext) => {
  for (const body of ['{"n":1}\n{"n":2}\n', '{"index":{}}', 'x', '{"index":{},"create":{}}\n{}\n'])
    t.assert.throws(
      () => decodeBulk(requestTo('/_bulk'), Buffer.from(body)),
      { code: 'INTAKE_BODY_INVALID' },
      body,
    );
});

test('what senders ask before they send is answered as they expect', (t: TestContext) => {
  for (const path of [
    '/',
    '/_license',
    '/_xpack',
    '/_cluster/health',
    '/_ilm/policy/filebeat',
    '/_index_template/x',
  ]) {
    const answer = greet({ ...requestTo(path), method: 'GET' });
    t.assert.equal(answer?.headers?.['x-elastic-product'], 'Elasticsearch', path);
  }
  t.assert.equal(greet({ ...requestTo('/_search'), method: 'GET' }), undefined);
});

test('HEC: objects that follow each other, with anything between them', (t: TestContext) => {
  const body = Buffer.from('{"event":"a}{"}{"event":{"b":[1]}}\n\n {"event":1},{"event":"\\\\\\""}');
  const decoded = decodeHecEvents(requestTo('/services/collector'), body, new HecAcks());
  t.assert.deepEqual(textsOf(decoded), [
    '{"event":"a}{"}',
    '{"event":{"b":[1]}}',
    '{"event":1}',
    '{"event":"\\\\\\""}',
  ]);
  t.assert.deepEqual(decoded.answer.body, { text: 'Success', code: 0 });
});

test('HEC: a wrong event is named by its number, and nothing of its request is taken', (t: TestContext) => {
  const acks = new HecAcks();
  const codeOf = (body: string) => {
    const { blocks, answer } = decodeHecEvents(
      requestTo('/services/collector/event'),
      Buffer.from(body),
      acks,
    );
    t.assert.equal(blocks.length, 0);
    const said = answer.body as { readonly code: number; readonly 'invalid-event-number'?: number };
    return [answer.status, said.code, said['invalid-event-number']];
  };
  t.assert.deepEqual(codeOf(''), [400, 5, undefined]);
  t.assert.deepEqual(codeOf('{"event":1}{"time":1}'), [400, 12, 1]);
  t.assert.deepEqual(codeOf('{"event":""}'), [400, 13, 0]);
  t.assert.deepEqual(codeOf('{"event":1} x'), [400, 6, 1]);
  t.assert.deepEqual(codeOf('{"event":1'), [400, 6, 0]);
  t.assert.deepEqual(codeOf(`{"event":${'['.repeat(99)}${']'.repeat(99)}}`), [400, 6, 0]);
});

test('HEC: raw lines keep what the query says; whoever has a channel may ask for acknowledgement', (t: TestContext) => {
  const acks = new HecAcks();
  const request = requestTo('/services/collector/raw?host=web-1&sourcetype=access', {
    'x-splunk-request-channel': 'fe0ecfad-13d5-401b-847d-77833bd77131',
  });
  const decoded = decodeHecRaw(request, Buffer.from('one\r\ntwo\n\n'), acks);
  t.assert.deepEqual(textsOf(decoded), ['one', 'two']);
  t.assert.deepEqual(decoded.blocks[0]?.about, { host: 'web-1', sourcetype: 'access' });
  t.assert.deepEqual(decoded.answer.body, { text: 'Success', code: 0, ackId: 1 });
  t.assert.deepEqual(acks.answer(Buffer.from('{"acks":[1]}')).body, { acks: { 1: true } });
  t.assert.equal(acks.answer(Buffer.from('[]')).status, 400);
  t.assert.deepEqual(
    ['/services/collector', '/services/collector/event/1.0', '/services/collector/x'].map((path) =>
      hecRoute({ path }),
    ),
    ['event', 'event', undefined],
  );
});

test('newline JSON: too long and too deep lines are refused alone', (t: TestContext) => {
  const deep = `${'['.repeat(100)}${']'.repeat(100)}`;
  const decoded = decodeNdjson(
    requestTo('/ndjson'),
    Buffer.from(`{"a":1}\n${deep}\n"${'x'.repeat(200_000)}"\nno JSON\n`),
  );
  t.assert.deepEqual(textsOf(decoded), ['{"a":1}', 'no JSON']);
  t.assert.deepEqual(
    decoded.refused.map(({ reason }) => reason),
    ['too-large', 'too-deep'],
  );
});

const anyValue = (value: Buffer): Buffer => encodeBytes(5, value);

test('OTLP: protobuf and JSON give the same record', (t: TestContext) => {
  const attribute = (key: string, value: Buffer) =>
    encodeBytes(6, Buffer.concat([encodeBytes(1, Buffer.from(key)), encodeBytes(2, value)]));
  const record = Buffer.concat([
    encodeVarint(2, 17),
    encodeBytes(3, Buffer.from('ERROR')),
    anyValue(encodeBytes(1, Buffer.from('it broke'))),
    attribute('n', encodeVarint(3, 7)),
    attribute('__proto__', encodeVarint(2, 1)),
    encodeBytes(9, Buffer.alloc(16, 0xab)),
  ]);
  const scope = Buffer.concat([encodeBytes(1, encodeBytes(1, Buffer.from('lib'))), encodeBytes(2, record)]);
  const body = encodeBytes(1, encodeBytes(2, scope));
  const binary = decodeOtlp(requestTo('/v1/logs', { 'content-type': 'application/x-protobuf' }), body);
  const json = JSON.stringify({
    resourceLogs: [
      {
        scopeLogs: [
          {
            scope: { name: 'lib' },
            logRecords: [
              {
                severityNumber: 17,
                severityText: 'ERROR',
                body: { stringValue: 'it broke' },
                attributes: [
                  { key: 'n', value: { intValue: '7' } },
                  { key: '__proto__', value: { boolValue: true } },
                ],
                traceId: 'ab'.repeat(16),
              },
            ],
          },
        ],
      },
    ],
  });
  const text = decodeOtlp(requestTo('/v1/logs', { 'content-type': 'application/json' }), Buffer.from(json));
  t.assert.deepEqual(JSON.parse(textsOf(binary)[0] ?? ''), JSON.parse(textsOf(text)[0] ?? '-'));
  t.assert.match(textsOf(binary)[0] ?? '', /"attributes":\{"n":7,"__proto__":true\}/);
});

test('OTLP: a record that is too large is counted in the partial success', (t: TestContext) => {
  const large = { body: { stringValue: 'x'.repeat(200_000) } };
  const json = {
    resourceLogs: [{ scopeLogs: [{ logRecords: [large, { body: { stringValue: 'small' } }] }] }],
  };
  const decoded = decodeOtlp(requestTo('/v1/logs'), Buffer.from(JSON.stringify(json)));
  t.assert.equal(textsOf(decoded).length, 1);
  t.assert.deepEqual(decoded.answer.body, {
    partialSuccess: { rejectedLogRecords: '1', errorMessage: 'too-large' },
  });
});

test('whatever the bytes are, a decoder takes them or says what is wrong', () => {
  const acks = new HecAcks();
  const decoders: readonly ((body: Buffer) => Decoded)[] = [
    (body) => decodeBulk(requestTo('/_bulk'), body),
    (body) => decodeHecEvents(requestTo('/services/collector'), body, acks),
    (body) => decodeHecRaw(requestTo('/services/collector/raw'), body, acks),
    (body) => decodeNdjson(requestTo('/ndjson'), body),
    (body) => decodeOtlp(requestTo('/v1/logs', { 'content-type': 'application/x-protobuf' }), body),
    (body) => decodeOtlp(requestTo('/v1/logs'), body),
    (body) => decodeWebhook(requestTo('/webhook'), body),
  ];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(fc.constantFrom('{', '}', '"', '\n', '[', ']', ':', 'index', 'event', '\\', '1'), {
        maxLength: 40,
      })
      .map((parts) => Buffer.from(parts.join(''))),
    fc.json().map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(bytes, (body) => {
      for (const decode of decoders) {
        try {
          for (const { bounds, bytes: taken } of decode(Buffer.from(body)).blocks)
            for (const place of bounds) if (place > taken.length) return false;
        } catch (error) {
          if (!(error instanceof DemarcError)) throw error;
        }
      }
      return true;
    }),
  );
});

test('a small body that unfolds to too much is refused', async (t: TestContext) => {
  const bomb = gzipSync(Buffer.alloc(80_000_000));
  await t.assert.rejects(unfold(bomb, 'gzip'), { code: 'INTAKE_BODY_TOO_LARGE' });
  await t.assert.rejects(unfold(Buffer.from('no gzip'), 'gzip'), { code: 'INTAKE_BODY_INVALID' });
  await t.assert.rejects(unfold(Buffer.from(''), 'br'), { code: 'INTAKE_ENCODING_UNKNOWN' });
  const announced = Object.assign(Readable.from([]), { headers: { 'content-length': '99999999' } });
  await t.assert.rejects(readBody(announced as unknown as IncomingMessage), {
    code: 'INTAKE_BODY_TOO_LARGE',
  });
});

test('tokens are found wherever a protocol puts them', (t: TestContext) => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  for (const authorization of [
    'Bearer T',
    'Splunk T',
    `ApiKey ${base64('id:T')}`,
    'ApiKey T',
    `Basic ${base64('anyone:T')}`,
  ])
    t.assert.ok(tokensOf({ authorization }).includes('T'), authorization);
  for (const authorization of [undefined, '', 'Bearer', 'Digest T', `Bearer ${'x'.repeat(600)}`])
    t.assert.deepEqual(tokensOf(authorization === undefined ? {} : { authorization }), []);
});

test('webhooks: a container of records is as many records, anything else is one', (t: TestContext) => {
  const textsOf = (value: unknown): readonly string[] => {
    const { blocks } = decodeWebhook(requestTo('/webhook'), Buffer.from(JSON.stringify(value)));
    const [block] = blocks;
    if (block === undefined) return [];
    return Array.from({ length: block.bounds.length / 2 }, (_, n) =>
      Buffer.from(block.bytes).toString('utf8', block.bounds[n * 2], block.bounds[n * 2 + 1]),
    );
  };
  t.assert.deepEqual(textsOf({ Records: [{ eventName: 'a' }, { eventName: 'b' }] }), [
    '{"eventName":"a"}',
    '{"eventName":"b"}',
  ]);
  t.assert.deepEqual(textsOf([{ a: 1 }, { a: 2 }]), ['{"a":1}', '{"a":2}']);
  for (const one of [{ a: 1 }, { Records: [] }, { Records: [1, { a: 1 }] }])
    t.assert.deepEqual(textsOf(one), [JSON.stringify(one)]);
});

test('webhooks: a signature over body and time, within the tolerance', (t: TestContext) => {
  const settings: WebhookSettings = {
    kind: 'webhook',
    signatureHeader: 'x-signature',
    timestampHeader: 'x-time',
    toleranceSeconds: 300,
    deliveryHeader: null,
  };
  const body = Buffer.from('{}');
  const check = (time: string, signed = time) => {
    const signature = createHmac('sha256', 'secret').update(`${signed}.{}`).digest('hex');
    return checkSignature(
      settings,
      'secret',
      requestTo('/', { 'x-signature': signature, 'x-time': time }),
      body,
    );
  };
  const seconds = NOW / 1_000;
  t.assert.equal(check(String(seconds - 299)).length, 1);
  t.assert.equal(check(String(NOW)).length, 1);
  t.assert.equal(check('2026-11-20T12:04:00Z').length, 1);
  for (const work of [
    () => check(String(seconds - 301)),
    () => check(String(seconds + 301)),
    () => check('yesterday'),
    () => check(String(seconds), String(seconds - 1)),
    () => checkSignature(settings, 'secret', requestTo('/', { 'x-time': String(seconds) }), body),
    () => checkSignature(settings, 'secret', requestTo('/', { 'x-signature': 'ab' }), body),
  ])
    t.assert.throws(work, { code: 'INTAKE_SIGNATURE_REFUSED' });
});
