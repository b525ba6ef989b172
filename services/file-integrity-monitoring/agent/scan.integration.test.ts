/** A scan by two workers against `find`: each entry once, whoever read it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { fromLine } from './line.ts';
import { type ScanResult, scan } from './scan.ts';

async function read(
  roots: readonly string[],
  entriesMax = 1_000_000,
): Promise<ScanResult & { readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const result = await scan({
    roots,
    policy: { exclude: [], hashSizeBytesMax: 1_073_741_824, entriesMax },
    spawn: (data) => new Worker(new URL('./scan.worker.ts', import.meta.url), { workerData: { data } }),
    onLines: (more) => lines.push(...more),
  });
  return { ...result, lines };
}

test('every entry that find knows, once', async () => {
  const root = '/usr/bin';
  const { lines } = await read(['/etc', root]);
  const ours = lines.map((line) => fromLine(line).path).sort();
  const find = execFileSync('find', ['/etc', root, '-xdev', '-print0'], { encoding: 'latin1' });
  assert.deepEqual(ours, find.split('\0').slice(0, -1).sort());
  assert.ok(ours.length > 300);
});

test('a few large files in one directory are shared, and each digest is right', async () => {
  const root = mkdtempSync(join(tmpdir(), 'demarc-scan-'));
  try {
    // Sizes around those of the read buffer: 256 KiB.
    const sizes = [0, 1, 262_143, 262_144, 262_145, 524_288, 5_000_001];
    for (let index = 0; index < 70; index += 1) {
      const size = sizes[index % sizes.length] ?? 0;
      writeFileSync(join(root, `f${index}`), Buffer.alloc(size, index + 1));
    }
    const { lines, hashedBytes } = await read([root]);
    const files = lines.map(fromLine).filter(({ type }) => type === 'file');
    assert.equal(files.length, 70);
    assert.equal(
      hashedBytes,
      files.reduce((sum, { size }) => sum + size, 0),
    );
    for (const { path, sha256 } of files)
      assert.equal(sha256, createHash('sha256').update(readFileSync(path)).digest('hex'), path);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('what is beyond the bound is counted and left out', async () => {
  const whole = await read(['/usr/bin']);
  const part = await read(['/usr/bin'], 10);
  assert.equal(whole.beyondBound, 0);
  assert.deepEqual([part.lines.length, part.entries], [10, 10]);
  assert.equal(part.beyondBound, whole.entries - 10);
  for (const line of part.lines) assert.ok(whole.lines.includes(line));
});

test('deep and wide: nobody waits for ever', async () => {
  const root = mkdtempSync(join(tmpdir(), 'demarc-scan-'));
  try {
    mkdirSync(join(root, ...Array.from({ length: 200 }, (_, index) => `d${index}`)), { recursive: true });
    for (let index = 0; index < 500; index += 1) mkdirSync(join(root, `wide-${'x'.repeat(200)}-${index}`));
    const { lines } = await read([root]);
    assert.equal(lines.length, 701);
    assert.deepEqual((await read([join(root, 'is not there')])).lines, []);
  } finally {
    rmSync(root, { recursive: true });
  }
});
