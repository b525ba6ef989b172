/** What LibreOffice makes of the workbooks: the engine's numbers, worked out by its own formulas, and no formula of anybody else. */
import { after, type TestContext, test } from 'node:test';
import { type Cell, readXlsx, type Sheet } from 'hucre/xlsx';
import { applicabilityWorkbook } from './applicability/xlsx.ts';
import { Calc } from './calc.testing.ts';
import { responsibilityWorkbook } from './responsibility/xlsx.ts';
import { estate } from './testing.ts';
import { controlsWorkbook } from './workbook/workbook.ts';
import { unpacked, zip } from './zip.ts';

const NO_READER = 'LibreOffice is not installed (Debian: libreoffice-calc-nogui)';
/** What stands in the place of every result before LibreOffice sees it: it has to work them out. */
const WRONG = 987_654;
const { assessment } = estate();
const calc = new Calc();
after(() => calc[Symbol.dispose]());

/** LibreOffice writes 15 significant digits. */
const same = (a: unknown, b: unknown): boolean =>
  typeof a === 'number' && typeof b === 'number'
    ? a.toPrecision(15) === b.toPrecision(15)
    : (a ?? '') === (b ?? '');

const formulas = (sheet: Sheet | undefined): ReadonlyMap<string, Cell> =>
  new Map([...(sheet?.cells ?? [])].filter(([, cell]) => cell.formula !== undefined));

function withoutResults(workbook: Uint8Array): Uint8Array {
  const parts = new Map(unpacked(workbook));
  for (const [name, bytes] of parts)
    if (name.startsWith('xl/worksheets/')) {
      const xml = Buffer.from(bytes).toString('utf8');
      parts.set(name, Buffer.from(xml.replace(/(<\/f>)<v>[^<]*<\/v>/g, `$1<v>${WRONG}</v>`)));
    }
  return zip(parts);
}

test('LibreOffice works out every formula to the engine’s number', async (t: TestContext) => {
  const made = await controlsWorkbook(assessment);
  const recalculated = calc.recalculated(withoutResults(made));
  if (recalculated === undefined) return t.skip(NO_READER);
  const ours = await readXlsx(made);
  const theirs = await readXlsx(recalculated);
  t.assert.deepEqual(
    theirs.sheets.map(({ name }) => name),
    ['Summary', 'Controls', 'Standards', 'Risks', 'Exceptions', 'Decisions', 'Evidence', 'Assets'],
  );
  let checked = 0;
  for (const sheet of ours.sheets) {
    const there = theirs.sheets.find(({ name }) => name === sheet.name);
    t.assert.deepEqual([...formulas(there).keys()].sort(), [...formulas(sheet).keys()].sort(), sheet.name);
    for (const [at, { formula }] of formulas(sheet)) {
      const [row = 0, column = 0] = at.split(',').map(Number);
      const worked = there?.rows[row]?.[column];
      const decided = sheet.rows[row]?.[column];
      t.assert.ok(
        same(worked, decided),
        `${sheet.name} ${at}: ${formula} gives ${String(worked)}, and the engine ${String(decided)}`,
      );
      checked += 1;
    }
  }
  t.assert.ok(checked > 300, `${checked} formulas`);

  const summary = theirs.sheets[0]?.rows ?? [];
  const figure = (label: string): unknown => summary.find(([name]) => name === label)?.[1];
  const { rollUp, cells, risks, digest } = assessment;
  t.assert.ok(same(figure('Score'), rollUp.score), `score ${String(figure('Score'))}`);
  t.assert.ok(same(figure('Coverage'), rollUp.coverage));
  t.assert.equal(figure('Controls on assets, applicable'), rollUp.applicable);
  t.assert.equal(figure('Holds'), rollUp.counts.satisfied);
  t.assert.equal(figure('Unknown'), rollUp.counts['not-assessed']);
  t.assert.equal(figure('Fails'), rollUp.counts['not-satisfied']);
  const states = cells.flatMap(({ cell }) => cell.duties.map(({ state }) => state));
  t.assert.equal(figure('Duties of nobody'), states.filter((state) => state === 'unowned').length);
  t.assert.equal(figure('Disputed duties'), states.filter((state) => state === 'contested').length);
  t.assert.equal(figure('Risks above appetite'), risks.filter(({ aboveAppetite }) => aboveAppetite).length);
  t.assert.equal(figure('Assets'), assessment.assets.length);
  t.assert.equal(figure('Digest (SHA-256)'), digest);
});

for (const [name, make] of Object.entries({
  'controls workbook': controlsWorkbook,
  'responsibility matrix': responsibilityWorkbook,
  'statement of applicability': applicabilityWorkbook,
}))
  test(`${name}: what people wrote is text to LibreOffice, character for character`, async (t: TestContext) => {
    const made = await make(assessment);
    const opened = calc.recalculated(made);
    if (opened === undefined) return t.skip(NO_READER);
    const ours = await readXlsx(made);
    const theirs = await readXlsx(opened);
    let texts = 0;
    for (const sheet of ours.sheets) {
      const there = theirs.sheets.find((other) => other.name === sheet.name);
      t.assert.deepEqual([...formulas(there).keys()].sort(), [...formulas(sheet).keys()].sort(), sheet.name);
      for (const [row, values] of sheet.rows.entries())
        for (const [column, value] of values.entries()) {
          if (typeof value !== 'string' || sheet.cells?.get(`${row},${column}`)?.formula !== undefined)
            continue;
          t.assert.equal(there?.rows[row]?.[column] ?? '', value, `${sheet.name} ${row},${column}`);
          texts += 1;
        }
    }
    t.assert.ok(texts > 300, `${texts} texts`);
  });
