/** One finding: what happened, on which evidence, by which rule and why, and what can be done about it. */
import type { FindingDetails as FindingBody } from '@demarc/platform/contract/detection';
import { Alert } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type * as z from 'zod';
import { usePageSearch } from '../../app/page-search.ts';
import { useZone } from '../../app/zone.ts';
import { Details, Facts, Failure, Instant, Json, Loading } from '../../parts/parts.tsx';
import { formatInstant, zoneName } from '../../parts/time.ts';
import { useTenantId } from '../queries.ts';
import { attackOf, attacksOfTags } from './attack-view.ts';
import { seenIn, tagsIn } from './evidence-view.ts';
import { ExplainTree } from './explain-tree.tsx';
import { decidingTests } from './explain-view.ts';
import { FindingActs } from './finding-acts.tsx';
import { FindingEvents } from './finding-events.tsx';
import { eventSays, type Finding, findingOf, sentenceOf, spanOf } from './finding-view.ts';
import { textAt } from './json.ts';
import { RuleText } from './marked.tsx';
import { AttackList, LevelMark } from './marks.tsx';
import { useFinding } from './queries.ts';

type Body = z.infer<typeof FindingBody>;

export function FindingDetails({ uid, onClose }: { readonly uid: string; readonly onClose: () => void }) {
  const found = useFinding(uid);
  if (found.data === undefined)
    return (
      <Details title="Finding" onClose={onClose}>
        {found.isError ? <Failure error={found.error} /> : <Loading />}
      </Details>
    );
  const finding = findingOf(found.data.finding);
  return (
    <Details title={finding.title} onClose={onClose}>
      <What finding={finding} originalTime={textAt(found.data.finding, 'metadata.original_time')} />
      <FindingActs
        ruleId={found.data.rule?.ruleId ?? finding.ruleId}
        seen={seenIn(found.data)}
        host={finding.host}
        uid={uid}
        isKnown={found.data.rule !== null}
      />
      <Attacks body={found.data} finding={finding} />
      {finding.together === undefined ? null : <Together together={finding.together} />}
      <FindingEvents events={found.data.events} seen={seenIn(found.data)} count={finding.eventUids.length} />
      <Why body={found.data} />
      <details>
        <summary>The finding itself (OCSF)</summary>
        <Json value={found.data.finding} />
      </details>
    </Details>
  );
}

function What({
  finding,
  originalTime,
}: {
  readonly finding: Finding;
  /** What the event says, where that is too far from when it arrived to be shown as its time. */
  readonly originalTime: string | undefined;
}) {
  const zone = useZone();
  return (
    <section>
      <p className="d-sentence" data-testid="sentence">
        {sentenceOf(finding)}
      </p>
      <Facts
        facts={[
          ['Level', <LevelMark key="l" level={finding.level} />],
          [
            'When',
            <>
              {formatInstant(finding.atMs, zone)} {zoneName(zone)} (<Instant at={finding.atMs} />)
            </>,
          ],
          ...(originalTime === undefined || Number.isNaN(Date.parse(originalTime))
            ? []
            : [['By its own clock', `${formatInstant(originalTime, zone)} ${zoneName(zone)}`] as const]),
          ['Host', finding.host === '' ? 'the event names none' : finding.host],
          ['Event says', eventSays(finding)],
        ]}
      />
    </section>
  );
}

function Attacks({ body, finding }: { readonly body: Body; readonly finding: Finding }) {
  const { setSearch } = usePageSearch();
  // Sigma does not say which tactic a technique is for; then the rule's own tags say which there are.
  const { tactics } = attacksOfTags(tagsIn(body.rule?.text ?? ''));
  const named = new Set(finding.attacks.flatMap(({ name, tactic }) => [name, tactic]));
  const missing = tactics.map(attackOf).filter(({ name }) => !named.has(name));
  return (
    <section className="d-part">
      <h2>MITRE ATT&CK</h2>
      <AttackList
        attacks={[...finding.attacks, ...missing]}
        onFilter={(uid) => setSearch({ technique: uid, open: undefined })}
      />
    </section>
  );
}

function Together({ together }: { readonly together: NonNullable<Finding['together']> }) {
  const { group, count, fromMs, toMs } = together;
  return (
    <section className="d-part">
      <h2>Counted together</h2>
      <Facts
        facts={[
          ...group.map(([field, value]) => [field, value] as const),
          ...(count === undefined ? [] : [['Events', String(count)] as const]),
          ...(fromMs === undefined || toMs === undefined
            ? []
            : [
                [
                  'Window',
                  <>
                    <Instant at={fromMs} /> to <Instant at={toMs} />,{' '}
                    {spanOf(Math.ceil((toMs - fromMs) / 1_000))}
                  </>,
                ] as const,
              ]),
        ]}
      />
    </section>
  );
}

function Why({ body: { rule, explained } }: { readonly body: Body }) {
  const tenantId = useTenantId();
  if (rule === null)
    return (
      <section className="d-part">
        <h2>Rule</h2>
        <p className="d-quiet">The rule is not here any more: what it found stays.</p>
      </section>
    );
  const tests = explained === null ? [] : decidingTests(explained).filter(({ holds }) => holds);
  return (
    <section className="d-part">
      <h2>Why it matched</h2>
      {rule.isSame ? null : (
        <Alert variant="light" color="yellow" title="The rule has been changed since">
          What follows is by the rule as it is now; it may judge the event otherwise.
        </Alert>
      )}
      {explained === null ? (
        <p className="d-quiet">
          A correlation is not about one event: it is the events above, counted together.
        </p>
      ) : (
        <ExplainTree tree={explained} />
      )}
      <h3>The rule</h3>
      <p>
        <Link
          to={'/t/$tenantId/rules' as '/'}
          params={{ tenantId } as never}
          search={{ open: rule.ruleId } as never}
        >
          {rule.title}
        </Link>
      </p>
      <RuleText text={rule.text} tests={tests} />
    </section>
  );
}
