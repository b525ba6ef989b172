/**
 * Runs the rules of the rooms over events. A finding is an event too (OCSF Detection Finding), and a pure
 * function of rule and event: a batch that is carried again gives the same findings with the same uids.
 */
import { createHash } from 'node:crypto';
import { DETECTION_FINDING, OCSF_VERSION, SEVERITY } from '@demarc/platform/ocsf';
import type { SigmaRule } from '@demarc/platform/sigma';
import type { Carried } from './enrich.ts';
import type { Siem } from './siem.ts';

const TACTICS: Readonly<Record<string, string>> = {
  'initial-access': 'TA0001',
  execution: 'TA0002',
  persistence: 'TA0003',
  'privilege-escalation': 'TA0004',
  'defense-evasion': 'TA0005',
  'credential-access': 'TA0006',
  discovery: 'TA0007',
  'lateral-movement': 'TA0008',
  collection: 'TA0009',
  'command-and-control': 'TA0011',
  exfiltration: 'TA0010',
  impact: 'TA0040',
};

export function detect(siem: Pick<Siem, 'rulesOf'>, events: readonly Carried[]): readonly Carried[] {
  const findings: Carried[] = [];
  for (const carried of events) {
    for (const rule of siem.rulesOf(carried.event.class_uid)) {
      if (rule.matches(carried.event)) findings.push(finding(rule, carried));
    }
  }
  return findings;
}

function finding(rule: SigmaRule, carried: Carried): Carried {
  const { event } = carried;
  const uid = createHash('sha256').update(`${rule.id}\0${event.metadata.uid}`).digest('hex').slice(0, 32);
  const attacks = attacksOf(rule);
  const device = event['device'];
  const actor = event['actor'];
  const file = event['file'];
  return {
    ...carried,
    event: {
      class_uid: DETECTION_FINDING,
      category_uid: 2,
      activity_id: 1,
      type_uid: DETECTION_FINDING * 100 + 1,
      time: event.time,
      severity_id: SEVERITY[rule.level],
      status_id: 1,
      is_alert: true,
      message: `${rule.title}: ${typeof event['message'] === 'string' ? event['message'] : event.metadata.uid}`,
      finding_info: {
        uid,
        title: rule.title,
        types: ['sigma'],
        created_time: event.time,
        analytic: { uid: rule.id, name: rule.title, type_id: 1 },
        ...(attacks.length === 0 ? {} : { attacks }),
        related_events: [{ uid: event.metadata.uid, type_uid: event.type_uid }],
      },
      evidences: [
        {
          ...(actor === undefined ? {} : { actor }),
          ...(file === undefined ? {} : { file }),
          ...(device === undefined ? {} : { device }),
        },
      ],
      ...(device === undefined ? {} : { device }),
      metadata: {
        ...event.metadata,
        uid,
        version: OCSF_VERSION,
        profiles: ['host'],
        product: { name: 'Demarc', vendor_name: 'Demarc', feature: { name: 'detections' } },
      },
    },
  };
}

/** `attack.t1098.004` and `attack.persistence`, as Sigma writes them. */
function attacksOf(rule: SigmaRule): readonly Record<string, unknown>[] {
  const techniques = rule.tags.flatMap((tag) => /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag)?.[1] ?? []);
  const tactic = rule.tags
    .map((tag) => tag.replace('attack.', '').replaceAll('_', '-'))
    .find((name) => name in TACTICS);
  return techniques.map((technique) => ({
    technique: { uid: technique.toUpperCase() },
    ...(tactic === undefined ? {} : { tactic: { uid: TACTICS[tactic], name: tactic } }),
  }));
}
