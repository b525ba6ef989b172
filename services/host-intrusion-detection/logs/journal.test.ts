import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type JournalEntry, JournalExport } from './journal.ts';
import { entry, exported } from './testing.ts';

test('entries come out whole, in whatever pieces they came in', (t: TestContext) => {
  const anyMessage = fc.string({
    unit: fc.constantFrom('a', '=', '\n', 'é', ' ', '\0'),
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 8 }), fc.integer({ min: 1, max: 64 }), (messages, size) => {
      const bytes = Buffer.concat(messages.map((message, n) => exported(entry(message, n))));
      const reader = new JournalExport();
      const found: JournalEntry[] = [];
      for (let at = 0; at < bytes.length; at += size)
        reader.push(bytes.subarray(at, at + size), (one) => found.push(one));
      t.assert.deepEqual(
        found.map(({ lines }) => lines.map((line) => line.slice(line.indexOf(']: ') + 3))),
        messages.map((message) => message.split('\n').filter((line) => line.trim() !== '')),
      );
      t.assert.equal(reader.cutBytes, 0);
    }),
    { numRuns: 300 },
  );
});

test('an entry has the header that syslog would give it', (t: TestContext) => {
  const found: JournalEntry[] = [];
  new JournalExport().push(exported(entry('Invalid user x from 192.0.2.1', 0)), (one) => found.push(one));
  t.assert.deepEqual(found, [
    {
      cursor: 's=1;i=0',
      unit: undefined,
      lines: ['2025-11-24T16:00:00.000Z web-1 sshd[7]: Invalid user x from 192.0.2.1'],
    },
  ]);
});

test('a value that is too long is cut and counted, and what follows is read', (t: TestContext) => {
  for (const long of ['x'.repeat(1_000_000), `x\n${'x'.repeat(1_000_000)}`]) {
    const bytes = Buffer.concat([exported(entry(long, 0)), exported(entry('next', 1))]);
    const reader = new JournalExport();
    const found: JournalEntry[] = [];
    for (let at = 0; at < bytes.length; at += 16_384)
      reader.push(bytes.subarray(at, at + 16_384), (one) => found.push(one));
    t.assert.equal(found.length, 2);
    t.assert.ok(reader.cutBytes > 900_000, String(reader.cutBytes));
    t.assert.match(found[1]?.lines[0] ?? '', /: next$/);
  }
});
