import { type TestContext, test } from 'node:test';
import { type PdfWriter, pdf } from './pdf.ts';

const options = {
  title: 'A record',
  subject: 'of something',
  datedMs: Date.parse('2026-11-25T12:00:00.000Z'),
  foot: 'as of 2026-11-25T12:00:00.000Z',
};

const write =
  (rows: number) =>
  (writer: PdfWriter): void => {
    writer.heading('A record');
    writer.facts([
      ['Tenant', 'Łódź Αθήνα Москва 漢字 \u202Egnp.exe'],
      ['Digest', 'a1'.repeat(32)],
    ]);
    writer.paragraph('In short. '.repeat(60));
    writer.list(['one', 'two']);
    writer.heading('Rows', 2);
    writer.table(
      [
        { title: 'Control', share: 1, mono: true },
        { title: 'What', share: 3 },
        { title: 'Long', share: 1 },
      ],
      Array.from({ length: rows }, (_, at) => [`VMS-${at}`, `row ${at} `.repeat(8), 'x'.repeat(at % 50)]),
    );
  };

test('the same record is the same bytes, and another is not', async (t: TestContext) => {
  const first = await pdf(options, write(120));
  t.assert.equal(Buffer.compare(first, await pdf(options, write(120))), 0);
  t.assert.notEqual(Buffer.compare(first, await pdf(options, write(121))), 0);
  t.assert.equal(Buffer.from(first.slice(0, 8)).toString(), '%PDF-1.7');
});
