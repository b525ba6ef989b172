import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { PublishStandard, RecordRisk } from '@demarc/platform/contract/assurance/workbook';
import { laterOf } from '../instant.ts';
import { designOf, numberOf, percent, readRecord } from './records.ts';

const scratch = mkdtempSync(join(tmpdir(), 'demarc-records-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

test('a record is read from YAML and from JSON alike', (t: TestContext) => {
  const yaml = file(
    's.yaml',
    'standardId: s\nversion: "1"\ntitle: t\nuseCase: u\ncontrols:\n  - controlId: VMS-09\n',
  );
  const json = file(
    's.json',
    '{"standardId":"s","version":"1","title":"t","useCase":"u","controls":[{"controlId":"VMS-09"}]}',
  );
  t.assert.deepEqual(readRecord(yaml, PublishStandard), readRecord(json, PublishStandard));
});

test('a file that is no record says why', (t: TestContext) => {
  for (const [path, says] of [
    [join(scratch, 'gone'), /cannot be read/],
    [file('broken.yaml', 'a: [1'), /neither YAML nor JSON/],
    [file('other.yaml', 'standardId: s\n'), /version/],
    [file('large.yaml', ' '.repeat(1_048_577)), /larger than/],
    // Each alias doubles: what would be unfolded has a bound, too.
    [file('bomb.yaml', bomb()), /neither YAML nor JSON/],
  ] as const)
    t.assert.throws(() => readRecord(path, PublishStandard), says);
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level += 1)
    lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
  return lines.join('\n');
}

test('the files that the documentation shows are records', (t: TestContext) => {
  const page = readFileSync(new URL('../../../docs/workbook.md', import.meta.url), 'utf8');
  const [standard = '', risk = ''] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);
  t.assert.equal(readRecord(file('doc-s.yaml', standard), PublishStandard).controls.length, 2);
  t.assert.equal(readRecord(file('doc-r.yaml', risk), RecordRisk).controls.length, 2);
});

test('dates lie ahead, numbers within their bounds, designs have sections', (t: TestContext) => {
  const at = Date.parse(laterOf('90d'));
  t.assert.ok(Math.abs(at - Date.now() - 90 * 86_400_000) < 60_000);
  t.assert.equal(laterOf('2027-01-31T00:00:00Z'), '2027-01-31T00:00:00.000Z');
  t.assert.throws(() => laterOf('soon'), /neither an instant/);
  t.assert.equal(numberOf('9', 'it', 1, 25), 9);
  for (const text of ['0', '26', '2.5', 'x']) t.assert.throws(() => numberOf(text, 'it', 1, 25));
  t.assert.deepEqual(designOf('HLD-7#3.2#b'), { document: 'HLD-7', section: '3.2#b' });
  t.assert.equal(percent(null), 'nothing applicable');
});
