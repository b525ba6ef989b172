/**
 * Runs the rules of the rooms over events. A finding is an event too (OCSF Detection Finding), and a pure
 * function of rule and event: a batch that is carried again gives the same findings with the same uids.
 */
import { createHash } from 'node:crypto';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { DETECTION_FINDING, eventUid, OCSF_VERSION, SEVERITY } from '@demarc/platform/ocsf';
import type { SigmaRule } from '@demarc/platform/sigma';
import { attacksOf } from './attack.ts';
import type { Carried } from './enrich.ts';
import type { Siem } from './siem.ts';

const CREATE = 1;
const STATUS_NEW = 1;
const ANALYTIC_RULE = 1;
/** Of a value that made a rule match; the event has the rest. */
const MATCHED_CHARACTERS_MAX = 512;
/** Profiles that oblige an event to attributes of its own, which a finding copies with them. */
const OBLIGING = ['cloud', 'osint'] as const;

export function detect(siem: Pick<Siem, 'rulesOf'>, events: readonly Carried[]): readonly Carried[] {
  const findings: Carried[] = [];
  for (const carried of events) {
    for (const rule of siem.rulesOf(carried.event.class_uid)) {
      if (rule.matches(carried.event)) findings.push(findingOf(rule, carried));
    }
  }
  return findings;
}

function findingOf(rule: SigmaRule, { event, facts }: Carried): Carried {
  const uid = eventUid(sha256, ['finding', rule.id, facts.assetId, event.metadata.uid]);
  const attacks = attacksOf(rule.tags);
  const finding: OcsfEvent = {
    class_uid: DETECTION_FINDING,
    category_uid: Math.floor(DETECTION_FINDING / 1_000),
    activity_id: CREATE,
    type_uid: DETECTION_FINDING * 100 + CREATE,
    time: event.time,
    severity_id: SEVERITY[rule.level],
    status_id: STATUS_NEW,
    is_alert: true,
    message: typeof event['message'] === 'string' ? `${rule.title}: ${event['message']}` : rule.title,
    finding_info: {
      uid,
      title: rule.title,
      ...(rule.description === undefined ? {} : { desc: rule.description }),
      types: ['sigma'],
      created_time: event.time,
      analytic: { uid: rule.id, name: rule.title, type_id: ANALYTIC_RULE },
      ...(attacks.length === 0 ? {} : { attacks }),
      related_events: [{ uid: event.metadata.uid, type_uid: event.type_uid }],
    },
    evidences: [{ ...artefacts(event), uid: event.metadata.uid, data: { matched: matchedBy(rule, event) } }],
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

/** What of the event an evidence can hold under the same name. */
function artefacts(event: OcsfEvent): Readonly<Record<string, unknown>> {
  return present(event, ['actor', 'device', 'file']);
}

function matchedBy(rule: SigmaRule, event: OcsfEvent): readonly unknown[] {
  return rule.explain(event).map(({ field, value }) => ({
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
