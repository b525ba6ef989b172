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

/**
 * VMS-08.3, the half that the agent sees: what its sensors did not find can become no alert.
 *
 * @returns undefined when each came back in time; that an alert comes of it only the platform can say (`alertEvidence`)
 */
export function canaryEvidence({ boundMs, results }: CanaryFacts): EvidenceFinding | undefined {
  const returnedAfterMs = Object.fromEntries(
    FAMILIES.map((family) => [family, results[family].returnedAfterMs ?? null]),
  );
  const finding = (result: EvidenceFinding['result'], because: string): EvidenceFinding => ({
    rule: 'VMS-08.3',
    result,
    because: because.slice(0, 1_000),
    raw: { boundMs, returnedAfterMs },
  });
  const missing = FAMILIES.filter((family) => {
    const { returnedAfterMs: afterMs, obstacle } = results[family];
    return obstacle === undefined && (afterMs === undefined || afterMs > boundMs);
  });
  if (missing.length > 0)
    return finding(
      'fail',
      `Harmless triggers did not come back within ${boundMs} ms: ${missing.join(', ')}.`,
    );
  const untried = FAMILIES.filter((family) => results[family].obstacle !== undefined);
  if (untried.length === 0) return undefined;
  const why = untried.map((family) => `${family} (${results[family].obstacle})`).join(', ');
  return finding('error', `Harmless triggers could not be set: ${why}.`);
}

/** The catalogue's: inside two minutes. */
export const ALERT_BOUND_MS = 120_000;

export interface AlertFacts {
  /** When the triggers were set that the agent says it found; by the platform's clock, as all here. */
  readonly setAtMs: number;
  readonly nowMs: number;
  /** What of them was stored, and which rules in force match it; undefined while nothing was. */
  readonly arrived:
    | {
        readonly atMs: number;
        readonly uid: string;
        readonly rules: Readonly<Record<Family, readonly string[]>>;
      }
    | undefined;
}

/**
 * VMS-08.3, the half that the platform sees: what the agent found came down the road in time, and rules match it.
 *
 * @returns undefined while it may still come
 */
export function alertEvidence({ setAtMs, nowMs, arrived }: AlertFacts): EvidenceFinding | undefined {
  const finding = (result: EvidenceFinding['result'], because: string): EvidenceFinding => ({
    rule: 'VMS-08.3',
    result,
    because,
    raw: { boundMs: ALERT_BOUND_MS, setAtMs, arrived: arrived ?? null },
  });
  const bound = `${ALERT_BOUND_MS / 1_000} s`;
  if (arrived === undefined) {
    if (nowMs - setAtMs <= ALERT_BOUND_MS) return undefined;
    const set = new Date(setAtMs).toISOString();
    return finding(
      'fail',
      `The agent found the harmless triggers of ${set}, and nothing of it came to the SIEM within ${bound}.`,
    );
  }
  const tookMs = Math.max(0, arrived.atMs - setAtMs);
  const took = `${Math.round(tookMs / 1_000)} s`;
  if (tookMs > ALERT_BOUND_MS)
    return finding('fail', `Harmless triggers came to the SIEM after ${took}; the bound is ${bound}.`);
  const silent = FAMILIES.filter((family) => arrived.rules[family].length === 0);
  if (silent.length > 0)
    return finding(
      'fail',
      `Harmless triggers came to the SIEM, and no rule in force makes an alert of them: ${silent.join(', ')}.`,
    );
  return finding(
    'pass',
    `A harmless trigger for network, logs and processes each was found and came to the SIEM after ${took}, where rules in force match it.`,
  );
}
