import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { writeXlsx } from 'hucre/xlsx';
import { oscalBytes, oscalDocument } from '../oscal/export.ts';
import { emptyAssessment, richAssessment } from '../oscal/testing.ts';
import { coverageOf, nistMapping } from './coverage.ts';
import { readCsv } from './csv.ts';
import { CELL_CHARS_MAX, FILE_BYTES_MAX, ROWS_MAX } from './model.ts';
import { readControls, readMapping } from './read.ts';
import { knownIds } from './read-mapping.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const csv = (text: string) => readControls({ format: 'csv', bytes: bytes(text) });
const sheet = async (rows: (string | number | null)[][], name = 'Controls') =>
  Buffer.from(await writeXlsx({ sheets: [{ name, rows }] }));

test('delimited text is read as it was written', (t: TestContext) => {
  t.assert.deepEqual(readCsv(bytes('a,b\r\n"x ""y"", z",2\n')), [
    ['a', 'b'],
    ['x "y", z', '2'],
  ]);
  t.assert.deepEqual(readCsv(bytes('\uFEFFa;b\n"1\n2";=cmd')), [
    ['a', 'b'],
    ['1\n2', '=cmd'],
  ]);
  t.assert.deepEqual(readCsv(Buffer.from('\uFEFFa\tb\nc\td', 'utf16le')), [
    ['a', 'b'],
    ['c', 'd'],
  ]);
  t.assert.throws(() => readCsv(bytes('a,"b\nc')), {
    code: 'FRAMEWORK_FILE_UNREADABLE',
    message: /row 1 is never closed/,
  });
  t.assert.throws(() => readCsv(Buffer.from([0x61, 0xff, 0x62])), { code: 'FRAMEWORK_FILE_UNREADABLE' });
  t.assert.throws(() => readCsv(bytes('a\n'.repeat(ROWS_MAX + 1))), { code: 'FRAMEWORK_FILE_TOO_LARGE' });
  t.assert.throws(() => readCsv(bytes(`a,${'x'.repeat(CELL_CHARS_MAX + 1)}`)), {
    code: 'FRAMEWORK_FILE_TOO_LARGE',
  });
});

test('whatever is in the cells comes back', (t: TestContext) => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll('\u0000', ''));
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 8 }),
      (rows) => {
        // The first row decides the delimiter.
        const table = [['heading', 'another'], ...rows];
        const written = table
          .map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(','))
          .join('\r\n');
        t.assert.deepEqual(readCsv(bytes(written)), table);
      },
    ),
    { numRuns: 300 },
  );
});

test('headings are found below a title, in the words frameworks use', async (t: TestContext) => {
  const read = await csv(
    'My framework,,\nVersion 8,,\n\nControl Domain,Control ID,Control Title,Control Specification\nA&A,A&A-01,Audit Policy,"Establish,\ndocument."\n,,,\nA&A,A&A-02,Independent,Do it\n',
  );
  t.assert.deepEqual(read.problems, []);
  t.assert.equal(read.skippedCount, 1);
  t.assert.deepEqual(read.items[0], {
    controlId: 'A&A-01',
    title: 'Audit Policy',
    statement: 'Establish,\ndocument.',
    group: 'A&A',
  });
  const chosen = await readControls({
    format: 'csv',
    bytes: bytes('Nr;Was\n1;Tun'),
    columns: { id: 'Nr', title: 'Was' },
  });
  t.assert.deepEqual(
    chosen.items.map(({ controlId, title }) => [controlId, title]),
    [['1', 'Tun']],
  );
  await t.assert.rejects(csv('Nr;Was\n1;Tun'), { code: 'FRAMEWORK_HEADER_MISSING', message: /Nr, Was/ });
});

test('what is wrong is named by row and column, and nothing of it is taken', async (t: TestContext) => {
  const { problems, problemCount } = await csv('ID,Title\n1,One\n1,Again\n,Nameless\n2,\n"3\n4",Two lines\n');
  t.assert.equal(problemCount, 4);
  t.assert.deepEqual(problems, [
    { row: 3, column: 'ID', says: '1 is there already, in row 2' },
    { row: 4, column: 'ID', says: 'is empty' },
    { row: 5, column: 'Title', says: 'is empty' },
    { row: 6, column: 'ID', says: '“3\n4” is not an id: at most 64 characters, on one line' },
  ]);
  t.assert.equal((await csv('ID,Title\n')).problemCount, 1);
});

