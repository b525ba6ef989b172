import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Follower, type FollowOptions, type Position } from './follow.ts';
import { LINE_BYTES_MAX } from './line-buffer.ts';

const LOGROTATE = '/usr/sbin/logrotate';

class Bench implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'demarc-logs-'));
  readonly log = join(this.directory, 'auth.log');
  readonly lines: string[] = [];
  follow(positions: readonly Position[] = [], more: Partial<FollowOptions> = {}): Follower {
    return new Follower({
      logs: [join(this.directory, '*.log')],
      positions,
      begin: 'start',
      onLine: (line) => this.lines.push(line),
      ...more,
    });
  }
  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function lookAll(follower: Follower): void {
  for (const _ of follower.look());
}

test('a log that is renamed is read to its end, and then the one that took its name', (t: TestContext) => {
  using bench = new Bench();
  using follower = bench.follow();
  writeFileSync(bench.log, 'one\ntwo\n');
  lookAll(follower);
  appendFileSync(bench.log, 'three\n');
  renameSync(bench.log, `${bench.log}.1`);
  // Its program has it open still.
  appendFileSync(`${bench.log}.1`, 'four\nhalf');
  writeFileSync(bench.log, 'five\n');
  lookAll(follower);
  t.assert.deepEqual(bench.lines, ['one', 'two', 'three', 'four', 'half', 'five']);
  t.assert.equal(follower.counted.rotations, 1);
});

test('a log that is rotated twice between two looks loses nothing', (t: TestContext) => {
  using bench = new Bench();
  using follower = bench.follow();
  writeFileSync(bench.log, 'one\n');
  lookAll(follower);
  renameSync(bench.log, `${bench.log}.2`);
  writeFileSync(`${bench.log}.1`, 'two\n');
  writeFileSync(bench.log, 'three\n');
  lookAll(follower);
  t.assert.deepEqual(bench.lines, ['one', 'two', 'three']);
});

test('a log that is copied and truncated goes on in the copy, and then anew', (t: TestContext) => {
  using bench = new Bench();
  using follower = bench.follow();
  writeFileSync(bench.log, 'one\n');
  lookAll(follower);
  appendFileSync(bench.log, 'two\n');
  copyFileSync(bench.log, `${bench.log}.1`);
  truncateSync(bench.log);
  appendFileSync(bench.log, 'three is longer than both of them together\n');
  lookAll(follower);
  t.assert.deepEqual(bench.lines, ['one', 'two', 'three is longer than both of them together']);
  t.assert.equal(follower.counted.truncations, 1);
  t.assert.equal(follower.counted.gaps, 0);
});

test('what a truncation took is counted as a gap', (t: TestContext) => {
  using bench = new Bench();
  using follower = bench.follow();
  writeFileSync(bench.log, 'one\n');
  lookAll(follower);
  truncateSync(bench.log);
  appendFileSync(bench.log, 'two\n');
  lookAll(follower);
  t.assert.deepEqual(bench.lines, ['one', 'two']);
  t.assert.equal(follower.counted.gaps, 1);
});

test('half a line waits for its other half, also across a restart', (t: TestContext) => {
  using bench = new Bench();
  writeFileSync(bench.log, 'one\ntw');
  const first = bench.follow();
  lookAll(first);
  const saved = JSON.parse(JSON.stringify(first.positions())) as readonly Position[];
  first[Symbol.dispose]();
  appendFileSync(bench.log, 'o\n');
  using second = bench.follow(saved);
  lookAll(second);
  t.assert.deepEqual(bench.lines, ['one', 'two']);
});

test('what was rotated and compressed while nobody looked is read from there', (t: TestContext) => {
  using bench = new Bench();
  writeFileSync(bench.log, 'one\n');
  const first = bench.follow();
  lookAll(first);
  const saved = first.positions();
  first[Symbol.dispose]();
  appendFileSync(bench.log, 'two\n');
  writeFileSync(`${bench.log}.2.gz`, gzipSync(readFileSync(bench.log)));
  unlinkSync(bench.log);
  writeFileSync(`${bench.log}.1`, 'three\n');
  writeFileSync(bench.log, 'four\n');
  using second = bench.follow(saved);
  lookAll(second);
  t.assert.deepEqual(bench.lines, ['one', 'two', 'three', 'four']);
});

test('a log that is there at first is followed from its end, one that comes later from its start', (t: TestContext) => {
  using bench = new Bench();
  writeFileSync(bench.log, 'old\n');
  using follower = bench.follow([], { begin: 'end' });
  lookAll(follower);
  appendFileSync(bench.log, 'new\n');
  writeFileSync(join(bench.directory, 'other.log'), 'all\n');
  lookAll(follower);
  t.assert.deepEqual(bench.lines, ['new', 'all']);
});

test('a line without an end is cut, and what is cut is counted', (t: TestContext) => {
  using bench = new Bench();
  using follower = bench.follow();
  writeFileSync(bench.log, `${'x'.repeat(3 * LINE_BYTES_MAX)}\nnext\n`);
  lookAll(follower);
  t.assert.deepEqual(
    bench.lines.map((line) => line.length),
    [LINE_BYTES_MAX, 4],
  );
  t.assert.equal(follower.counted.cutBytes, 2 * LINE_BYTES_MAX);
});

