/**
 * `tar -x` of 50,000 files onto a file system that the agent watches, against the same onto one that nobody
 * watches; in turn, medians. Each file must be reported, or lie below a gap record. Needs root.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchAgent } from './support/agent.ts';
import { interleaved, median, ratio, show, smoke } from './support/measure.ts';

const FILES = smoke ? 5_000 : 50_000;
const ROUNDS = smoke ? 1 : 5;
const FILES_PER_DIRECTORY = 50;
const IMAGE_BYTES = 4_294_967_296;
/** What the unit of the package lets the agent have. */
const MEMORY_BYTES_MAX = 805_306_368;

const scratch = mkdtempSync(join(tmpdir(), 'demarc-bench-'));
const archive = join(scratch, 'files.tar');
const places = { watched: join(scratch, 'watched'), unwatched: join(scratch, 'unwatched') };
let unpacked = 0;

/** Sizes up to 8 KiB, as source trees have them. */
function makeArchive(): void {
  const source = join(scratch, 'source');
  for (let index = 0; index < FILES; index += 1) {
    const directory = join(source, `d${Math.trunc(index / FILES_PER_DIRECTORY)}`);
    if (index % FILES_PER_DIRECTORY === 0) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `f${index}`), `${index}\n`.repeat(1 + ((index * 7_919) % 1_400)));
  }
  execFileSync('tar', ['-cf', archive, '-C', source, '.']);
  rmSync(source, { recursive: true });
}

function mount(place: string): void {
  const image = `${place}.img`;
  execFileSync('truncate', ['-s', String(IMAGE_BYTES), image]);
  execFileSync('mkfs.ext4', ['-q', '-N', '1000000', image]);
  mkdirSync(place);
  execFileSync('mount', ['-o', 'loop', image, place]);
}

async function unpack(place: string, agent: BenchAgent): Promise<number> {
  await agent.settled();
  const into = join(place, `run${unpacked}`);
  unpacked += 1;
  mkdirSync(into);
  // What the last run left to be written is not this run's business.
  execFileSync('sync');
  const startedAt = performance.now();
  execFileSync('tar', ['-xf', archive, '-C', into], { stdio: 'ignore' });
  const took = (performance.now() - startedAt) / 1_000;
  await agent.settled();
  return took;
}

/** Files unpacked onto the watched file system that no event names and no gap covers. */
function unreported(agent: BenchAgent): {
  readonly missing: number;
  readonly named: number;
  readonly gaps: number;
} {
  const events = agent.events();
  const named = new Set(events.map(({ file }) => file.path));
  const gaps = events.filter(({ message }) => message.includes('was not watched in real time'));
  const files = execFileSync('find', [places.watched, '-type', 'f', '-print0'], {
    encoding: 'utf8',
    maxBuffer: 268_435_456,
  });
  const missing = files.split('\0').filter((path) => path !== '' && !named.has(path));
  const covered = missing.filter((path) => gaps.some(({ file }) => path.startsWith(`${file.path}/`)));
  return { missing: missing.length - covered.length, named: named.size, gaps: gaps.length };
}

try {
  makeArchive();
  for (const place of Object.values(places)) mount(place);
  await using agent = await BenchAgent.start({ watch: [places.watched], exclude: [], diff: [] });
  const seconds = await interleaved(
    [
      { name: 'watched', run: () => unpack(places.watched, agent) },
      { name: 'unwatched', run: () => unpack(places.unwatched, agent) },
    ],
    ROUNDS,
  );
  const of = (name: string): readonly number[] => seconds.get(name) ?? [];
  const { missing, named, gaps } = unreported(agent);
  show(`tar -x of ${FILES} files, watched`, of('watched'));
  show(`tar -x of ${FILES} files, nobody watches`, of('unwatched'));
  ratio('watched / unwatched', median(of('watched')) / median(of('unwatched')), 'at most 1.15');
  console.log(`${named} paths reported, ${gaps} gap records, ${missing} files neither reported nor covered`);
  ratio('peak memory / bound of the unit', agent.peakBytes() / MEMORY_BYTES_MAX, 'at most 1');
  if (missing > 0) process.exitCode = 1;
} finally {
  for (const place of Object.values(places)) {
    try {
      execFileSync('umount', ['-l', place], { stdio: 'ignore' });
    } catch {
      // It was not mounted.
    }
  }
  rmSync(scratch, { recursive: true, force: true });
}
