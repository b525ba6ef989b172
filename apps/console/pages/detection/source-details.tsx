/** One source: its numbers, its latest refusals, how to send to it, and what can be changed. */
import type { MadeSource, SourceDetail } from '@demarc/platform/contract/intake';
import { Details, Facts, Failure, Instant, Loading } from '../../parts/parts.tsx';
import { SourceActs } from './source-acts.tsx';
import { linesOf } from './source-lines.ts';
import { SourceMark } from './source-marks.tsx';
import { useSource } from './source-queries.ts';
import { PasteLines } from './source-secret.tsx';
import { SourceSums } from './source-sums.tsx';
import { bytes, figure, KIND_WORDS, reasonWords } from './sources-view.ts';

export function SourceDetails({
  sourceId,
  mayWrite,
  onMade,
  onClose,
}: {
  readonly sourceId: string;
  readonly mayWrite: boolean;
  /** A new secret, to be shown once. */
  readonly onMade: (made: MadeSource) => void;
  readonly onClose: () => void;
}) {
  const found = useSource(sourceId);
  const source = found.data;
  return (
    <Details title={source?.name ?? 'Source'} onClose={onClose}>
      {found.isError ? <Failure error={found.error} /> : null}
      {source === undefined ? (
        found.isError ? null : (
          <Loading />
        )
      ) : (
        <>
          <section>
            <p className="d-sentence">
              <SourceMark state={source.state} /> {source.because}
            </p>
            <Facts facts={factsOf(source)} />
          </section>
          {mayWrite ? <SourceActs source={source} onMade={onMade} onRemoved={onClose} /> : null}
          <SourceSums accounting={source.accounting} />
          <Refusals refusals={source.refusals} />
          <section className="d-part">
            <h2>How to send to it</h2>
            <PasteLines lines={linesOf(source.settings, source.endpoint, {})} />
          </section>
        </>
      )}
    </Details>
  );
}

function factsOf(source: SourceDetail): Parameters<typeof Facts>[0]['facts'] {
  const { settings, limits } = source;
  return [
    ['Kind', KIND_WORDS[settings.kind]],
    [
      'Send to',
      <span key="e" className="d-mono d-break">
        {source.endpoint}
      </span>,
    ],
    ...(settings.kind === 'syslog-udp' || settings.kind === 'syslog-tcp'
      ? ([['Only from', settings.peers.length === 0 ? 'anywhere' : settings.peers.join(', ')]] as const)
      : []),
    ['Last received', <Instant key="l" at={source.lastReceivedAt} />],
    ['Rate limit', `${figure(limits.eventsPerSecond)} records and ${bytes(limits.bytesPerSecond)} a second`],
    [
      'Added',
      <>
        by {source.createdBy}, <Instant at={source.createdAt} />
      </>,
    ],
    [
      'Id',
      <span key="i" className="d-mono">
        {source.sourceId}
      </span>,
    ],
  ];
}

function Refusals({ refusals }: { readonly refusals: SourceDetail['refusals'] }) {
  return (
    <section className="d-part">
      <h2>Latest that were not taken</h2>
      {refusals.length === 0 ? <p className="d-quiet">None: all that arrived was taken.</p> : null}
      {refusals.map(({ at, outcome, reason, count, peer, sample }, index) => (
        <div key={`${at} ${reason} ${index}`} className="d-entry">
          <strong>{reasonWords(reason)}</strong> <span className="d-tag">{outcome}</span>{' '}
          {count === 1 ? '' : `${figure(count)} records `}
          <span className="d-quiet">
            <Instant at={at} />
            {peer === null || peer === '' ? '' : `, from ${peer}`}
          </span>
          {sample === '' ? null : (
            <pre className="d-code" tabIndex={0} aria-label={`Beginning of what was ${outcome}`}>
              {sample}
            </pre>
          )}
        </div>
      ))}
    </section>
  );
}
