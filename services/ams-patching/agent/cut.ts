/** What is too long for one event is told shortened, and says so. */
import { RECORD_BYTES_MAX } from '@demarc/platform/link';
import type { Resolution, Told } from '../orders.ts';
import type { PatchResult } from '../run/result.ts';

/** A record has the rest of the event too, and the agent's own words about the machine. */
const TOLD_BYTES_MAX = RECORD_BYTES_MAX - 65_536;
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

export function cut(told: Told, bytesMax = TOLD_BYTES_MAX): Told {
  if (bytesOf(told) <= bytesMax) return told;
  if (told.about === 'resolution')
    return { about: 'resolution', resolution: cutResolution(told.resolution, bytesMax) };
  return told.about === 'result' ? { about: 'result', result: cutResult(told.result, bytesMax) } : told;
}

/** Half of a list would be half of a job: all or nothing. */
function cutResolution({ jobId, packages, missing }: Resolution, bytesMax: number): Resolution {
  const short = missing.map(({ name, because }) => ({ name, because: because.slice(0, 60) }));
  const whole: Resolution = { jobId, packages, missing: short };
  if (bytesOf(whole) <= bytesMax) return whole;
  const because = 'the answer is too long to be told: divide the job';
  const names = new Set([...packages, ...missing].map(({ name }) => name));
  return { jobId, packages: [], missing: [...names].slice(0, 500).map((name) => ({ name, because })) };
}

/** From what matters least on: texts, files and notes, then packages; those that failed are the last to go. */
function cutResult(result: PatchResult, bytesMax: number): PatchResult {
  const notes: string[] = [];
  const some = <T>(list: readonly T[], count: number, what: string): T[] => {
    if (list.length > count) notes.push(`too long to be told: ${list.length - count} more ${what}`);
    return list.slice(0, count);
  };
  const LISTED = 20;
  const short = (text: string): string => text.slice(0, 200);
  const next: PatchResult = {
    ...result,
    checks: result.checks.map((check) => ({ ...check, because: short(check.because) })),
    packages: result.packages.map((item) => ({ ...item, because: short(item.because) })),
    settled: some(result.settled, LISTED, 'things that were settled').map(short),
    keptFiles: some(result.keptFiles, LISTED, 'kept files').map((file) => file.slice(0, 512)),
    restarts: some(result.restarts, LISTED, 'units').map((one) => ({ ...one, because: short(one.because) })),
    reboot: {
      ...result.reboot,
      because: some(result.reboot.because, LISTED, 'reasons for a reboot').map(short),
    },
    notes: some(result.notes, LISTED, 'notes').map(short),
  };
  notes.unshift('texts were shortened to be told');
  const rank = ({ outcome }: PatchResult['packages'][number]): number => (outcome === 'failed' ? 0 : 1);
  const packages = next.packages.toSorted((one, other) => rank(one) - rank(other));
  for (let count = packages.length; ; count = Math.floor(count / 2)) {
    const told = { ...next, packages: packages.slice(0, count), notes: [...notes, ...next.notes] };
    if (count < packages.length)
      told.notes.unshift(`too long to be told: ${packages.length - count} more packages`);
    if (count === packages.length) told.packages = next.packages;
    if (count === 0 || bytesOf(told) <= bytesMax) return told;
  }
}
