/** What a reader of PDF gets out of what was written. */
import { execFileSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { pdf } from './pdf.ts';

const NO_READER = 'pdftotext is not installed (Debian: poppler-utils)';
const options = { title: 'A record', subject: 'of something', datedMs: 0, foot: 'as of then' };

test('a row that is taller than a page goes on on the next, and nothing of it is lost', async (t: TestContext) => {
  const words = Array.from({ length: 1_500 }, (_, at) => `word${at}`);
  const made = await pdf(options, (writer) =>
    writer.table(
      [
        { title: 'One', share: 1 },
        { title: 'Two', share: 4 },
      ],
      [[words.join(' '), 'short']],
    ),
  );
  const text = textOf(made);
  if (text === undefined) return t.skip(NO_READER);
  for (const word of words) t.assert.ok(text.includes(word), word);
  t.assert.match(text, /page 2 of/);
});

test('what no font has is written as its code point, and so is what turns text around', async (t: TestContext) => {
  const text = textOf(
    await pdf(options, (writer) => writer.facts([['Tenant', 'Łódź Αθήνα Москва 漢字 \u202Egnp.exe']])),
  );
  if (text === undefined) return t.skip(NO_READER);
  t.assert.match(text, /Łódź Αθήνα Москва \[U\+6F22\]\[U\+5B57\] \[U\+202E\]gnp\.exe/);
});

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return execFileSync('pdftotext', ['-layout', '-', '-'], { input: bytes }).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
