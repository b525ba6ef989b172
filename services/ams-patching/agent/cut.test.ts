import { type TestContext, test } from 'node:test';
import { Told } from '../orders.ts';
import { cut } from './cut.ts';

const text = 'x'.repeat(900);
const result = (packageCount: number): Told => ({
  about: 'result',
  result: {
    jobId: 'job-1',
    what: 'apply',
    result: 'partly',
    startedAtMs: 1,
    endedAtMs: 2,
    checks: [{ check: 'window', ok: true, because: text }],
    packages: Array.from({ length: packageCount }, (_, index) => ({
      name: `package-${index}`,
      arch: 'all',
      from: '1',
      to: '2',
      outcome: index === packageCount - 1 ? ('failed' as const) : ('done' as const),
      because: text,
      installed: '2',
    })),
    settled: [],
    keptFiles: Array.from({ length: 1_000 }, (_, index) => `/etc/${index}`),
    restarts: [],
    reboot: { owed: null, ordered: false, because: [] },
    manifest: null,
    notes: [text],
  },
});

test('what fits is told as it is', (t: TestContext) => {
  const told = result(2);
  t.assert.equal(cut(told), told);
});

test('what is too long is shortened, says so, and keeps what failed', (t: TestContext) => {
  const told = Told.parse(cut(result(500), 50_000));
  t.assert.ok(Buffer.byteLength(JSON.stringify(told)) <= 50_000);
  if (told.about !== 'result') throw new Error('it is a result');
  t.assert.equal(told.result.packages[0]?.name, 'package-499');
  t.assert.match(told.result.notes.join('\n'), /375 more packages[^]*980 more kept files/);
});

test('of what can be had it is all or nothing: half of it would be another job', (t: TestContext) => {
  const packages = Array.from({ length: 400 }, (_, index) => ({
    name: `package-${index}`,
    arch: 'all',
    from: '1',
    to: '2',
    needsReboot: false,
  }));
  const told = Told.parse(
    cut({ about: 'resolution', resolution: { jobId: 'job-1', packages, missing: [] } }, 30_000),
  );
  if (told.about !== 'resolution') throw new Error('it is a resolution');
  t.assert.equal(told.resolution.packages.length, 0);
  t.assert.equal(told.resolution.missing.length, 400);
});