test('a workbook is read: numbers, blanks, the sheet that is named', async (t: TestContext) => {
  const book = Buffer.from(
    await writeXlsx({
      sheets: [
        { name: 'About', rows: [['Licence', 'yours']] },
        {
          name: 'Controls',
          rows: [
            ['Control ID', 'Title'],
            [1.1, 'Inventory'],
            [null, null],
            ['=1+1', '@cmd'],
          ],
        },
      ],
    }),
  );
  const read = await readControls({ format: 'xlsx', bytes: book, sheet: 'Controls' });
  t.assert.deepEqual(
    read.items.map(({ controlId, title }) => [controlId, title]),
    [
      ['1.1', 'Inventory'],
      ['=1+1', '@cmd'],
    ],
  );
  await t.assert.rejects(readControls({ format: 'xlsx', bytes: book }), { code: 'FRAMEWORK_HEADER_MISSING' });
  await t.assert.rejects(readControls({ format: 'xlsx', bytes: book, sheet: 'Other' }), {
    code: 'FRAMEWORK_FILE_UNREADABLE',
    message: /About, Controls/,
  });
});

test('a file made to hurt is refused before it does', async (t: TestContext) => {
  const xlsx = (file: Uint8Array) => readControls({ format: 'xlsx', bytes: file });
  const bomb = zipSync({ 'xl/worksheets/sheet1.xml': new Uint8Array(70_000_000) });
  t.assert.ok(bomb.length < 1_000_000, `${bomb.length} bytes become 70,000,000`);
  await t.assert.rejects(xlsx(bomb), { code: 'FRAMEWORK_FILE_TOO_LARGE' });
  const many = zipSync(
    Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`p${at}`, new Uint8Array(1)])),
  );
  await t.assert.rejects(xlsx(many), { code: 'FRAMEWORK_FILE_TOO_LARGE' });
  const far = zipSync({
    'xl/worksheets/sheet1.xml': bytes(
      '<worksheet><sheetData><row r="1048576"><c r="XFD1048576"/></row></sheetData></worksheet>',
    ),
  });
  await t.assert.rejects(xlsx(far), { code: 'FRAMEWORK_FILE_TOO_LARGE' });
  const laughs = zipSync({
    'xl/worksheets/sheet1.xml': bytes('<!DOCTYPE a [<!ENTITY b "ha">]><worksheet/>'),
  });
  await t.assert.rejects(xlsx(laughs), { code: 'FRAMEWORK_FILE_UNREADABLE' });
  for (const file of [
    bytes('not a zip'),
    zipSync({ 'a.txt': bytes('a') }),
    (await sheet([['ID', 'Title']])).subarray(0, 200),
  ])
    await t.assert.rejects(xlsx(file), { code: 'FRAMEWORK_FILE_UNREADABLE' });
  await t.assert.rejects(xlsx(Buffer.alloc(FILE_BYTES_MAX + 1)), { code: 'FRAMEWORK_FILE_TOO_LARGE' });
  const deep = `{"catalog":{"controls":[${'{"id":"a","controls":['.repeat(100_000)}${']}'.repeat(100_000)}]}}`;
  await t.assert.rejects(readControls({ format: 'oscal', bytes: bytes(deep) }), {
    code: 'FRAMEWORK_FILE_TOO_LARGE',
  });
  for (const text of ['[]', '{', '{"catalog":{}}', '{"profile":{"uuid":"x"}}'])
    await t.assert.rejects(readControls({ format: 'oscal', bytes: bytes(text) }), {
      code: 'FRAMEWORK_FILE_UNREADABLE',
    });
});

