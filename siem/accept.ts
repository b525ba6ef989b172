/** The first step: what is an event, and when did it happen. */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { validateOcsf } from '@demarc/platform/ocsf';
import type { BatchEvent } from './carry.ts';
import type { Load } from './load.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A clock that runs ahead of ours by more is wrong. */
export const AHEAD_MS_MAX = 5 * MINUTE_MS;
/** Longer than any spool is kept; and it bounds how many day partitions one batch can touch. */
export const BEHIND_MS_MAX = 8 * DAY_MS;
/** What the time column holds (1900 to 2299); no clock is wrong by more, so what is outside is no time. */
const TIME_MS_MIN = Date.UTC(1900, 0, 1);
const TIME_MS_MAX = Date.UTC(2299, 11, 31);
/** Safe in a URL, a cursor and a log line. */
const UID = /^[\w.:-]{1,128}$/;
const DETAIL_CHARACTERS_MAX = 1_000;

export interface Accepted {
  readonly event: OcsfEvent;
  readonly json: Uint8Array | undefined;
  readonly originalTimeMs: number | undefined;
  /** The event may be changed: nobody else has it (`BatchEvent.isMadeHere`). */
  readonly isMadeHere: boolean;
}

export interface Rejected {
  readonly index: number;
  readonly code: string;
  readonly detail: string;
  readonly raw: string | Uint8Array;
}

/** Accepts what is an event and was not in this batch before; the load keeps what became of the others. */
export function accept(events: readonly (BatchEvent | Rejected)[], load: Load): readonly Accepted[] {
  const accepted: Accepted[] = [];
  for (const item of events) {
    const rejection = rejectionOf(item);
    if (rejection !== undefined) {
      load.rejected.push(rejection);
      continue;
    }
    const { event, json, isMadeHere = false } = item as BatchEvent;
    const originalTimeMs = unbelievable(event.time, load.receivedAtMs);
    if (load.take(event.metadata.uid, event.time, originalTimeMs))
      accepted.push({ event, json, originalTimeMs, isMadeHere });
  }
  return accepted;
}

function rejectionOf(item: BatchEvent | Rejected): Rejected | undefined {
  if ('code' in item) return item;
  // What was made here was validated there, has a uid that was given here and a time that was believed.
  if (item.isMadeHere === true) return undefined;
  const problem = shapeProblemOf(item.event) ?? problemOf(item.event);
  return problem && { index: item.index, ...problem, raw: item.json ?? JSON.stringify(item.event) };
}

interface Problem {
  readonly code: string;
  readonly detail: string;
}

function shapeProblemOf(event: OcsfEvent): Problem | undefined {
  const verdict = validateOcsf(event);
  if (verdict.ok) return undefined;
  const detail = verdict.problems.map(({ path, says }) => `${path} ${says}`).join('; ');
  return { code: 'SIEM_EVENT_INVALID', detail: detail.slice(0, DETAIL_CHARACTERS_MAX) };
}

/** Of an event of the right shape. */
function problemOf({ metadata, time }: OcsfEvent): Problem | undefined {
  // OCSF leaves it out; here nothing could be de-duplicated without it.
  if (typeof metadata.uid !== 'string' || !UID.test(metadata.uid))
    return { code: 'SIEM_UID_INVALID', detail: 'metadata.uid is not 1 to 128 of A-Z a-z 0-9 _ . : -' };
  if (time < TIME_MS_MIN || time > TIME_MS_MAX)
    return { code: 'SIEM_TIME_ABSURD', detail: `time ${time} is not milliseconds since 1970` };
  return undefined;
}

/** One host with a wrong clock must not touch a hundred partitions, nor hide its events in the year 2000. */
function unbelievable(time: number, receivedAtMs: number): number | undefined {
  return time > receivedAtMs + AHEAD_MS_MAX || time < receivedAtMs - BEHIND_MS_MAX ? time : undefined;
}
