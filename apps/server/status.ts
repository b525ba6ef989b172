/** What the supervisor wrote of its parts, and what this process knows of itself. */
import type { Assurance } from '@demarc/assurance';
import type { SourceSchedule } from '@demarc/assurance/sources';
import type { Layout } from '@demarc/platform/config';
import { PlatformStatus } from '@demarc/platform/contract/api';
import { readNote } from '@demarc/platform/notes';
import type { Siem } from '@demarc/siem';

const startedAt = new Date().toISOString();

export function platformStatus(
  paths: Layout,
  siem: Siem,
  assurance: Assurance,
  schedule: SourceSchedule,
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
      parts: [...parts, road],
    });
  } catch {
    // Started by hand, without a supervisor: this process is all there is to tell of.
    return { version: '', startedAt, parts: [road] };
  }
}
