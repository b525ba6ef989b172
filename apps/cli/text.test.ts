import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { asUtf8, withoutMark } from './text.ts';

const TEXT = 'Grüße\n{"a":"𝄞"}\r\n';
const wide = Buffer.from(`\uFEFF${TEXT}`, 'utf16le');
const FORMS = {
  plain: Buffer.from(TEXT),
  'with a mark': Buffer.from(`\uFEFF${TEXT}`),
  'UTF-16, as Windows has it': wide,
  'UTF-16, the other way round': Buffer.from(wide).swap16(),
  compressed: gzipSync(TEXT),
  'UTF-16, compressed': gzipSync(wide),
};

for (const [name, bytes] of Object.entries(FORMS))
  for (const size of [1, 2, 7, bytes.length])
    test(`${name}, ${size} bytes at a time: the same text`, async (t: TestContext) => {
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      t.assert.equal((await buffer(asUtf8(pieces()))).toString(), TEXT);
    });

test('nothing, a mark alone and a byte alone are what they are', async (t: TestContext) => {
  for (const [given, read] of [
    ['', ''],
    ['\uFEFF', ''],
    ['x', 'x'],
  ] as const)
    t.assert.equal((await buffer(asUtf8(one(Buffer.from(given))))).toString(), read);
  t.assert.equal(withoutMark('\uFEFF{}'), '{}');
});

test('what is cut short in its compression is said', async (t: TestContext) => {
  await t.assert.rejects(buffer(asUtf8(one(FORMS.compressed.subarray(0, 12)))), /unexpected end/);
});

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
