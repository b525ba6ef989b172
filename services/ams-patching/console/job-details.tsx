/** One job: what it changes and why, who let it, how far it is, and what came of it. */
import { useReply } from '@demarc/platform/console';
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import type { JobDetail } from '../api.ts';
import { actsOf } from './job-acts.ts';
import { JobOutcome } from './job-outcome.tsx';
import { ofDecision, ofJob } from './marks.ts';
import { CALM_MS, isAtWork, LIVE_MS } from './use-jobs.ts';
import { counted, instantIn, JOB_WORDS, progressText, spanIn, VERIFICATION_WORDS } from './words.ts';

/** Findings of one job that are shown at once; a kernel has hundreds. */
const FINDINGS_SHOWN = 50;

export function JobDrawer({
  tools,
  jobId,
  timeZone,
  onClose,
  onChanged,
}: {
  readonly tools: ConsoleTools;
  readonly jobId: string;
  readonly timeZone: string;
  readonly onClose: () => void;
  readonly onChanged: () => Promise<void>;
}) {
  const { ActWithReason, Details, Failure, Loading } = tools.parts;
  const [isLive, setIsLive] = useState(false);
  const { found, failure, reload } = useReply<JobDetail>(
    tools,
    `patching/jobs/${encodeURIComponent(jobId)}`,
    isLive ? LIVE_MS : CALM_MS,
  );
  if (found !== undefined && isAtWork(found) !== isLive) setIsLive(isAtWork(found));
  const acts = found === undefined ? [] : actsOf(found);
  return (
    <Details title={found === undefined ? 'Patch job' : `Patch job of ${found.assetName}`} onClose={onClose}>
      {failure === undefined ? null : <Failure error={failure} />}
      {found === undefined ? (
        failure === undefined ? (
          <Loading />
        ) : null
      ) : (
        <>
          <Progress job={found} />
          <Summary tools={tools} job={found} timeZone={timeZone} />
          {acts.length === 0 ? null : (
            <ActWithReason
              label="Reason"
              acts={acts}
              onDone={async () => {
                await Promise.all([reload(), onChanged()]);
              }}
            />
          )}
          <Packages job={found} />
          <Findings tools={tools} job={found} />
          {found.outcome === null ? null : (
            <JobOutcome tools={tools} title="Outcome" result={found.outcome} />
          )}
          {found.takenBack === null ? null : (
            <JobOutcome tools={tools} title="Taken back" result={found.takenBack} />
          )}
          <section className="d-part">
            <h2>History</h2>
            <ol className="d-plain">
              {found.history.map(({ at, state, by, because }) => (
                <li key={`${at} ${state}`} className="d-break">
                  {instantIn(at, timeZone)}: {JOB_WORDS[state].toLowerCase()}, by {by}: {because}
                </li>
              ))}
            </ol>
          </section>
        </>
      )}
    </Details>
  );
}

interface PartProps {
  readonly tools: ConsoleTools;
  readonly job: JobDetail;
}

function Progress({ job: { progress } }: { readonly job: JobDetail }) {
  if (progress === null) return null;
  const text = progressText(progress);
  return (
    <div role="status">
      {text}
      <progress
        className="d-progress"
        aria-label="Packages done"
        max={progress.packageCount}
        value={progress.doneCount}
      />
    </div>
  );
}

function Summary({ tools, job, timeZone }: PartProps & { readonly timeZone: string }) {
  const { Facts, Mark, PartyMark } = tools.parts;
  const { approval, requestedBy } = job;
  return (
    <Facts
      facts={[
        ['State', <Mark key="s" {...ofJob(job)} />],
        ['Why', job.stateBecause],
        ['Findings', VERIFICATION_WORDS[job.verification]],
        ['Window', `${job.windowName}, ${spanIn(job.opensAt, job.closesAt, timeZone)}`],
        ['Decision', <Mark key="d" {...ofDecision(job.decision)} />],
        ['Due', instantIn(job.dueAt, timeZone)],
        ['Asked for by', `${requestedBy.name} (${requestedBy.party})`],
        [
          'May be approved by',
          <PartyMark key="p" party={job.party} state={job.party === null ? 'unowned' : 'assigned'} />,
        ],
        [
          'Approval',
          approval === null
            ? 'none yet'
            : `${approval.by.name} (${approval.by.party}), ${instantIn(approval.at, timeZone)}: ${approval.because}`,
        ],
        ...(job.mayApprove
          ? []
          : [['You may not approve it', job.mayNotBecause ?? 'the server gives no reason'] as const]),
        ...(job.rebootOwed ? [['Reboot', 'owed'] as const] : []),
        [
          'Plan',
          <a key="plan" href={`/t/${tools.tenantId}/patch-plan?plan=${job.planId}`}>
            the plan that it is of
          </a>,
        ],
      ]}
    />
  );
}

function Packages({ job: { packages, missing } }: { readonly job: JobDetail }) {
  return (
    <section className="d-part">
      <h2>Packages ({packages.length})</h2>
      <div className="d-lines">
        <table>
          <thead>
            <tr>
              <th scope="col">Package</th>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">Notes</th>
            </tr>
          </thead>
          <tbody>
            {packages.map(({ name, arch, from, to, needsReboot, isNeededOnly }) => (
              <tr key={`${name} ${arch}`}>
                <td className="d-break">
                  {name} <span className="d-quiet">{arch}</span>
                </td>
                <td className="d-mono">{from ?? 'not installed'}</td>
                <td className="d-mono">{to ?? 'not asked yet'}</td>
                <td>
                  {isNeededOnly ? <span className="d-tag">needed by another</span> : null}{' '}
                  {needsReboot ? <span className="d-tag">reboot</span> : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {missing.length === 0 ? null : (
        <>
          <h3>Missing ({missing.length})</h3>
          <ul className="d-plain">
            {missing.map(({ name, because }) => (
              <li key={name} className="d-break">
                {name}: {because}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Findings({ tools, job: { findings } }: PartProps) {
  const { Mark } = tools.parts;
  const [isAll, setIsAll] = useState(false);
  if (findings.length === 0) return null;
  const shown = isAll ? findings : findings.slice(0, FINDINGS_SHOWN);
  return (
    <section className="d-part">
      <h2>{counted(findings.length, 'finding')} that it is for</h2>
      <ul className="d-plain">
        {shown.map(({ findingId, vulnerability, isStillOpen }) => (
          <li key={findingId}>
            <a href={`/t/${tools.tenantId}/vulnerabilities?open=${encodeURIComponent(findingId)}`}>
              {vulnerability}
            </a>{' '}
            {isStillOpen === null ? (
              <Mark word="Not known yet" colour="var(--d-unknown)" shape="hollow" />
            ) : isStillOpen ? (
              <Mark word="Still open" colour="var(--d-fails)" shape="square" />
            ) : (
              <Mark word="Gone" colour="var(--d-holds)" shape="full" />
            )}
          </li>
        ))}
      </ul>
      {shown.length === findings.length ? null : (
        <button type="button" className="d-link" onClick={() => setIsAll(true)}>
          Show all {findings.length}
        </button>
      )}
    </section>
  );
}
