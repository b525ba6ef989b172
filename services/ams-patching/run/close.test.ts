/** What is restarted at the end of a job, and when. systemd runs in no test: it is looked at what is asked of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { aptDriver } from './apt.ts';
import { type CloseOptions, close } from './close.ts';
import type { Direction } from './driver.ts';
import { parsePatchJob } from './job.ts';
import { Journal } from './journal.ts';
import type { Inspected } from './restart.ts';
import { jobFor } from './testing-job.ts';
import { Work } from './work.ts';

const HOUR_MS = 3_600_000;
const JOB = parsePatchJob(
  jobFor([{ name: 'libc6', from: '1', to: '2', needsReboot: true } as never], {
    restart: { services: ['web.service'], reboot: 'allowed' },
    rollback: { untilMs: Date.now() + 72 * HOUR_MS },
  }),
);
const { opensAtMs, closesAtMs } = JOB.window;

interface Case {
  readonly atMs: number;
  readonly direction?: Direction;
  readonly stopped?: string;
}

/** Of a job whose one package came, or went back; libc6 and a unit are waiting. */
async function closed(t: TestContext, { atMs, direction = 'upgrade', stopped }: Case) {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-close-'));
  t.after(() => rmSync(directory, { recursive: true }));
  using journal = Journal.open(directory, 'j', JOB, { bootId: 'b' }, () => atMs);
  journal.add({ kind: 'set-begun', packages: ['libc6:all'] });
  journal.add({
    kind: 'set-ended',
    judged: [{ key: 'libc6:all', outcome: 'done', because: '' }],
    kept: [],
  });
  const version = direction === 'upgrade' ? '2' : '1';
  const asked: string[] = [];
  const run: CloseOptions['run'] = async ({ argv }) => {
    const isQuery = argv[0] === 'dpkg-query';
    if (!isQuery) asked.push(argv.join(' '));
    return { code: 0, stdout: isQuery ? `libc6\tall\t${version}\tinstalled\tok\n` : '', stderr: '' };
  };
  let isStale = true;
  const inspect = (): Inspected => {
    const staleProcesses = isStale
      ? [{ pid: 9, name: 'web', unit: 'web.service', files: ['/usr/lib/x'] }]
      : [];
    isStale = false;
    return {
      packages: [{ type: 'deb', name: 'libc6', version, arch: 'all' }],
      staleProcesses,
      reboot: { needed: false, because: [] },
    };
  };
  const [driver, nowMs] = [aptDriver({ root: '/' }), () => atMs];
  const work = new Work({
    job: JOB,
    direction,
    driver,
    run,
    locks: { descriptors: [], [Symbol.dispose]: () => undefined },
    journal,
    nowMs,
    snapshotId: undefined,
  });
  const { restarts, reboot } = await close({
    job: JOB,
    work,
    direction,
    driver,
    run,
    journal,
    nowMs,
    stopped,
    hasSystemd: true,
    inspect,
  });
  return { asked, reboot, because: restarts.map((item) => `${item.outcome}: ${item.because}`).join() };
}

test('within the window units are restarted and a reboot is ordered, also on the way back', async (t) => {
  for (const direction of ['upgrade', 'downgrade'] as const) {
    const { asked, reboot, because } = await closed(t, { atMs: opensAtMs, direction });
    // Looked at at once, and again when what runs from replaced files was.
    const isActive = 'systemctl is-active -- web.service';
    t.assert.deepEqual(asked, ['systemctl restart -- web.service', isActive, isActive]);
    t.assert.match(because, /^restarted: /);
    const version = direction === 'upgrade' ? '2' : '1';
    t.assert.deepEqual(reboot, {
      owed: true,
      ordered: true,
      because: [`libc6 ${version} is in use only after a reboot`],
    });
  }
});

test('outside of it both are owed: after a crash in the window, and days later on the way back', async (t) => {
  for (const { atMs, direction } of [
    { atMs: closesAtMs + 10 * HOUR_MS, direction: 'upgrade' },
    { atMs: closesAtMs + 48 * HOUR_MS, direction: 'downgrade' },
    { atMs: closesAtMs, direction: 'downgrade' },
    { atMs: opensAtMs - 1, direction: 'upgrade' },
  ] as const) {
    const { asked, reboot, because } = await closed(t, { atMs, direction });
    t.assert.deepEqual(asked, []);
    t.assert.match(because, /^owed: .*, and the window (?:closed|opens) at 2/);
    t.assert.equal(reboot.owed, true);
    t.assert.equal(reboot.ordered, false);
  }
});

test('who was stopped restarts nothing, and too little of the window is none for a reboot', async (t) => {
  const stopped = await closed(t, { atMs: opensAtMs, stopped: 'the approval was good until then' });
  t.assert.deepEqual(stopped.asked, []);
  t.assert.match(stopped.because, /^owed: .*, and the approval was good until then$/);
  t.assert.equal(stopped.reboot.ordered, false);
  const short = await closed(t, { atMs: closesAtMs - 599_999 });
  t.assert.match(short.because, /^restarted: /);
  t.assert.equal(short.reboot.ordered, false);
});
