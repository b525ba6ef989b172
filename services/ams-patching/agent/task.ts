/** What one errand's process is given, and what it says: files in a directory of the errand's own, each replaced whole. */
import * as z from 'zod';
import { Resolution, Resolve } from '../orders.ts';
import { MANAGERS, PatchJob } from '../run/job.ts';
import { PatchResult } from '../run/result.ts';

const Places = {
  /** Of the system that is patched. */
  root: z.string(),
  /** Of the jobs' journals; the same as the command line's, so that both exclude each other. */
  journals: z.string(),
  /** Where who watches files looks. */
  changes: z.string(),
};
/** As the platform sent it, and with what the machine's owner says: that is what is run. */
const Jobs = { asked: PatchJob, job: PatchJob };

export const Task = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('patch-apply'), ...Jobs, ...Places }),
  z.strictObject({ kind: z.literal('patch-rollback'), ...Jobs, ...Places }),
  z.strictObject({ kind: z.literal('patch-resolve'), resolve: Resolve, ...Places }),
  z.strictObject({ kind: z.literal('ask-repositories'), manager: z.enum(MANAGERS), ...Places }),
]);
export type Task = z.infer<typeof Task>;

/** Which process it is: its number alone may be another's by now. */
export const Running = z.strictObject({ pid: z.int().min(1), startTicks: z.string(), bootId: z.string() });
export type Running = z.infer<typeof Running>;

export const Progress = z.strictObject({
  begunAtMs: z.int(),
  atMs: z.int(),
  doneCount: z.int(),
  failedCount: z.int(),
  packageCount: z.int(),
  package: z.string(),
});
export type Progress = z.infer<typeof Progress>;

export const Answer = z.strictObject({
  manager: z.enum(MANAGERS),
  busyBecause: z.string().nullable(),
  isReached: z.boolean(),
  because: z.string(),
  listCount: z.int().nullable(),
  newestListAtMs: z.int().nullable(),
  tookMs: z.int(),
});

export const Outcome = z.discriminatedUnion('outcome', [
  /** Begun: a journal of it is there, and the machine may have changed. */
  z.strictObject({ outcome: z.literal('result'), result: PatchResult, wasBegun: z.boolean() }),
  z.strictObject({ outcome: z.literal('resolution'), atMs: z.int(), resolution: Resolution }),
  z.strictObject({ outcome: z.literal('repositories'), atMs: z.int(), answer: Answer }),
  z.strictObject({
    outcome: z.literal('error'),
    atMs: z.int(),
    because: z.string(),
    mayTryAgain: z.boolean(),
    wasBegun: z.boolean(),
  }),
]);
export type Outcome = z.infer<typeof Outcome>;
