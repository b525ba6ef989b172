/** What went back is kept from coming again: else the next run of somebody's automatic upgrades brings it. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '@demarc/platform/files';
import { complaintOf } from './command.ts';
import { targetsOf } from './driver.ts';
import type { Hands } from './hands.ts';
import { type JobPackage, keyOf } from './job.ts';

const FORBID_MS_MAX = 120_000;

/** From the journal: what a crash came in between is done by the next start. What cannot be done is noted. */
export async function forbidOwed(hands: Hands): Promise<void> {
  const { driver, job, run, journal } = hands;
  const items = job.packages.filter((item) => isOwed(hands, item));
  if (items.length === 0) return;
  const by = driver.forbid(job.id, targetsOf(items, 'upgrade'));
  if (by === undefined) return;
  let note: string | undefined;
  if ('file' in by) {
    mkdirSync(dirname(by.file), { recursive: true });
    replaceFile(by.file, by.add(textOf(by.file)), 0o644);
  } else {
    const ran = await run(by, FORBID_MS_MAX);
    if (ran.code !== 0)
      note = `${items.map(keyOf).join(', ')} may be upgraded again by others: ${complaintOf(ran)}`;
  }
  journal.add({ kind: 'forbidden', packages: items.map(keyOf), ...(note === undefined ? {} : { note }) });
}

/** One that never left has nothing to be kept from. */
function isOwed({ direction, progress }: Hands, item: JobPackage): boolean {
  const state = progress.packages.get(keyOf(item));
  if (state === undefined || state.isForbidden) return false;
  return direction === 'upgrade'
    ? state.outcome === 'rolled-back'
    : state.outcome === 'done' && state.wasGiven;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
