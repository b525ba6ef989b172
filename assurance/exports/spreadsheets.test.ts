import { type TestContext, test } from 'node:test';
import { applicabilityWorkbook } from './applicability/xlsx.ts';
import { responsibilityWorkbook } from './responsibility/xlsx.ts';
import { estate, PAYLOADS } from './testing.ts';
import { cellText, looksLikeFormula, plain } from './text.ts';
import { controlsWorkbook } from './workbook/workbook.ts';

const MAKERS = { controlsWorkbook, responsibilityWorkbook, applicabilityWorkbook };

test('the same assessment is the same bytes', async (t: TestContext) => {
  for (const [name, make] of Object.entries(MAKERS)) {
    const first = await make(estate({ machines: 1, text: 'words' }).assessment);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = await make(estate({ machines: 1, text: 'words' }).assessment);
    t.assert.equal(Buffer.compare(first, second), 0, name);
  }
});

test('a control is shown as its picture, what turns text around by its number, and too much is cut', (t: TestContext) => {
  t.assert.equal(plain('a\u0000b\u001b\u007f\r\nc\rd\te'), 'a␀b␛␡\nc\nd\te');
  t.assert.equal(plain('gnp.\u202eexe'), 'gnp.[U+202E]exe');
  t.assert.equal(plain('\ud800'), '\ufffd');
  t.assert.equal(cellText('_x000D_ and _X00e9_'), '_x005F_x000D_ and _x005F_X00e9_');
  const long = plain('x'.repeat(40_000));
  t.assert.equal(long.length, 32_767);
  t.assert.match(long, / … \(cut\)$/);
  for (const text of PAYLOADS.filter((each) => /^[\s']*[=+\-@|%]/.test(each)))
    t.assert.ok(looksLikeFormula(text), text);
  t.assert.equal(looksLikeFormula('words'), false);
});
