/** What the machine says it did: checks, each package with its reason, restarts, and what is owed. */
import type { ConsoleTools, MarkProps } from '@demarc/platform/contract/console';
import type { JobDetail } from '../api.ts';
import { RESULT_WORDS } from './words.ts';

type Result = NonNullable<JobDetail['outcome']>;
const OUTCOMES: Readonly<Record<Result['packages'][number]['outcome'], MarkProps>> = {
  done: { word: 'Done', colour: 'var(--d-holds)', shape: 'full' },
  failed: { word: 'Failed', colour: 'var(--d-fails)', shape: 'square' },
  'not-tried': { word: 'Not tried', colour: 'var(--d-unknown)', shape: 'hollow' },
  'rolled-back': { word: 'Rolled back', colour: 'var(--d-partly)', shape: 'half' },
};
const RESTARTS: Readonly<Record<Result['restarts'][number]['outcome'], string>> = {
  restarted: 'restarted',
  failed: 'did not restart',
  owed: 'restart is owed',
};

export function JobOutcome({
  tools,
  title,
  result,
}: {
  readonly tools: ConsoleTools;
  readonly title: string;
  readonly result: Result;
}) {
  const { Facts, Instant, Mark } = tools.parts;
  const { reboot, restarts } = result;
  return (
    <section className="d-part">
      <h2>{title}</h2>
      <Facts
        facts={[
          ['Result', RESULT_WORDS[result.result]],
          ['Begun', <Instant key="b" at={result.startedAtMs} />],
          ['Ended', <Instant key="e" at={result.endedAtMs} />],
          [
            'Reboot',
            `${reboot.owed === null ? 'not known' : reboot.owed ? 'owed' : 'none is owed'}${reboot.ordered ? ', ordered' : ''}${reboot.because.length === 0 ? '' : `: ${reboot.because.join('; ')}`}`,
          ],
        ]}
      />
      <h3>Checks</h3>
      <ul className="d-plain">
        {result.checks.map(({ check, ok, because }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a check may come twice, and the list never changes
          <li key={`${check} ${index}`} className="d-break">
            <Mark
              word={check}
              colour={ok ? 'var(--d-holds)' : 'var(--d-fails)'}
              shape={ok ? 'full' : 'square'}
            />{' '}
            {ok ? 'holds' : 'fails'}: {because}
          </li>
        ))}
      </ul>
      <h3>Packages</h3>
      <ul className="d-plain">
        {result.packages.map(({ name, arch, outcome, because, installed }) => (
          <li key={`${name} ${arch}`} className="d-break">
            <Mark {...OUTCOMES[outcome]} /> {name} {arch}, {installed ?? 'not installed or not looked at'}:{' '}
            {because}
          </li>
        ))}
      </ul>
      {restarts.length === 0 ? null : (
        <>
          <h3>Restarts</h3>
          <ul className="d-plain">
            {restarts.map(({ unit, outcome, because }) => (
              <li key={unit} className="d-break">
                {unit}: {RESTARTS[outcome]}: {because}
              </li>
            ))}
          </ul>
        </>
      )}
      <Lines title="Configuration files that stayed as they were" lines={result.keptFiles} />
      <Lines title="Settled after a crash" lines={result.settled} />
      <Lines title="Notes" lines={result.notes} />
    </section>
  );
}

function Lines({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  return lines.length === 0 ? null : (
    <>
      <h3>{title}</h3>
      <ul className="d-plain">
        {[...new Set(lines)].map((line) => (
          <li key={line} className="d-break">
            {line}
          </li>
        ))}
      </ul>
    </>
  );
}
