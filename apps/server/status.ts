/** What the supervisor wrote of its parts, and what this process knows of itself. */
import type { Assurance } from '@demarc/assurance';
import type { SourceSchedule } from '@demarc/assurance/sources';
import type { Layout } from '@demarc/platform/config';
import { PlatformStatus } from '@demarc/platform/contract/api';
import { readNote } from '@demarc/platform/notes';
import type { Siem } from '@demarc/siem';
import type { Intake } from '@demarc/siem/intake';

const startedAt = new Date().toISOString();

export function platformStatus(
  paths: Layout,
  siem: Siem,
  assurance: Assurance,
  schedule: SourceSchedule,
  intake: Intake | undefined,
): PlatformStatus {
  const figures = {
    ...siem.figures,
    ...assurance.figures,
    ...schedule.figures,
    clockAheadMs: assurance.clockAheadMs,
    liveReaders: siem.watchers.count,
    memoryBytes: process.memoryUsage.rss(),
  };
  const road: PlatformStatus['parts'][number] = {
    name: 'road',
    pid: process.pid,
    restartCount: 0,
    health: { state: 'healthy', because: 'carrying', sinceMs: Date.parse(startedAt), figures },
  };
  const own = [road, ...(intake === undefined ? [] : [intakePart(intake)])];
  try {
    const state = readNote(paths.state) as {
      version: string;
      startedAt: string;
      parts: readonly Record<string, unknown>[];
    };
    const parts = state.parts.map(({ name, health, pid, restartCount }) => ({
      name,
      health,
      pid,
      restartCount,
    }));
    return PlatformStatus.parse({
      version: state.version,
      startedAt: state.startedAt,
      parts: [...parts, ...own],
    });
  } catch {
    // Started by hand, without a supervisor: this process is all there is to tell of.
    return { version: '', startedAt, parts: own };
  }
}

/** Degraded while any source waits for a store, or could not be started. */
function intakePart({ figures, sources }: Intake): PlatformStatus['parts'][number] {
  const all = sources.all();
  const stuck = all.filter(({ state }) => state.state === 'store-away' || state.state === 'failed');
  let [waiting, waitingBytes] = [0, 0];
  for (const { spool } of all) {
    waiting += spool.waiting;
    waitingBytes += spool.bytes;
  }
  return {
    name: 'intake',
    pid: process.pid,
    restartCount: 0,
    health: {
      state: stuck.length === 0 ? 'healthy' : 'degraded',
      because:
        stuck[0] === undefined
          ? `${all.length} sources`
          : `${stuck.length} of ${all.length} sources wait: ${stuck[0].state.because}`,
      sinceMs: Date.parse(startedAt),
      figures: { ...figures, sources: all.length, waiting, waitingBytes },
    },
  };
}
