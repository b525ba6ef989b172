import { appendFileSync, mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { RunningSource } from '../source.ts';
import { definitionFor, depsFor, imbalance, PretendedRoad, scratch, untilTrue } from '../testing.ts';
import { confined } from './confined.ts';
import { FileFollower } from './follower.ts';
import type { FileFormat } from './formats.ts';

const here = grantTenantScope('here');
const POLL_MS = 10;

/** A source of files in a directory, which can be stopped and started. */
class Following implements AsyncDisposable {
  readonly road = new PretendedRoad();
  readonly #definition;
  readonly #directory: string;
  source: RunningSource;
  #follower: FileFollower;

  constructor(directory: string, path: string, format: FileFormat) {
    this.#directory = directory;
    this.#definition = definitionFor(here, { kind: 'file', path, format });
    mkdirSync(join(directory, 'files'), { recursive: true });
    this.source = new RunningSource(this.#definition, depsFor(join(directory, 'spools'), this.road));
    this.#follower = this.#start();
  }

  #start(): FileFollower {
    const { settings, sourceId } = this.#definition;
    if (settings.kind !== 'file') throw new Error('not a file');
    return new FileFollower({
      source: this.source,
      settings,
      root: join(this.#directory, 'files'),
      notePath: join(this.#directory, 'spools', 'here', sourceId, 'files'),
      pollMs: POLL_MS,
      now: Date.now,
      log: () => undefined,
    });
  }

  async stop(): Promise<void> {
    await this.#follower[Symbol.asyncDispose]();
    await this.source[Symbol.asyncDispose]();
  }

  start(): void {
    this.source = new RunningSource(this.#definition, depsFor(join(this.#directory, 'spools'), this.road));
    this.#follower = this.#start();
  }

  async texts(t: TestContext, count: number): Promise<readonly string[]> {
    await untilTrue(() => this.road.texts.size >= count);
    // Nothing comes a second time.
    await new Promise((resolve) => setTimeout(resolve, POLL_MS * 4));
    t.assert.equal(imbalance(this.source.accounting), undefined);
    t.assert.equal(this.road.texts.size, count);
    return [...this.road.texts.values()];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

test('a log is followed while it grows, is rotated, is begun anew, and over a restart', async (t: TestContext) => {
  using place = scratch();
  const log = join(place.directory, 'files', 'app.log');
  await using following = new Following(place.directory, '.', 'lines');
  writeFileSync(log, 'one\ntwo\nthr');
  t.assert.deepEqual(await following.texts(t, 2), ['one', 'two']);
  appendFileSync(log, 'ee\n');
  t.assert.deepEqual(await following.texts(t, 3), ['one', 'two', 'three']);
  appendFileSync(log, 'four\n');
  renameSync(log, `${log}.1`);
  writeFileSync(log, 'five\n');
  t.assert.deepEqual((await following.texts(t, 5)).slice(3).sort(), ['five', 'four']);
  await following.stop();
  appendFileSync(log, 'six\n');
  following.start();
  t.assert.equal((await following.texts(t, 6)).at(-1), 'six');
  truncateSync(log);
  appendFileSync(log, 'seven\n');
  t.assert.equal((await following.texts(t, 7)).at(-1), 'seven');
});

test('CloudTrail’s files are taken apart when they are there as a whole', async (t: TestContext) => {
  using place = scratch();
  await using following = new Following(place.directory, 'AWSLogs', 'cloudtrail');
  const below = join(place.directory, 'files', 'AWSLogs', '123', '2026');
  mkdirSync(below, { recursive: true });
  writeFileSync(
    join(below, 'a.json.gz'),
    gzipSync(JSON.stringify({ Records: [{ eventID: 1 }, { eventID: 2 }] })),
  );
  t.assert.deepEqual(await following.texts(t, 2), ['{"eventID":1}', '{"eventID":2}']);
  writeFileSync(join(below, 'b.json'), '{"Records":');
  await untilTrue(() => following.source.accounting.dropped['malformed'] === 1);
  await following.stop();
  following.start();
  await following.texts(t, 2);
});

test('records of the audit log that share a serial number are one; the last ends when the log is quiet', async (t: TestContext) => {
  using place = scratch();
  await using following = new Following(place.directory, 'audit.log', 'auditd');
  const line = (type: string, serial: number) => `type=${type} msg=audit(1700000000.123:${serial}): a=1`;
  writeFileSync(
    join(place.directory, 'files', 'audit.log'),
    `${[line('SYSCALL', 1), line('EXECVE', 1), line('SYSCALL', 2)].join('\n')}\n`,
  );
  t.assert.deepEqual(await following.texts(t, 2), [
    `${line('SYSCALL', 1)}\n${line('EXECVE', 1)}`,
    line('SYSCALL', 2),
  ]);
});

test('the journal’s export format, with a field that is binary', async (t: TestContext) => {
  using place = scratch();
  await using following = new Following(place.directory, 'journal', 'journal');
  const binary = Buffer.from('two\nlines');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(binary.length));
  const entry = Buffer.concat([Buffer.from('A=1\nMESSAGE\n'), length, binary, Buffer.from('\nB=x\nB=y\n\n')]);
  writeFileSync(join(place.directory, 'files', 'journal'), Buffer.concat([entry, Buffer.from('A=2\n')]));
  t.assert.deepEqual(await following.texts(t, 2), [
    '{"A":"1","MESSAGE":"two\\nlines","B":["x","y"]}',
    '{"A":"2"}',
  ]);
});

test('no path leads out of the directory', async (t: TestContext) => {
  using place = scratch();
  const root = join(place.directory, 'files', 'here');
  mkdirSync(root, { recursive: true });
  writeFileSync(join(place.directory, 'files', 'secret.log'), 'of another tenant\n');
  symlinkSync(join(place.directory, 'files'), join(root, 'up'));
  for (const path of ['../secret.log', 'up/secret.log', 'a/../../secret.log', 'up', 'nothing'])
    await t.assert.rejects(confined(root, path), { code: 'INTAKE_PATH_REFUSED' }, path);
  await using following = new Following(place.directory, 'here', 'lines');
  symlinkSync(join(place.directory, 'files', 'secret.log'), join(root, 'link.log'));
  writeFileSync(join(root, 'own.log'), 'own\n');
  t.assert.deepEqual(await following.texts(t, 1), ['own']);
});