test('much at once comes in pieces, and what is rotated meanwhile is not lost', (t: TestContext) => {
  using bench = new Bench();
  const line = (n: number): string => `${n} ${'x'.repeat(90)}`;
  const all = Array.from({ length: 60_000 }, (_, n) => line(n));
  const part = (from: number, to: number): string => `${all.slice(from, to).join('\n')}\n`;
  writeFileSync(bench.log, part(0, 10));
  const first = bench.follow();
  lookAll(first);
  const saved = first.positions();
  first[Symbol.dispose]();
  // Nobody looked while it was rotated twice.
  appendFileSync(bench.log, part(10, 20_000));
  renameSync(bench.log, `${bench.log}.2`);
  writeFileSync(`${bench.log}.1`, part(20_000, 40_000));
  writeFileSync(bench.log, part(40_000, 60_000));
  using follower = bench.follow(saved);
  let told = bench.lines.length;
  let most = 0;
  let pieces = 0;
  for (const _ of follower.look()) {
    most = Math.max(most, bench.lines.length - told);
    told = bench.lines.length;
    pieces += 1;
    if (pieces !== 2) continue;
    renameSync(`${bench.log}.2`, `${bench.log}.3`);
    renameSync(`${bench.log}.1`, `${bench.log}.2`);
    renameSync(bench.log, `${bench.log}.1`);
    writeFileSync(bench.log, 'the last\n');
  }
  lookAll(follower);
  t.assert.ok(pieces > 15, `${pieces} pieces`);
  t.assert.ok(most < 3_000, `${most} lines in a piece`);
  t.assert.deepEqual(bench.lines, [...all, 'the last']);
});

test('whatever happens to a log between looks, each line is told once and in order', (t: TestContext) => {
  const step = fc.constantFrom('write', 'half', 'poll', 'rename', 'copytruncate', 'compress', 'restart');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      using bench = new Bench();
      writeFileSync(bench.log, '');
      let follower = bench.follow();
      lookAll(follower);
      let count = 0;
      let open = '';
      const wanted: string[] = [];
      const write = (end: string): void => {
        count += 1;
        const piece = `line ${count} `;
        appendFileSync(bench.log, `${piece}${end}`);
        open += piece;
        if (end === '\n') {
          wanted.push(open);
          open = '';
        }
      };
      const shift = (): void => {
        for (let n = 9; n > 0; n -= 1)
          for (const ending of ['', '.gz'])
            if (existsSync(`${bench.log}.${n}${ending}`))
              renameSync(`${bench.log}.${n}${ending}`, `${bench.log}.${n + 1}${ending}`);
      };
      for (const what of steps) {
        if (what === 'write') write('\n');
        if (what === 'half') write('');
        if (what === 'poll') lookAll(follower);
        // Programs end their lines before they let go of a log.
        if (what === 'rename' || what === 'copytruncate') write('\n');
        if (what === 'rename') {
          shift();
          renameSync(bench.log, `${bench.log}.1`);
          writeFileSync(bench.log, '');
        }
        if (what === 'copytruncate') {
          // Followed up to here: two truncations of one file between looks cannot be told from one.
          lookAll(follower);
          shift();
          copyFileSync(bench.log, `${bench.log}.1`);
          truncateSync(bench.log);
          lookAll(follower);
        }
        if (what === 'compress' && existsSync(`${bench.log}.1`)) {
          lookAll(follower);
          const bytes = readFileSync(`${bench.log}.1`);
          unlinkSync(`${bench.log}.1`);
          writeFileSync(`${bench.log}.1.gz`, gzipSync(bytes));
        }
        if (what === 'restart') {
          lookAll(follower);
          const saved = follower.positions();
          follower[Symbol.dispose]();
          follower = bench.follow(saved);
        }
      }
      lookAll(follower);
      follower[Symbol.dispose]();
      t.assert.deepEqual(bench.lines, wanted);
    }),
    { numRuns: 150 },
  );
});

for (const how of [
  'create',
  'copytruncate',
  'create\n  compress',
  'copytruncate\n  compress',
  'create\n  compress\n  delaycompress',
])
  test(`logrotate with ${how.replaceAll(/\s+/g, ' ')}`, {
    skip: existsSync(LOGROTATE) ? false : `no ${LOGROTATE}`,
  }, (t: TestContext) => {
    using bench = new Bench();
    using follower = bench.follow();
    const config = join(bench.directory, 'rotate.conf');
    writeFileSync(config, `${bench.log} {\n  rotate 5\n  su root root\n  ${how}\n}\n`, { mode: 0o644 });
    const wanted: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      for (let n = 0; n < 50; n += 1) {
        wanted.push(`round ${round} line ${n}`);
        appendFileSync(bench.log, `round ${round} line ${n}\n`);
        if (n === 30) lookAll(follower);
      }
      execFileSync(LOGROTATE, ['--force', '--state', join(bench.directory, 'state'), config]);
      if (round !== 2 || how.startsWith('copytruncate')) lookAll(follower);
    }
    lookAll(follower);
    t.assert.deepEqual(bench.lines, wanted);
    t.assert.equal(follower.counted.gaps, 0);
  });
