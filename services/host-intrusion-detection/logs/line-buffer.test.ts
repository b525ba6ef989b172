import { type TestContext, test } from 'node:test';
import { LineBuffer } from './line-buffer.ts';

function linesOf(bytes: Buffer, size: number): readonly string[] {
  const buffer = new LineBuffer();
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += size)
    buffer.push(bytes.subarray(at, at + size), (line) => lines.push(line));
  buffer.end((line) => lines.push(line));
  return lines;
}

const LINES = ["2026-02-24 16:30:25.88 Logon  Login failed for user 'Jürgen'.", 'second', '', 'last 4'];

for (const size of [1, 2, 7, 4_096])
  for (const [name, bytes] of [
    ['UTF-8', Buffer.from(`${LINES.join('\n')}\n`)],
    ['UTF-8 with carriage returns', Buffer.from(`${LINES.join('\r\n')}\r\n`)],
    ['UTF-16 with its mark', Buffer.from(`\uFEFF${LINES.join('\r\n')}\r\n`, 'utf16le')],
  ] as const)
    test(`lines of ${name}, ${size} bytes at a time`, (t: TestContext) => {
      const read = linesOf(bytes, size).filter((line, at) => line !== '' || at < LINES.length);
      t.assert.deepEqual(read, LINES);
    });

test('read on from the middle, UTF-16 is still what it is', (t: TestContext) => {
  const bytes = Buffer.from(`\uFEFF${LINES.join('\r\n')}\r\n`, 'utf16le');
  const behind = bytes.indexOf('\n') + 1;
  t.assert.deepEqual(linesOf(bytes.subarray(behind), 3)[0], LINES[1]);
});

test('a hole is not told, and what stands behind it is', (t: TestContext) => {
  const line = 'Nov 28 10:00:00 srv sshd[7]: Connection closed';
  for (const zeros of [2, 3, 4_096])
    t.assert.deepEqual(linesOf(Buffer.concat([Buffer.alloc(zeros), Buffer.from(`${line}\n`)]), 512), [line]);
  t.assert.deepEqual(linesOf(Buffer.from(`${line}\0x\n`), 512), [`${line}\0x`]);
});
