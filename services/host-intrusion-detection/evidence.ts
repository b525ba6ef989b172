/** Facts of one host → what they prove about VMS-08. Silence is never compliance. */
import type { EvidenceFinding } from '@demarc/platform/contract';

export const FAMILIES = ['network', 'logs', 'processes'] as const;
/** What a sensor thread looks at. */
export type Family = (typeof FAMILIES)[number];

export interface SensorFacts {
  readonly isAlive: boolean;
  readonly because: string;
  /** What it found and nobody has written down yet, against its bound. */
  readonly waiting: number;
  readonly waitingMax: number;
}

export interface HeartbeatFacts {
  readonly sensors: Readonly<Record<Family, SensorFacts>>;
  /** Since the agent started; what was seen and could not be looked at. */
  readonly dropped: number;
}

/** VMS-08.1: every sensor is alive and none is blocked. */
export function heartbeatEvidence({ sensors, dropped }: HeartbeatFacts): EvidenceFinding {
  const raw = { sensors, dropped };
  const silent = FAMILIES.filter((family) => !sensors[family].isAlive);
  if (silent.length > 0)
    return {
      rule: 'VMS-08.1',
      result: 'fail',
      because: `Not watching: ${silent.map((family) => `${family} (${sensors[family].because})`).join(', ')}.`,
      raw,
    };
  const blocked = FAMILIES.filter((family) => sensors[family].waiting >= sensors[family].waitingMax);
  if (blocked.length > 0)
    return {
      rule: 'VMS-08.1',
      result: 'fail',
      because: `What was found is not written down fast enough: ${blocked.join(', ')}.`,
      raw,
    };
  return {
    rule: 'VMS-08.1',
    result: 'pass',
    because: 'Network, logs and processes are watched, and nothing waits for long.',
    raw,
  };
}

export interface ContentFacts {
  /** SHA-256 over the policy that was handed in last and the version of the detectors. */
  readonly wanted: string | undefined;
  /** Of the policy in force in each sensor. */
  readonly inForce: Readonly<Record<Family, string | undefined>>;
  /** Why the last policy was not taken. */
  readonly refused?: string;
}

/** VMS-08.2: what is in force in every sensor is what was asked for last. */
export function contentEvidence({ wanted, inForce, refused }: ContentFacts): EvidenceFinding {
  const raw = { wanted: wanted ?? null, inForce, ...(refused === undefined ? {} : { refused }) };
  if (refused !== undefined)
    return {
      rule: 'VMS-08.2',
      result: 'fail',
      because: `The last policy was refused: ${refused}`.slice(0, 1_000),
      raw,
    };
  if (wanted === undefined)
    return { rule: 'VMS-08.2', result: 'error', because: 'No policy has arrived yet.', raw };
  const behind = FAMILIES.filter((family) => inForce[family] !== wanted);
  if (behind.length > 0)
    return {
      rule: 'VMS-08.2',
      result: 'fail',
      because: `Not yet with the detections asked for: ${behind.join(', ')}.`,
      raw,
    };
  return {
    rule: 'VMS-08.2',
    result: 'pass',
    because: `Every sensor works with revision ${wanted.slice(0, 12)}.`,
    raw,
  };
}

export interface CanaryResult {
  /** From the trigger to the moment it came back as found; undefined when it never did. */
  readonly returnedAfterMs: number | undefined;
  /** Why it could not be triggered at all. */
  readonly obstacle?: string;
}

export interface CanaryFacts {
  readonly boundMs: number;
  readonly results: Readonly<Record<Family, CanaryResult>>;
}

/** VMS-08.3: a harmless trigger of each kind comes back as found, inside its time. */
export function canaryEvidence({ boundMs, results }: CanaryFacts): EvidenceFinding {
  const raw = { boundMs, results };
  const missing = FAMILIES.filter((family) => {
    const { returnedAfterMs, obstacle } = results[family];
    return obstacle === undefined && (returnedAfterMs === undefined || returnedAfterMs > boundMs);
  });
  if (missing.length > 0)
    return {
      rule: 'VMS-08.3',
      result: 'fail',
      because: `Harmless triggers did not come back within ${boundMs} ms: ${missing.join(', ')}.`,
      raw,
    };
  const untried = FAMILIES.filter((family) => results[family].obstacle !== undefined);
  if (untried.length > 0)
    return {
      rule: 'VMS-08.3',
      result: 'error',
      because:
        `Harmless triggers could not be set: ${untried.map((family) => `${family} (${results[family].obstacle})`).join(', ')}.`.slice(
          0,
          1_000,
        ),
      raw,
    };
  const slowest = Math.max(...FAMILIES.map((family) => results[family].returnedAfterMs ?? 0));
  return {
    rule: 'VMS-08.3',
    result: 'pass',
    because: `A harmless trigger for network, logs and processes each was found; the slowest after ${Math.round(slowest)} ms.`,
    raw,
  };
}
