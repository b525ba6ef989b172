import { type TestContext, test } from 'node:test';
import { absolute } from './archive.ts';
import { conffilesFrom, fateOf } from './dpkg-files.ts';

const [OLD, NEW, MINE] = ['0', '1', '2'].map((digit) => digit.repeat(32)) as [string, string, string];

test('what becomes of a configuration file, with the old one kept in doubt', (t: TestContext) => {
  t.assert.equal(fateOf(OLD, OLD, NEW), 'installed');
  t.assert.equal(fateOf(OLD, MINE, NEW), 'kept-beside-new');
  t.assert.equal(fateOf(OLD, MINE, OLD), 'as-it-is');
  t.assert.equal(fateOf(OLD, NEW, NEW), 'as-it-is');
  t.assert.equal(fateOf(OLD, undefined, OLD), 'as-it-is');
  t.assert.equal(fateOf(OLD, undefined, NEW), 'kept-beside-new');
  t.assert.equal(fateOf(undefined, undefined, NEW), 'installed');
  t.assert.equal(fateOf(undefined, MINE, NEW), 'kept-beside-new');
});

test('dpkg’s list of configuration files, without those that the package has no more', (t: TestContext) => {
  const text = `\n /etc/a.conf ${OLD}\n /etc/b.conf ${NEW} obsolete\n /etc/c.conf newconffile\n`;
  t.assert.deepEqual([...conffilesFrom(text)], [['/etc/a.conf', OLD]]);
});

test('names of archives become absolute paths', (t: TestContext) => {
  t.assert.equal(absolute('./usr/bin/x'), '/usr/bin/x');
  t.assert.equal(absolute('./usr/share/'), '/usr/share');
  t.assert.equal(absolute('./'), '/');
});