test('noise is refused with a typed error or read, and nothing else', async (t: TestContext) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 400 }),
      fc.constantFrom('csv' as const, 'xlsx' as const, 'oscal' as const),
      async (noise, format) => {
        try {
          await readControls({ format, bytes: noise });
        } catch (error) {
          t.assert.match((error as { readonly code?: string }).code ?? String(error), /^FRAMEWORK_/);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('an OSCAL catalog: ours, brought back, is our controls', async (t: TestContext) => {
  const assessment = richAssessment();
  const file = oscalBytes(oscalDocument(assessment, '1.2.2', 'catalog'));
  const read = await readControls({ format: 'oscal', bytes: file });
  t.assert.deepEqual(read.problems, []);
  t.assert.deepEqual(
    read.items.map(({ controlId }) => controlId).toSorted(),
    [...assessment.catalogue.controls.keys()].toSorted(),
  );
  const withdrawn = {
    catalog: {
      controls: [
        { id: 'a-1', title: 'One', props: [{ name: 'status', value: 'withdrawn' }] },
        { id: 'a-2', title: 'Two', controls: [{ id: 'a-2.1', title: 'Inner' }] },
      ],
    },
  };
  const nested = await readControls({ format: 'oscal', bytes: bytes(JSON.stringify(withdrawn)) });
  t.assert.deepEqual(
    [nested.items.map(({ controlId }) => controlId), nested.skippedCount],
    [['a-2', 'a-2.1'], 1],
  );
});

test('a mapping names controls that both sides have', async (t: TestContext) => {
  const sources = knownIds(['CTL 1', 'CTL 2']);
  const targets = knownIds(['ac-2', 'ac-2.1', 'VMS-09']);
  const read = await readMapping(
    {
      format: 'csv',
      bytes: bytes(
        'Source,Target,Relationship\nctl 1,"AC-2(1), AC-02",subset of\nCTL 2,vms-09,\nCTL 3,zz-1,sometimes\n',
      ),
    },
    sources,
    targets,
  );
  t.assert.deepEqual(read.items, [
    { sourceId: 'CTL 1', targetId: 'ac-2.1', relationship: 'subset-of' },
    { sourceId: 'CTL 1', targetId: 'ac-2', relationship: 'subset-of' },
    { sourceId: 'CTL 2', targetId: 'VMS-09', relationship: 'intersects-with' },
  ]);
  t.assert.deepEqual(
    read.problems.map(({ row, column }) => [row, column]),
    [
      [4, 'Source'],
      [4, 'Relationship'],
      [4, 'Target'],
    ],
  );
});

test('our own mapping collection, brought back, is the built-in mapping', async (t: TestContext) => {
  const assessment = richAssessment();
  const { relations } = nistMapping(assessment.catalogue);
  const file = oscalBytes(oscalDocument(assessment, '1.2.2', 'mapping-collection'));
  const read = await readMapping(
    { format: 'oscal', bytes: file },
    knownIds([...assessment.catalogue.controls.keys()]),
    knownIds(relations.map(({ targetId }) => targetId)),
  );
  t.assert.deepEqual(read.problems, []);
  const order = (all: typeof relations) =>
    all.map(({ sourceId, targetId }) => `${sourceId} ${targetId}`).toSorted();
  t.assert.deepEqual(order(read.items), order(relations));
});

test('coverage: the worst of what maps, by way of NIST where nothing is direct, and what maps to nothing shown', (t: TestContext) => {
  const assessment = richAssessment();
  const control = (controlId: string) => ({ controlId, title: controlId, statement: '', group: '' });
  const mappings = [
    nistMapping(assessment.catalogue),
    {
      sourceFrameworkId: 'mine',
      targetFrameworkId: 'demarc',
      relations: [
        { sourceId: '1', targetId: 'VMS-09', relationship: 'subset-of' as const },
        { sourceId: '1', targetId: 'GOV-01', relationship: 'intersects-with' as const },
        { sourceId: '4', targetId: 'VMS-09', relationship: 'no-relationship' as const },
      ],
    },
    {
      sourceFrameworkId: 'nist-800-53-r5',
      targetFrameworkId: 'mine',
      relations: [{ sourceId: 'si-7', targetId: '2', relationship: 'equal-to' as const }],
    },
  ];
  const { rows, counts, mappedCount } = coverageOf(
    'mine',
    ['1', '2', '3', '4'].map(control),
    mappings,
    assessment,
  );
  t.assert.deepEqual(
    rows[0]?.mapped.map(({ controlId, via }) => [controlId, via]),
    [
      ['GOV-01', 'direct'],
      ['VMS-09', 'direct'],
    ],
  );
  const statuses = rows[0]?.mapped.map(({ status }) => status) ?? [];
  t.assert.ok(statuses.includes(rows[0]?.status ?? 'satisfied'));
  t.assert.ok((rows[1]?.mapped.length ?? 0) > 0);
  t.assert.ok(
    rows[1]?.mapped.every(
      ({ via, relationship }) => via === 'nist-800-53-r5 si-7' && relationship === 'through',
    ),
  );
  t.assert.equal(rows[2]?.status, undefined);
  t.assert.equal(rows[3]?.status, undefined, 'no relationship is none');
  t.assert.deepEqual([mappedCount, counts.unmapped], [2, 2]);
  const nothing = coverageOf('mine', [control('1')], mappings, emptyAssessment());
  t.assert.notEqual(nothing.rows[0]?.status, 'satisfied', 'silence is never compliance');
});
