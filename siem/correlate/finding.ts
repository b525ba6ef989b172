/** What a correlation found, as an OCSF Detection Finding: the group, the piece of time, and the events behind it. */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { OCSF_VERSION } from '@demarc/platform/ocsf';
import type { CorrelationFinding } from '@demarc/platform/sigma';
import { attacksOf } from '../detect/attack.ts';
import { type Analytic, headOf } from '../detect/finding.ts';

const ANALYTIC_RULE = 1;
const GROUP_CHARACTERS_MAX = 512;

export function correlationEvent(analytic: Analytic, found: CorrelationFinding): OcsfEvent {
  const attacks = attacksOf(analytic.tags);
  const { uid, group, fromMs, toMs, measured, matchCount, eventUids } = found;
  return {
    ...headOf(analytic, toMs, saysOf(found)),
    count: matchCount,
    start_time: fromMs,
    end_time: toMs,
    finding_info: {
      uid,
      title: analytic.title,
      ...(analytic.description === undefined ? {} : { desc: analytic.description }),
      types: ['sigma', 'correlation'],
      created_time: toMs,
      first_seen_time: fromMs,
      last_seen_time: toMs,
      analytic: { uid: analytic.id, name: analytic.title, type_id: ANALYTIC_RULE },
      ...(attacks.length === 0 ? {} : { attacks }),
      related_events: eventUids.map((one) => ({ uid: one })),
      related_events_count: matchCount,
    },
    evidences: [
      { data: { group, ...(measured === undefined ? {} : { measured }), match_count: matchCount } },
    ],
    metadata: {
      uid,
      version: OCSF_VERSION,
      product: { name: 'Demarc', vendor_name: 'Demarc', feature: { name: 'correlations' } },
    },
  };
}

function saysOf({ group, measured, matchCount }: CorrelationFinding): string {
  const who = Object.entries(group)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
    .slice(0, GROUP_CHARACTERS_MAX);
  // What is measured is the events themselves, or else values of theirs: different ones, a sum, kinds of events.
  const value =
    measured === undefined || measured === matchCount ? '' : ` (value ${Number(measured.toFixed(3))})`;
  const what = `${matchCount} events${value}`;
  return who === '' ? what : `${who}: ${what}`;
}
