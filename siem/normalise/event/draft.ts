/**
 * The parts of an OCSF event that every parser fills alike.
 *
 * Objects are made without members that are undefined: an event is flattened for the rules as it is, and a
 * member without a value would be a field that exists.
 */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { OCSF_VERSION } from '@demarc/platform/ocsf';
import type { NormaliseContext, Normalised } from '../normaliser.ts';
import { believed } from './clock.ts';
import { fit } from './text.ts';

export type Members = Record<string, unknown>;

/** What the event's source calls itself, and by which mapping it was read. */
export interface Origin {
  /** Of the mapping, and what `Normalised.parser` says. */
  readonly parser: string;
  readonly product: string;
  readonly vendor?: string | undefined;
  readonly logName?: string | undefined;
  readonly logProvider?: string | undefined;
}

export interface Head {
  readonly classUid: number;
  readonly activityId: number;
  readonly severityId: number;
  /** As the source says it; undefined when it does not, or in no way that is understood. */
  readonly ownMs: number | undefined;
  readonly originalTime: string | undefined;
  readonly host: string | undefined;
}

/** An event to fill: class, time, metadata and the machine that it is from. */
export function draft(context: NormaliseContext, origin: Origin, head: Head): Members {
  const metadata: Members = {
    uid: context.uid,
    version: OCSF_VERSION,
    product:
      origin.vendor === undefined
        ? { name: fit(origin.product) }
        : { name: fit(origin.product), vendor_name: origin.vendor },
    profiles: PROFILES,
    transformation_info_list: [{ name: origin.parser }],
  };
  if (origin.logName !== undefined) metadata['log_name'] = fit(origin.logName);
  if (origin.logProvider !== undefined) metadata['log_provider'] = fit(origin.logProvider);
  if (head.originalTime !== undefined) metadata['original_time'] = fit(head.originalTime);
  const { classUid, activityId } = head;
  return {
    class_uid: classUid,
    category_uid: Math.floor(classUid / 1_000),
    activity_id: activityId,
    type_uid: classUid * 100 + activityId,
    severity_id: head.severityId,
    time: believed(head.ownMs, context.receivedAtMs),
    metadata,
    // The machine of last resort is the one that sent the record.
    device: { hostname: fit(head.host ?? context.peer ?? 'unknown'), type_id: 0 },
  };
}

/** Shared, never changed: every event of these parsers says which machine it is from. */
const PROFILES: readonly string[] = Object.freeze(['host']);

export function done(event: Members, parser: string): Normalised {
  return { event: event as unknown as OcsfEvent, parser };
}

/** Sets the member when there is something to say. */
export function put(target: Members, name: string, value: unknown): void {
  if (value !== undefined && value !== '') target[name] = value;
}

/** What stays under the source's own names; left out when nothing does. */
export function keep(event: Members, unmapped: Members): Members {
  for (const _ in unmapped) {
    event['unmapped'] = unmapped;
    break;
  }
  return event;
}
