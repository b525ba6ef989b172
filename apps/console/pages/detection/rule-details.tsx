/** One rule: where it stands and why, what it looks for, its text and versions, what this tenant changed of it. */
import type { RuleDetails as Body, RuleSummary } from '@demarc/platform/contract/detection';
import type * as z from 'zod';
import { Details, Facts, Failure, Instant, Loading } from '../../parts/parts.tsx';
import { attackOf, attacksOfTags } from './attack-view.ts';
import { RuleText } from './marked.tsx';
import { AttackList, LevelMark, StandingMark } from './marks.tsx';
import { useRule } from './queries.ts';
import { RuleActs } from './rule-acts.tsx';
import { RuleChanges } from './rule-changes.tsx';
import { RuleVersions } from './rule-versions.tsx';
import { ORIGIN_WORDS } from './rule-words.ts';
import { looksFor, sourceWords, standingOf } from './rules-view.ts';

type Rule = z.infer<typeof Body>;

export function RuleDetails({
  ruleId,
  summary,
  siblings,
  mayWrite,
  onClose,
}: {
  readonly ruleId: string;
  /** From the list: of what was refused there is nothing else to show where the server has no text. */
  readonly summary: RuleSummary | undefined;
  readonly siblings: readonly RuleSummary[];
  readonly mayWrite: boolean;
  readonly onClose: () => void;
}) {
  const found = useRule(ruleId);
  const rule = found.data?.rule ?? summary;
  return (
    <Details title={rule?.title ?? ruleId} onClose={onClose}>
      {rule === undefined ? null : <Standing rule={rule} />}
      {found.isError ? <Failure error={found.error} /> : null}
      {found.data === undefined ? (
        found.isError ? null : (
          <Loading />
        )
      ) : (
        <>
          <RuleActs rule={found.data} siblings={siblings} mayWrite={mayWrite} onClose={onClose} />
          <LooksFor rule={found.data} />
          <RuleChanges rule={found.data} />
          <section className="d-part">
            <h2>Text</h2>
            <RuleText text={found.data.text} tests={[]} />
          </section>
          {found.data.versions.length < 2 ? null : <RuleVersions versions={found.data.versions} />}
        </>
      )}
    </Details>
  );
}

function Standing({ rule }: { readonly rule: RuleSummary }) {
  const { is, because } = standingOf(rule);
  return (
    <section>
      <p className="d-sentence">
        <StandingMark is={is} /> {because}
      </p>
      <Facts
        facts={[
          ['Level', <LevelMark key="l" level={rule.level} />],
          ['Fired', rule.firedCount === 0 ? 'not in the days that are counted' : `${rule.firedCount} times`],
          ['Last fired', <Instant key="f" at={rule.lastFiredAt} />],
          ['Kind', rule.kind],
          ['Status', rule.status ?? 'the rule does not say'],
          ['From', `${ORIGIN_WORDS[rule.origin]}, version ${rule.version}`],
          [
            'File',
            <span key="p" className="d-mono">
              {rule.file}:{rule.line}
            </span>,
          ],
          [
            'Id',
            <span key="i" className="d-mono">
              {rule.ruleId}
            </span>,
          ],
        ]}
      />
    </section>
  );
}

function LooksFor({ rule }: { readonly rule: Rule }) {
  const { fields, conditions } = looksFor(rule.text);
  const { techniques, tactics } = attacksOfTags(rule.rule.tags);
  return (
    <section className="d-part">
      <h2>What it looks for</h2>
      {rule.description === null ? null : <p className="d-break">{rule.description}</p>}
      <Facts
        facts={[
          ['Log source', sourceWords(rule.rule.logsource)],
          ...(fields.length === 0 ? [] : [['Fields', <Names key="n" names={fields} />] as const]),
          ...(conditions.length === 0 ? [] : [['Condition', <Names key="c" names={conditions} />] as const]),
          ['ATT&CK', <AttackList key="a" attacks={[...techniques, ...tactics].map(attackOf)} />],
          ...(rule.falsepositives.length === 0
            ? []
            : [['May be harmless', rule.falsepositives.join('; ')] as const]),
        ]}
      />
      {rule.references.length === 0 ? null : (
        <details>
          <summary>{rule.references.length} references</summary>
          <ul className="d-plain">
            {rule.references.map((reference) => (
              <li key={reference} className="d-break">
                {/^https?:\/\//.test(reference) ? (
                  <a href={reference} target="_blank" rel="noreferrer">
                    {reference}
                  </a>
                ) : (
                  reference
                )}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Names({ names }: { readonly names: readonly string[] }) {
  return <span className="d-mono">{names.join(', ')}</span>;
}
