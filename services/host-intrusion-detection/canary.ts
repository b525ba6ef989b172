/**
 * Door: the event by which harmless triggers go the way of every alarm, and how it is read at the other end. Pure.
 *
 * It carries what each sensor would have sent. Itself it is of a class that hardly a rule is about, so that nobody is
 * called for a trigger of our own; the platform asks the rules in force what they make of what is inside.
 *
 * @see https://schema.ocsf.io/1.8.0/classes/application_lifecycle
 */
import { createHash } from 'node:crypto';
import type { HostIdentity, OcsfEvent } from '@demarc/platform/contract/agent';
import { eventUid, OCSF_CLASS, OCSF_VERSION, SEVERITY } from '@demarc/platform/ocsf';
import * as z from 'zod';
import { FAMILIES, type Family } from './evidence.ts';

/** By which the event is found among all others. */
export const CANARY_MESSAGE = 'Harmless triggers came back';
const PRODUCT = {
  name: 'Demarc',
  vendor_name: 'Demarc',
  feature: { name: 'host-intrusion-detection' },
} as const;
const OTHER = 99;
const CATEGORY = 6;

/** What each sensor would have sent; a sensor that made nothing of its trigger has none. */
export type Alarms = { readonly [Of in Family]?: OcsfEvent | undefined };

const Canary = z.object({
  setAtMs: z.int().min(0),
  // What a rule reads of an event; rules bear events of any kind, and need no more to judge one.
  alarms: z.partialRecord(
    z.enum(FAMILIES),
    z.looseObject({ class_uid: z.int(), metadata: z.looseObject({}) }),
  ),
});

/** @param setAtMs when the triggers were set, by the machine's clock; the same triggers give the same uid */
export function canaryToOcsf(alarms: Alarms, setAtMs: number, host: HostIdentity): OcsfEvent {
  const made = {
    class_uid: OCSF_CLASS.application_lifecycle,
    category_uid: CATEGORY,
    activity_id: OTHER,
    activity_name: 'Canary',
    type_uid: OCSF_CLASS.application_lifecycle * 100 + OTHER,
    severity_id: SEVERITY.informational,
    time: setAtMs,
    message: CANARY_MESSAGE,
    app: PRODUCT,
    device: { hostname: host.hostname, uid: host.assetId, type_id: 1 },
    metadata: {
      uid: eventUid(sha256, [host.assetId, 'canary', setAtMs]),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: ['host'],
    },
    unmapped: { canary: { setAtMs, alarms } },
  };
  return made as unknown as OcsfEvent;
}

/** @returns undefined where it is no such event */
export function canaryOf(
  event: Readonly<Record<string, unknown>>,
): { readonly setAtMs: number; readonly alarms: Alarms } | undefined {
  const { canary } = (event['unmapped'] ?? {}) as { readonly canary?: unknown };
  const read = Canary.safeParse(canary);
  return read.success ? { setAtMs: read.data.setAtMs, alarms: read.data.alarms as Alarms } : undefined;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
