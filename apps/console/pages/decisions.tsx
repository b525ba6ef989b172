/** Who decided what: the questions of the operating model, claims with what may be said to them, and what was agreed. */
import type { Claim, Question } from '@demarc/platform/contract/assurance/responsibility';
import { Button } from '@mantine/core';
import { useAsOf } from '../app/as-of.ts';
import { usePageSearch } from '../app/page-search.ts';
import { AsOfNote } from '../parts/as-of.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { PartyMark } from '../parts/marks.tsx';
import { Empty, Failure, Instant, Loading, PageHeader } from '../parts/parts.tsx';
import { ClaimDetails, ClaimState, selectorWord } from './claim-details.tsx';
import { AnswerForm, ProposeForm } from './decision-forms.tsx';
import { useMay } from './queries.ts';
import { useClaims, useParties, useQuestions } from './responsibility-queries.ts';
import { Snapshots } from './snapshots.tsx';

export function DecisionsPage() {
  const { search, setSearch } = usePageSearch();
  const { asOf } = useAsOf();
  const questions = useQuestions();
  const claims = useClaims();
  const parties = useParties();
  const may = useMay('claim:write') && asOf === undefined;
  if (questions.isError) return <Failure error={questions.error} />;
  if (claims.isError) return <Failure error={claims.error} />;
  if (questions.data === undefined || claims.data === undefined || parties.data === undefined)
    return <Loading />;
  const names = new Map(parties.data.map(({ partyId, name }) => [partyId, name]));
  const answered = questions.data.filter(({ answers }) => answers.length > 0).length;
  const waiting = claims.data.filter(({ says }) => says.some(({ saying }) => saying === 'accept')).length;
  const disputed = claims.data.filter(({ state }) => state === 'disputed').length;
  const decides = may && parties.data.some(({ partyId, yours }) => partyId === 'customer' && yours);
  const question = questions.data.find(({ decisionId }) => decisionId === search['answer']);
  const claim = claims.data.find(({ claimId }) => claimId === search['claim']);
  const close = (): void => setSearch({ answer: undefined, claim: undefined, propose: undefined });
  return (
    <>
      <PageHeader
        title="Decisions"
        summary={
          <>
            {answered} of {questions.data.length} questions are answered;{' '}
            {waiting === 0 ? 'no claim waits for you' : `${waiting} claims wait for your word`}, {disputed}{' '}
            are disputed. <AsOfNote />
          </>
        }
        actions={may ? <Button onClick={() => setSearch({ propose: 'yes' })}>Propose a claim</Button> : null}
      />
      <div className="d-questions">
        {questions.data.map((each) => (
          <QuestionCard
            key={each.decisionId}
            question={each}
            onAnswer={decides ? () => setSearch({ answer: each.decisionId }) : undefined}
            onClaim={(claimId) => setSearch({ claim: claimId })}
          />
        ))}
      </div>
      <section className="d-section d-short" aria-label="Claims">
        <h2>Claims</h2>
        <DataTable
          label="Claims"
          rows={[...claims.data].sort(byTurn)}
          rowKey={({ claimId }) => claimId}
          selectedKey={search['claim']}
          onOpen={({ claimId }) => setSearch({ claim: claimId })}
          empty={
            <Empty title="No claim yet">
              Who has a duty comes from the schedule and from services, until somebody decides otherwise.
            </Empty>
          }
          columns={[
            {
              key: 'state',
              title: 'State',
              width: '8rem',
              render: (each) => <ClaimState state={each.state} />,
            },
            {
              key: 'party',
              title: 'Names',
              width: '10rem',
              render: ({ party }) => <PartyMark party={party} state="owned" />,
            },
            {
              key: 'duties',
              title: 'Duties',
              width: 'minmax(10rem, 1fr)',
              render: ({ duties, kind }) => `${duties.join(', ')}${kind === 'carve-out' ? ' (keeps)' : ''}`,
            },
            {
              key: 'controls',
              title: 'Controls',
              width: 'minmax(10rem, 1fr)',
              render: ({ controls }) => controls.map(selectorWord).join(', '),
            },
            { key: 'about', title: 'About', width: 'minmax(8rem, 1fr)', render: ({ about }) => about },
            { key: 'since', title: 'Since', width: '8rem', render: ({ since }) => <Instant at={since} /> },
            {
              key: 'reason',
              title: 'Reason',
              width: 'minmax(12rem, 2fr)',
              render: ({ history, reason }) => history.at(-1)?.reason || reason,
            },
          ]}
        />
      </section>
      <Snapshots names={names} />
      {question === undefined ? null : <AnswerForm question={question} onClose={close} />}
      {search['propose'] === undefined ? null : <ProposeForm onClose={close} />}
      {claim === undefined ? null : <ClaimDetails claim={claim} may={may} names={names} onClose={close} />}
    </>
  );
}

/** What waits for whoever looks, then disputes, then the rest as it came. */
function byTurn(a: Claim, b: Claim): number {
  const place = ({ says, state }: Claim): number =>
    says.some(({ saying }) => saying === 'accept' || saying === 'withdraw')
      ? 0
      : state === 'disputed'
        ? 1
        : 2;
  return place(a) - place(b);
}

function QuestionCard({
  question,
  onAnswer,
  onClaim,
}: {
  readonly question: Question;
  readonly onAnswer: (() => void) | undefined;
  readonly onClaim: (claimId: string) => void;
}) {
  return (
    <section className="d-card d-question" aria-label={question.decisionId}>
      <h2>
        <span className="d-quiet">{question.decisionId}</span> {question.question}
      </h2>
      {question.answers.length === 0 ? (
        <p className="d-quiet" style={{ margin: '0.4rem 0 0' }}>
          Not answered. Suggested: {question.suggested}
        </p>
      ) : (
        <ul>
          {question.answers.map(({ answer, about, party, standing, from, by, claimId, recordId }) => (
            <li key={recordId}>
              <strong>{answer}</strong>
              <div className="d-quiet">
                for {about}, since <Instant at={from} />, by {by}
              </div>
              {party === null || claimId === null ? (
                <span className="d-quiet">names nobody</span>
              ) : (
                <>
                  <PartyMark party={party} state="owned" />{' '}
                  <button type="button" className="d-link" onClick={() => onClaim(claimId)}>
                    {standing === 'accepted'
                      ? 'accepted'
                      : standing === 'proposed'
                        ? 'not accepted yet'
                        : standing}
                  </button>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      <p className="d-quiet" style={{ margin: '0.5rem 0 0', fontSize: '0.82rem' }}>
        Decides {question.controls.map(({ controlId }) => controlId).join(', ')}; {question.usualScope}.
      </p>
      {onAnswer === undefined ? null : (
        <Button variant="default" size="xs" mt="xs" onClick={onAnswer}>
          {question.answers.length === 0 ? 'Answer' : 'Answer anew'}
          <span className="d-visually-hidden"> {question.decisionId}</span>
        </Button>
      )}
    </section>
  );
}
