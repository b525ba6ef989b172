/**
 * What whoever owns the machine says of patching, in a file of their own (`/etc/demarc/patching.json`). The platform
 * cannot change it: a program that runs as root is named here and nowhere else.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { PatchJob } from '../run/job.ts';
import { othersProblem } from '../run/snapshot.ts';

export const LOCAL_SAY_FILE = 'etc/demarc/patching.json';
const BYTES_MAX = 65_536;

export const LocalSay = z.strictObject({
  /** Nothing is patched here, whoever approved it. */
  refuse: z.boolean().default(false),
  /** Demanded before every job; as in a job's document. */
  snapshot: PatchJob.shape.snapshot,
  /** Exactly these may be restarted, whatever a job says. */
  services: PatchJob.shape.restart.unwrap().shape.services.unwrap().optional(),
});
export type LocalSay = z.infer<typeof LocalSay>;

/** @returns a sentence where the file is there and cannot be trusted or understood: then nothing is done */
export function localSay(root: string): LocalSay | string {
  const file = join(root, LOCAL_SAY_FILE);
  // Also a link that leads nowhere is there.
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return { refuse: false };
  const others = othersProblem(file, 'file');
  if (others !== undefined) return others;
  try {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      if (fstatSync(fd).size > BYTES_MAX) return `${file} is larger than ${BYTES_MAX} bytes`;
      const parsed = LocalSay.safeParse(JSON.parse(readFileSync(fd, 'utf8')));
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      return `${file}: ${issue?.path.join('.') || 'the document'}: ${issue?.message ?? 'not understood'}`;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The job as it is run here: the order of its fields stays, as its journal is of its text. */
export function withLocalSay(job: PatchJob, { snapshot, services }: LocalSay): PatchJob {
  return {
    ...job,
    ...(services === undefined ? {} : { restart: { ...job.restart, services } }),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}
