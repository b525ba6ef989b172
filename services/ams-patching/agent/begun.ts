/**
 * As which document a job of the platform was begun here: only that is gone on with and taken back, and what the
 * machine's owner says may be other since.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '@demarc/platform/files';
import * as z from 'zod';
import { journalName, PatchJob } from '../run/job.ts';

const Begun = z.strictObject({ asked: PatchJob, job: PatchJob });
const fileOf = (directory: string, { id }: PatchJob): string => join(directory, `${id}.begun.json`);

/** Undefined where it never was, or as another one of the same id: then its journal decides. */
export function begunAs(directory: string, asked: PatchJob): PatchJob | undefined {
  if (!hasJournal(directory, asked)) return undefined;
  try {
    const begun = Begun.safeParse(JSON.parse(readFileSync(fileOf(directory, asked), 'utf8'))).data;
    return JSON.stringify(begun?.asked) === JSON.stringify(asked) ? begun?.job : undefined;
  } catch {
    return undefined;
  }
}

/** Before anything is done. What was begun stays: another document of the same id is refused by the journal. */
export function keepBegun(directory: string, asked: PatchJob, job: PatchJob): void {
  if (hasJournal(directory, asked)) return;
  replaceFile(fileOf(directory, asked), JSON.stringify({ asked, job }));
}

const hasJournal = (directory: string, job: PatchJob): boolean =>
  existsSync(join(directory, `${journalName(job, 'apply')}.jsonl`));
