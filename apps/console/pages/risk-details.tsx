/** One risk: what moved it, what would move it further, who has decided what. */
import type { RiskRow } from '@demarc/platform/contract/assurance/workbook';
import { Button, Group } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { StatusMark } from '../parts/marks.tsx';
import { Details, Facts, Instant } from '../parts/parts.tsx';
import { useTenantId } from './queries.ts';
import { Day } from './records-parts.tsx';
import { CloseRisk, EditRisk, ReviewRisk } from './risk-forms.tsx';
import { scoreText, wouldHelp } from './risks-view.ts';

export function RiskDetails({
  risk,
  decide,
  onClose,
}: {
  readonly risk: RiskRow;
  readonly decide: boolean;
  readonly onClose: () => void;
}) {
  const [doing, setDoing] = useState<'review' | 'edit' | 'close'>();
  const done = (): void => setDoing(undefined);
  const open = risk.state === 'open';
  return (
    <Details title={`${risk.riskId} ${risk.title}`} onClose={onClose}>
      <div>
        <p style={{ margin: '0 0 0.5rem' }}>{risk.scenario}</p>
        {risk.tasks.length === 0 ? null : (
          <ul className="d-plain">
            {risk.tasks.map((task) => (
              <li key={task}>
                <strong>{task}</strong>
              </li>
            ))}
          </ul>
        )}
        <Facts
          facts={[
            ['Inherent', scoreText(risk.inherent)],
            ['Residual', open ? scoreText(risk.residual) : 'closed'],
            ...(risk.aboveAppetite
              ? ([
                  [
                    'Above appetite',
                    risk.aboveSince === null ? (
                      'yes'
                    ) : (
                      <>
                        since <Instant at={risk.aboveSince} />
                      </>
                    ),
                  ],
                ] as const)
              : []),
            ['Threat', risk.threat === '' ? 'not described' : risk.threat],
            ['Treatment', risk.treatment],
            ['Owner', risk.owner],
            ['Review', <Day key="r" at={risk.reviewAt} late={risk.reviewOverdue} />],
            [
              'Version',
              risk.version === 0 ? 'the catalogue’s; nobody here has reviewed it' : String(risk.version),
            ],
            [
              'Record',
              <span key="l" className="d-mono">
                {risk.recordId}
              </span>,
            ],
          ]}
        />
      </div>
      {decide ? (
        <Group gap="xs">
          {open ? (
            <Button size="xs" onClick={() => setDoing('review')}>
              Review
            </Button>
          ) : null}
          <Button size="xs" variant="default" onClick={() => setDoing('edit')}>
            {open ? 'Edit' : 'Open again'}
          </Button>
          {open ? (
            <Button size="xs" variant="default" onClick={() => setDoing('close')}>
              Close it
            </Button>
          ) : null}
        </Group>
      ) : null}
      {open ? <Controls risk={risk} /> : null}
      {risk.exceptionIds.length + risk.poamIds.length === 0 ? null : (
        <section>
          <h2>Linked</h2>
          <p style={{ margin: 0 }}>
            {risk.exceptionIds.length} running exception{risk.exceptionIds.length === 1 ? '' : 's'},{' '}
            {risk.poamIds.length} open plan item{risk.poamIds.length === 1 ? '' : 's'}.
          </p>
        </section>
      )}
      <section>
        <h2>Log</h2>
        {risk.log.length === 0 ? <p className="d-quiet">Nobody has reviewed it yet.</p> : null}
        {risk.log.toReversed().map((each) => (
          <div key={`${each.at} ${each.note}`} className="d-entry">
            {each.note}
            <div className="d-quiet">
              {each.person}, <Instant at={each.at} />
            </div>
          </div>
        ))}
      </section>
      {doing === 'review' ? <ReviewRisk risk={risk} onClose={done} /> : null}
      {doing === 'edit' ? <EditRisk risk={risk} onClose={done} /> : null}
      {doing === 'close' ? <CloseRisk risk={risk} onClose={done} /> : null}
    </Details>
  );
}

function Controls({ risk }: { readonly risk: RiskRow }) {
  const tenantId = useTenantId();
  const help = wouldHelp(risk);
  return (
    <section>
      <h2>What reduces it</h2>
      {risk.mitigations.length === 0 ? (
        <p className="d-quiet">No control is linked to it: residual is inherent.</p>
      ) : null}
      {risk.mitigations.map((each) => (
        <div key={`${each.controlId} ${each.reduces}`} className="d-entry">
          <StatusMark status={each.status} />{' '}
          <Link
            to={'/t/$tenantId/workbook' as '/'}
            params={{ tenantId }}
            search={{ open: each.controlId } as never}
          >
            {each.controlId} {each.title}
          </Link>
          <div className="d-quiet">
            takes {each.takes} of {each.steps} step{each.steps === 1 ? '' : 's'} off the {each.reduces}
            {each.takes > 0 && each.takes < each.steps ? '; halves are added up and rounded down' : ''}
          </div>
        </div>
      ))}
      {help.length === 0 ? null : (
        <>
          <h2 style={{ marginTop: '0.75rem' }}>What would reduce it further</h2>
          <ul className="d-plain">
            {help.map((each) => (
              <li key={`${each.controlId} ${each.reduces}`}>
                {each.controlId} holding on every asset: residual {risk.residual.score} becomes{' '}
                {each.scoreIfHeld}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
