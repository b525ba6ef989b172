/** A match as an OCSF Detection Finding (class 2004): which rule, on what, with the evidence beside it. */
import { createHash } from 'node:crypto';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { DETECTION_FINDING, eventUid, OCSF_VERSION, SEVERITY } from '@demarc/platform/ocsf';
import type { DetectionRule, SeenValue } from '@demarc/platform/sigma';
import type { Carried } from '../enrich.ts';
import { attacksOf } from './attack.ts';

const CREATE = 1;
const STATUS_NEW = 1;
const ANALYTIC_RULE = 1;
/** Of a value that made a rule match; the event has the rest. */
const MATCHED_CHARACTERS_MAX = 512;
const MATCHED_MAX = 64;
const MESSAGE_CHARACTERS_MAX = 512;
/** Profiles that oblige an event to attributes of its own, which a finding copies with them. */
const OBLIGING = ['cloud', 'osint'] as const;
/** What an event and OCSF's evidence artefacts hold under the same name, in the same shape. */
const ARTEFACTS = [
  'actor',
  'api',
  'connection_info',
  'device',
  'dst_endpoint',
  'email',
  'file',
  'http_request',
  'http_response',
  'job',
  'process',
  'query',
  'reg_key',
  'reg_value',
  'script',
  'src_endpoint',
  'tls',
  'url',
  'user',
  'win_service',
] as const;

export type Analytic = Pick<DetectionRule, 'id' | 'title' | 'description' | 'level' | 'tags'>;

export function findingOf(
  analytic: Analytic,
  { event, facts }: Carried,
  seen: readonly SeenValue[],
): Carried {
  const uid = eventUid(sha256, ['finding', analytic.id, facts.assetId, event.metadata.uid]);
  const attacks = attacksOf(analytic.tags);
  const message = typeof event['message'] === 'string' ? event['message'] : undefined;
  const finding: OcsfEvent = {
    ...headOf(analytic, event.time, message),
    finding_info: {
      uid,
      title: analytic.title,
      ...(analytic.description === undefined ? {} : { desc: analytic.description }),
      types: ['sigma'],
      created_time: event.time,
      analytic: { uid: analytic.id, name: analytic.title, type_id: ANALYTIC_RULE },
      ...(attacks.length === 0 ? {} : { attacks }),
      related_events: [{ uid: event.metadata.uid, type_uid: event.type_uid }],
    },
    evidences: [
      { ...present(event, ARTEFACTS), uid: event.metadata.uid, data: { matched: matchedOf(seen) } },
    ],
    ...present(event, ['device', ...OBLIGING]),
    metadata: {
      uid,
      version: OCSF_VERSION,
      // What is copied from the event may hold attributes of its profiles.
      ...present(event.metadata, ['profiles', 'tenant_uid', 'logged_time', 'original_time']),
      product: { name: 'Demarc', vendor_name: 'Demarc', feature: { name: 'detections' } },
    },
  };
  return { event: finding, raw: JSON.stringify(finding), facts, originUid: event.metadata.uid };
}

/** What every finding says first, whatever it rests on. */
export function headOf(analytic: Analytic, timeMs: number, message: string | undefined) {
  return {
    class_uid: DETECTION_FINDING,
    category_uid: Math.floor(DETECTION_FINDING / 1_000),
    activity_id: CREATE,
    type_uid: DETECTION_FINDING * 100 + CREATE,
    time: timeMs,
    severity_id: SEVERITY[analytic.level],
    status_id: STATUS_NEW,
    is_alert: true,
    message:
      message === undefined
        ? analytic.title
        : `${analytic.title}: ${message.slice(0, MESSAGE_CHARACTERS_MAX)}`,
  };
}

function matchedOf(seen: readonly SeenValue[]): readonly unknown[] {
  return seen.slice(0, MATCHED_MAX).map(({ field, value }) => ({
    field,
    value: typeof value === 'string' ? value.slice(0, MATCHED_CHARACTERS_MAX) : value,
  }));
}

function present(
  from: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
