import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type JournalEntry, readJournal } from './journal.ts';
import { entry, exported } from './testing.ts';

const WRITER = '/lib/systemd/systemd-journal-remote';

test('a real journal is read by journalctl, and goes on behind a cursor', {
  skip: existsSync(WRITER) ? false : `no ${WRITER}`,
}, async (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-journal-'));
  try {
    const [source, journal] = [join(directory, 'export'), join(directory, 'test.journal')];
    const messages = ['Invalid user x from 192.0.2.1 port 4', 'two\nlines', 'the last'];
    writeFileSync(source, Buffer.concat(messages.map((message, n) => exported(entry(message, n)))));
    execFileSync(WRITER, ['--output', journal, source], { stdio: 'ignore' });
    const read = async (afterCursor: string | undefined): Promise<readonly JournalEntry[]> => {
      const found: JournalEntry[] = [];
      const onEntry = (one: JournalEntry): void => void found.push(one);
      await readJournal({ files: [journal], afterCursor, isFollowed: false, signal: t.signal, onEntry });
      return found;
    };
    const all = await read(undefined);
    t.assert.deepEqual(
      all.flatMap(({ lines }) => lines.map((line) => line.slice(line.indexOf(']: ') + 3))),
      ['Invalid user x from 192.0.2.1 port 4', 'two', 'lines', 'the last'],
    );
    t.assert.deepEqual(await read(all[1]?.cursor), all.slice(2));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('whoever is slow gets all of it, a piece at a time', {
  skip: existsSync(WRITER) ? false : `no ${WRITER}`,
}, async (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-journal-'));
  try {
    const [source, journal] = [join(directory, 'export'), join(directory, 'test.journal')];
    const count = 3_000;
    const entries = Array.from({ length: count }, (_, n) =>
      exported(entry(`line ${n} ${'x'.repeat(100)}`, n)),
    );
    writeFileSync(source, Buffer.concat(entries));
    execFileSync(WRITER, ['--output', journal, source], { stdio: 'ignore' });
    let [read, inPiece, largestPiece] = [0, 0, 0];
    await readJournal({
      files: [journal],
      afterCursor: undefined,
      isFollowed: false,
      signal: t.signal,
      onEntry: () => {
        read += 1;
        inPiece += 1;
      },
      mayGoOn: async () => {
        largestPiece = Math.max(largestPiece, inPiece);
        inPiece = 0;
        await delay(5);
      },
    });
    t.assert.equal(read, count);
    // Each is longer than its line of 110 bytes.
    t.assert.ok(largestPiece <= 65_536 / 110, `${largestPiece} entries at once`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a journal that cannot be read says why', async (t: TestContext) => {
  const read = readJournal({
    files: ['/nonexistent/x.journal'],
    afterCursor: undefined,
    isFollowed: false,
    signal: t.signal,
    onEntry: () => undefined,
  });
  await t.assert.rejects(read, { code: 'HIDS_JOURNAL_UNREADABLE' });
});
