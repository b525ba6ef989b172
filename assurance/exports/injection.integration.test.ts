/** No text of anybody becomes a formula: each payload in every place where people and machines write, in every workbook. */
import { type TestContext, test } from 'node:test';
import { readXlsx, type Sheet } from 'hucre/xlsx';
import { applicabilityWorkbook } from './applicability/xlsx.ts';
import { responsibilityWorkbook } from './responsibility/xlsx.ts';
import { estate, PAYLOADS } from './testing.ts';
import { plain } from './text.ts';
import { controlsWorkbook } from './workbook/workbook.ts';
import { unpacked } from './zip.ts';

const MAKERS = { controlsWorkbook, responsibilityWorkbook, applicabilityWorkbook };
/** Functions that our own formulas use. */
const OURS = /^(?:IF|SUM|SUMIF|SUMPRODUCT|COUNTIF|COUNTA|[A-Z]{1,2}\d+[*/])/;

test('whatever people write, only our own formulas are formulas, and what is read is what was written', async (t: TestContext) => {
  const plainly = estate({ machines: 1, text: 'words' });
  for (const make of Object.values(MAKERS)) {
    const expected = formulasOf((await readXlsx(await make(plainly.assessment))).sheets);
    for (const text of PAYLOADS) {
      const says = JSON.stringify(text);
      const made = await make(estate({ machines: 1, text }).assessment);
      const { sheets } = await readXlsx(made);
      const found = formulasOf(sheets);
      t.assert.deepEqual(found, expected, says);
      for (const formula of found) t.assert.match(formula, OURS);
      for (const [part, bytes] of unpacked(made)) {
        const xml = Buffer.from(bytes).toString('utf8');
        // oxlint-disable-next-line no-control-regex
        t.assert.doesNotMatch(xml, /[\u0000-\u0008\u000b\u000c\u000e-\u001f]|&#/, part);
        t.assert.doesNotMatch(xml, /<(?:ddeLink|hyperlink|externalReference)/i, part);
        t.assert.doesNotMatch(part, /externalLink/);
      }
      const reasons = sheets.find(({ name }) => name === 'Exceptions')?.rows.slice(1) ?? [];
      for (const [, , , , , reason] of reasons) t.assert.equal(reason, plain(text), says);
      if (make === controlsWorkbook) t.assert.equal(reasons.length, 3);
    }
  }
});

function formulasOf(sheets: readonly Sheet[]): readonly string[] {
  return sheets.flatMap(({ cells }) => [...(cells?.values() ?? [])].flatMap(({ formula }) => formula ?? []));
}
