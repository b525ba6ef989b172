/** A finding with all that explains it: the rule's text, the events it rests on, and which test decided. */
import type { FindingDetails } from '@demarc/platform/contract/detection';
import { DETECTION_FINDING } from '@demarc/platform/ocsf';
import { explain, regexes } from '@demarc/platform/sigma';
import type { TenantScope } from '@demarc/platform/tenancy';
import { eventByUid } from '../search.ts';
import type { Siem } from '../siem.ts';
import { explained } from './explained.ts';
import { isDetection, ruleOf } from './list.ts';

const EVENTS_MAX = 20;

interface Finding {
  readonly class_uid?: unknown;
  readonly device?: { readonly uid?: unknown };
  readonly metadata?: { readonly logged_time?: unknown };
  readonly finding_info?: {
    readonly analytic?: { readonly uid?: unknown };
    readonly related_events?: readonly { readonly uid?: unknown }[];
  };
}

/** Undefined when there is no such finding. */
export async function findingDetails(
  siem: Siem,
  tenant: TenantScope,
  uid: string,
): Promise<FindingDetails | undefined> {
  const finding = await eventByUid(siem, tenant, uid);
  const { class_uid: classUid, metadata, finding_info: info } = (finding ?? {}) as Finding;
  if (finding === undefined || classUid !== DETECTION_FINDING) return undefined;
  const uids = (info?.related_events ?? []).flatMap((event) =>
    typeof event.uid === 'string' ? [event.uid] : [],
  );
  const found = await Promise.all(uids.slice(0, EVENTS_MAX).map((one) => eventByUid(siem, tenant, one)));
  const events = found.filter((event) => event !== undefined);
  const rules = await siem.rulesets.of(tenant);
  const ruleId = info?.analytic?.uid;
  const rule = typeof ruleId === 'string' ? ruleOf(rules, ruleId) : undefined;
  const [first] = events;
  const tree =
    rule === undefined || !isDetection(rule) || first === undefined
      ? null
      : explained(explain(rule, siem.view.ofOcsf(first), regexes));
  return {
    finding,
    events,
    rule:
      rule === undefined
        ? null
        : {
            ruleId: rule.id,
            title: rule.title,
            level: rule.level,
            text: rule.text,
            isSame: rules.loadedAtMs <= Number(metadata?.logged_time ?? 0),
          },
    explained: tree,
  };
}
