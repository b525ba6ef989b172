/** A file system that is too small, and one that fills up while events arrive. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Installation, said, until } from './testing.ts';

const MEBIBYTE = 1_048_576;

async function onTmpfs(
  t: TestContext,
  name: string,
  mebibytes: number,
): Promise<{ readonly installation: Installation; readonly mount: string }> {
  const mount = join('/mnt', `demarc-${name}-${process.pid}`);
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0755`, 'tmpfs', mount]);
  const installation = await Installation.make({ DEMARC_DATA_DIR: join(mount, 'data') });
  t.after(async () => {
    await installation[Symbol.asyncDispose]();
    execFileSync('umount', ['--lazy', mount]);
    rmSync(mount, { recursive: true });
  });
  return { installation, mount };
}

test('a data directory without room is refused before anything is written there', async (t: TestContext) => {
  const { installation } = await onTmpfs(t, 'small', 300);
  const refused = await installation.try('up');
  t.assert.match(said(refused), /STORES_DISK_FULL/);
  t.assert.match(said(refused), /DEMARC_DATA_DIR/);
});

test('a disk that fills up while changes happen loses none of them', async (t: TestContext) => {
  const { installation, mount } = await onTmpfs(t, 'full', 900);
  await installation.json('up');
  await installation.json('service', 'buy', 'file-integrity-monitoring', '--accept-prerequisites');
  const marks = join('/etc', `demarc-full-${process.pid}`);
  mkdirSync(marks);
  t.after(() => rmSync(marks, { recursive: true, force: true }));
  const created = async (): Promise<readonly string[]> => {
    const answer = await installation.try('events', 'search', '--text', marks, '--limit', '1000');
    if (answer.code !== 0) return [];
    const { events } = JSON.parse(answer.stdout) as {
      readonly events: readonly { readonly activity_id: number; readonly file: { readonly path: string } }[];
    };
    return events.filter(({ activity_id }) => activity_id === 1).map(({ file }) => file.path);
  };
  let tries = 0;
  await until(async () => {
    writeFileSync(join(marks, `before-${(tries += 1)}`), 'x');
    return (await created()).length > 0;
  });
  let count = 0;
  const change = (): void => writeFileSync(join(marks, `counted-${(count += 1)}`), 'x');

  const ballast = join(mount, 'ballast');
  const fill = (): void => {
    const { bavail, bsize } = statfsSync(mount);
    if (bavail > 0)
      execFileSync('dd', ['if=/dev/zero', `of=${ballast}.${count}`, 'bs=4096', `count=${bavail + 10}`], {
        stdio: 'ignore',
      });
    t.assert.equal(bsize, 4_096);
  };
  let full = 0;
  for (let round = 0; round < 20; round += 1) {
    try {
      fill();
    } catch {
      // dd says so when the last block did not fit: that is the point.
    }
    if (statfsSync(mount).bavail * 4_096 < MEBIBYTE) full += 1;
    for (let more = 0; more < 20; more += 1) change();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  t.assert.ok(full >= 10, `the disk was full in ${full} of 20 rounds`);
  const status = said(await installation.try('status'));
  execFileSync('sh', ['-c', 'rm -f -- "$1".*', 'sh', ballast]);
  change();
  const counted = async () => (await created()).filter((path) => path.includes('/counted-'));
  await until(async () => (await counted()).length >= count);
  const seen = await counted();
  t.assert.equal(new Set(seen).size, count);
  t.assert.equal(seen.length, count, 'each of them once');
  const { parts } = JSON.parse(status) as {
    readonly parts: readonly {
      readonly name: string;
      readonly restartCount: number;
      readonly health: { readonly state: string; readonly because: string };
    }[];
  };
  const part = (name: string) => parts.find((candidate) => candidate.name === name);
  t.assert.match(part('disk')?.health.because ?? '', /^only \d+ MiB free/);
  t.assert.deepEqual(
    ['server', 'agent'].map((name) => [part(name)?.health.state, part(name)?.restartCount]),
    [
      ['healthy', 0],
      ['healthy', 0],
    ],
  );
});
