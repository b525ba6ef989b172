/**
 * First baseline of /usr against AIDE (Debian) with the same digest on the same tree, against reading the
 * files with `cat` alone, and against SHA-256 of as many bytes that lie in the processor's cache (what no
 * reading of files can be faster than on this processor); in turn, medians.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Baseline } from '@demarc/file-integrity-monitoring/agent/baseline';
import { scan } from '@demarc/file-integrity-monitoring/agent/scan';
import { FileIntegrityPolicy } from '@demarc/file-integrity-monitoring/policy';
import { buildPrograms } from '../apps/cli/builds.ts';
import { program } from '../apps/cli/programs.ts';
import { interleaved, median, ratio, show, smoke } from './support/measure.ts';

const ROOT = smoke ? '/usr/share/doc' : '/usr';
const ROUNDS = smoke ? 1 : 3;
const scratch = mkdtempSync(join(tmpdir(), 'demarc-bench-'));
const policy = FileIntegrityPolicy.parse({ hashSizeBytesMax: 17_179_869_184, entriesMax: 2_000_000 });
/** Bundled, as it runs on every machine. */
const unbundled = await buildPrograms();
if (unbundled !== undefined) console.log(`The workers run from their sources: ${unbundled}`);
const agent = program('apps/agent/main.ts');
let files = 0;
let bytes = 0;

function command(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
}

async function demarc(): Promise<undefined> {
  const baseline = new Baseline([ROOT], Date.now());
  const result = await scan({
    roots: [ROOT],
    onLines: (lines) => baseline.add(lines),
    policy: { exclude: [], hashSizeBytesMax: policy.hashSizeBytesMax, entriesMax: policy.entriesMax },
    spawn: (data) => new Worker(agent, { workerData: { worker: 'file-integrity-monitoring/scan', data } }),
  });
  // Signed and on disk, as the room does it: reading alone would flatter us.
  baseline.save(scratch, { sign: () => 'bench', verify: () => true });
  files = result.entries;
  bytes = result.hashedBytes;
}

async function aide(): Promise<undefined> {
  const config = join(scratch, 'aide.conf');
  writeFileSync(
    config,
    `database_in=file:${scratch}/aide.db\ndatabase_out=file:${scratch}/aide.new\ngzip_dbout=no\nreport_url=file:/dev/null\nnum_workers=2\n${ROOT} p+i+n+u+g+s+m+c+acl+xattrs+sha256\n`,
  );
  await command('aide', ['--init', `--config=${config}`]);
}

async function cat(): Promise<undefined> {
  await command('sh', ['-c', 'find "$0" -xdev -type f -print0 | xargs -0 -P2 -n 256 cat > /dev/null', ROOT]);
}

/** Both processors hash what the last baseline hashed, without reading anything. */
async function digestsOnly(): Promise<undefined> {
  const source =
    "const { createHash } = require('node:crypto'); const { workerData } = require('node:worker_threads');" +
    'const part = Buffer.alloc(262144); const digest = createHash("sha256");' +
    'for (let left = workerData; left > 0; left -= part.length) digest.update(part);';
  const half = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(source, { eval: true, workerData: bytes / 2 });
      worker.once('error', reject);
      worker.once('exit', () => resolve());
    });
  await Promise.all([half(), half()]);
}

mkdirSync(scratch, { recursive: true });
try {
  const beside = { demarc: { name: 'demarc', run: demarc }, cat: { name: 'cat', run: cat } };
  const long = await interleaved([beside.demarc, { name: 'aide', run: aide }], ROUNDS);
  // AIDE takes ten times as long as the rest, in which the machine becomes another one.
  const short = await interleaved(
    [beside.demarc, beside.cat, { name: 'digests', run: digestsOnly }],
    3 * ROUNDS,
  );
  console.log(`${ROOT}: ${files} entries, ${(bytes / 1e9).toFixed(2)} GB hashed`);
  for (const [seconds, name, other] of [
    [long, 'aide', 'AIDE --init, SHA-256, two workers'],
    [short, 'cat', 'find | xargs -P2 cat'],
  ] as const) {
    const ours = seconds.get('demarc') ?? [];
    show(
      `Demarc beside ${name}: baseline, SHA-256, two workers`,
      ours,
      `${Math.round(files / median(ours))} entries/s`,
    );
    show(other, seconds.get(name) ?? []);
  }
  show('SHA-256 of as many bytes, nothing read, two workers', short.get('digests') ?? []);
  const between = (seconds: ReadonlyMap<string, readonly number[]>, one: string, other: string): number =>
    median(seconds.get(one) ?? []) / median(seconds.get(other) ?? []);
  ratio('AIDE / Demarc', between(long, 'aide', 'demarc'), 'at least 5');
  ratio('Demarc / cat', between(short, 'demarc', 'cat'), 'at most 1.2');
  ratio('Demarc / digests alone', between(short, 'demarc', 'digests'), 'the floor is 1');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
