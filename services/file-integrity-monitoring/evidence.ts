/** Facts of one host → what they prove about the controls of this service. Silence is never compliance. */
import type { EvidenceFinding } from '@demarc/platform/contract';

export interface HostFacts {
  readonly nowMs: number;
  readonly baseline:
    | {
        readonly takenAtMs: number;
        readonly entryCount: number;
        readonly digest: string;
        readonly signatureHolds: boolean;
      }
    | undefined;
  readonly lastComparisonAtMs: number | undefined;
  readonly rescanIntervalSeconds: number;
  readonly sensor: { readonly alive: boolean; readonly because: string };
  /** Paths that are watched on schedule only. */
  readonly unwatchable: readonly string[];
}

/** A scheduled comparison may be late by this before it counts as missing. */
const COMPARISON_GRACE_SECONDS = 3_600;

/** VMS-09.1: the baseline exists, is signed, and the last comparison is recent. */
export function baselineEvidence(facts: HostFacts): EvidenceFinding {
  const raw = {
    baselineTakenAtMs: facts.baseline?.takenAtMs ?? null,
    baselineDigest: facts.baseline?.digest ?? null,
    entryCount: facts.baseline?.entryCount ?? 0,
    lastComparisonAtMs: facts.lastComparisonAtMs ?? null,
    sensorAlive: facts.sensor.alive,
    unwatchable: facts.unwatchable.slice(0, 50),
  };
  const finding = (result: EvidenceFinding['result'], because: string): EvidenceFinding => ({
    rule: 'VMS-09.1',
    result,
    because,
    raw,
  });
  const { baseline, lastComparisonAtMs } = facts;
  if (baseline === undefined) return finding('error', 'The first baseline is not finished yet.');
  if (!baseline.signatureHolds)
    return finding('fail', 'The baseline’s signature does not hold: somebody changed it.');
  if (!facts.sensor.alive)
    return finding('fail', `Changes are not seen in real time: ${facts.sensor.because}`);
  if (lastComparisonAtMs === undefined)
    return finding('error', 'The files were not compared with the baseline yet.');
  const ageSeconds = (facts.nowMs - lastComparisonAtMs) / 1_000;
  if (ageSeconds > facts.rescanIntervalSeconds + COMPARISON_GRACE_SECONDS) {
    return finding('fail', `The last comparison is ${Math.round(ageSeconds / 3_600)} hours old.`);
  }
  return finding(
    'pass',
    `${baseline.entryCount} files and directories match a signed baseline or were reported as changed.`,
  );
}

export interface CanaryFacts {
  /** Milliseconds from the change to the moment it came back; undefined when it never did. */
  readonly returnedAfterMs: number | undefined;
  readonly boundMs: number;
  /** Why the canary could not be set at all. */
  readonly obstacle?: string;
}

/** VMS-09.2: a change to the canary file is reported inside its target time. */
export function canaryEvidence(facts: CanaryFacts): EvidenceFinding {
  const raw = { returnedAfterMs: facts.returnedAfterMs ?? null, boundMs: facts.boundMs };
  if (facts.obstacle !== undefined) {
    return {
      rule: 'VMS-09.2',
      result: 'error',
      because: `The canary could not be set: ${facts.obstacle}`,
      raw,
    };
  }
  const { returnedAfterMs } = facts;
  if (returnedAfterMs !== undefined && returnedAfterMs <= facts.boundMs) {
    return {
      rule: 'VMS-09.2',
      result: 'pass',
      because: `A change to the canary file came back after ${Math.round(returnedAfterMs)} ms.`,
      raw,
    };
  }
  return {
    rule: 'VMS-09.2',
    result: 'fail',
    because: `A change to the canary file did not come back within ${facts.boundMs} ms.`,
    raw,
  };
}
