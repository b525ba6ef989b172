import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type Framed, type Lost, SyslogFramer } from './syslog-stream.ts';

/** The messages of a stream, as texts, and what was lost. */
function framed(chunks: readonly Buffer[], bytesMax?: number) {
  const lost: Lost['reason'][] = [];
  const messages: string[] = [];
  const framer = new SyslogFramer(({ reason }) => lost.push(reason), bytesMax);
  const add = (found: Framed | undefined): void => {
    for (let at = 0; found !== undefined && at < found.bounds.length; at += 2)
      messages.push(found.bytes.toString('latin1', found.bounds[at], found.bounds[at + 1]));
  };
  for (const chunk of chunks) add(framer.push(chunk));
  add(framer.end());
  return { messages, lost };
}

/** Cuts bytes at places that are given as shares of the whole. */
function cut(bytes: Buffer, shares: readonly number[]): readonly Buffer[] {
  const places = [...new Set(shares.map((share) => Math.floor(share * bytes.length)))].sort((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
}

const message = fc
  .string({ unit: fc.constantFrom('<', '1', '3', ' ', 'a', ':', '>', '\t'), maxLength: 40 })
  .map((text) => `<34>${text}`);
const frame = fc.oneof(
  message.map((text) => `${text}\n`),
  message.map((text) => `${text}\r\n`),
  fc
    .tuple(message, fc.constantFrom('', '\nsecond line'))
    .map(([text, more]) => `${text.length + more.length} ${text}${more}`),
);
const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

test('any split of the bytes into chunks gives the same messages', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), shares, (frames, places) => {
      const bytes = Buffer.from(frames.join(''), 'latin1');
      const whole = framed([bytes]);
      return (
        JSON.stringify(framed(cut(bytes, places))) === JSON.stringify(whole) &&
        whole.messages.length === frames.length
      );
    }),
  );
});

test('whatever the bytes are, no split of them changes what is found or lost', () => {
  const bytes = fc
    .array(fc.constantFrom('<', '1', '9', ' ', '\n', 'x', '\r', '\0'), { maxLength: 80 })
    .map((found) => Buffer.from(found.join(''), 'latin1'));
  fc.assert(
    fc.property(bytes, shares, (stream, places) => {
      const whole = framed([stream], 12);
      return JSON.stringify(framed(cut(stream, places), 12)) === JSON.stringify(whole);
    }),
    { numRuns: 500 },
  );
});

test('counts and lines may follow each other; a number at the start of a line is no count', (t: TestContext) => {
  const bytes = Buffer.from('<1>a\n5 <2>bc<3>d\n2026 was a year\n12345\n7 <4>e\nf\n<5>last');
  t.assert.deepEqual(framed([bytes]).messages, [
    '<1>a',
    '<2>bc',
    '<3>d',
    '2026 was a year',
    '12345',
    '<4>e\nf',
    '<5>last',
  ]);
});

test('a message that is too long is lost alone', (t: TestContext) => {
  const long = 'x'.repeat(30);
  const bytes = Buffer.from(`<1>a\n<2>${long}\n34 <3>${long}z<4>b\n`);
  t.assert.deepEqual(framed([bytes], 20), { messages: ['<1>a', '<4>b'], lost: ['too-large', 'too-large'] });
});

test('a count that the stream does not fill is no message', (t: TestContext) => {
  t.assert.deepEqual(framed([Buffer.from('20 <1>short')]), { messages: [], lost: ['cut-off'] });
});
