/** Exports: what each file is and for whom, of which instant, by which digest. */
import { ExportOverview, type TakenFile } from '@demarc/platform/contract/assurance/exports';
import { Button, CopyButton } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { get, getFile } from '../app/api.ts';
import { useAsOf } from '../app/as-of.ts';
import { usePageSearch } from '../app/page-search.ts';
import { useZone } from '../app/zone.ts';
import { AsOfNote } from '../parts/as-of.tsx';
import { Facts, Failure, Loading, PageHeader } from '../parts/parts.tsx';
import { formatInstant, zoneName } from '../parts/time.ts';
import { EXPORTS, type Export, nameOf, sha256Of, sizeOf } from './exports-view.ts';
import { useTenantId } from './queries.ts';

export function ExportsPage() {
  const tenantId = useTenantId();
  const { asOf } = useAsOf();
  const { search } = usePageSearch();
  const zone = useZone();
  const asked = new URLSearchParams({
    ...(asOf === undefined ? {} : { asOf }),
    ...(search['knownAt'] === undefined ? {} : { knownAt: search['knownAt'] }),
  });
  const overview = useQuery({
    queryKey: ['exports', tenantId, asked.toString()],
    queryFn: () => get(`/v1/tenants/${tenantId}/exports?${asked}`, ExportOverview),
    // The instant that is shown is the one that is taken: it does not move while somebody reads.
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const shown = overview.data;
  return (
    <>
      <PageHeader
        title="Exports"
        summary={
          <>
            Files for people and auditors. The same two instants give the same bytes, so a file can be asked
            for again and compared. <AsOfNote />
          </>
        }
        actions={
          <Button variant="default" onClick={() => void overview.refetch()} loading={overview.isFetching}>
            {asOf === undefined ? 'Take the instant anew' : 'By what is known now'}
          </Button>
        }
      />
      {overview.isError ? <Failure error={overview.error} /> : null}
      {shown === undefined ? (
        overview.isError ? null : (
          <Loading />
        )
      ) : (
        <>
          <section aria-label="The instant" className="d-card d-instant">
            <Facts
              facts={[
                ['As of', `${formatInstant(shown.asOf, zone)} ${zoneName(zone)} (${shown.asOf})`],
                [
                  'Recorded as of',
                  `${formatInstant(shown.knownAt, zone)} ${zoneName(zone)} (${shown.knownAt})`,
                ],
                [
                  'Coverage',
                  `${shown.assessed} of ${shown.applicable} applicable controls on ${shown.assetCount} assets were assessed${shown.coverage === null ? '' : ` (${(shown.coverage * 100).toFixed(1)} %)`}`,
                ],
                ['Digest', <Digest key="digest" text={shown.digest} />],
                [
                  'Last act',
                  <Digest
                    key="head"
                    text={shown.ledgerHead}
                    note={`${shown.actCount} acts, ${shown.evidenceCount} pieces of evidence`}
                  />,
                ],
              ]}
            />
          </section>
          <ul className="d-exports">
            {EXPORTS.map((each) => (
              <li key={each.key} className="d-card">
                <OneExport tenantId={tenantId} overview={shown} one={each} />
              </li>
            ))}
          </ul>
          <p className="d-quiet">
            A bundle is checked with{' '}
            <code className="d-mono">./demarc verify bundle.zip --digest {shown.digest.slice(0, 8)}…</code> on
            any machine; no platform need run there.
          </p>
        </>
      )}
    </>
  );
}

function OneExport({
  tenantId,
  overview,
  one,
}: {
  readonly tenantId: string;
  readonly overview: ExportOverview;
  readonly one: Export;
}) {
  const take = useMutation({
    mutationFn: async (file: TakenFile) => {
      const { asOf, knownAt } = overview;
      const query = new URLSearchParams({ asOf, knownAt });
      const { blob, headers } = await getFile(`/v1/tenants/${tenantId}/exports/${file}?${query}`);
      save(blob, nameOf(headers.get('content-disposition'), file));
      return { file, bytes: blob.size, sha256: sha256Of(headers.get('content-digest')) };
    },
  });
  return (
    <article aria-labelledby={`export-${one.key}`}>
      <h2 id={`export-${one.key}`}>{one.title}</h2>
      <p>{one.forWhom}</p>
      <p className="d-quiet">{one.holds}</p>
      <div className="d-toolbar">
        {one.files.map(([file, label]) => (
          <Button
            key={file}
            variant="light"
            leftSection={<IconDownload size={16} aria-hidden="true" />}
            loading={take.isPending && take.variables === file}
            disabled={take.isPending}
            aria-label={`${one.title} as ${label}`}
            onClick={() => take.mutate(file)}
          >
            {label}
          </Button>
        ))}
        <code className="d-mono d-quiet">./demarc export {one.command}</code>
      </div>
      <div aria-live="polite">
        {take.data === undefined ? null : (
          <p className="d-quiet">
            Taken: {take.data.file}, {sizeOf(take.data.bytes)}, SHA-256{' '}
            {take.data.sha256 === undefined ? 'not given' : <Digest text={take.data.sha256} />}
          </p>
        )}
      </div>
      {take.isError ? <Failure error={take.error} /> : null}
    </article>
  );
}

/** Whole, because it is there to be compared; one press copies it. */
function Digest({ text, note }: { readonly text: string; readonly note?: string }) {
  return (
    <>
      <span className="d-mono d-digest">{text}</span>{' '}
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="subtle" onClick={copy} aria-label={`Copy ${text.slice(0, 8)}`}>
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
      {note === undefined ? null : <span className="d-quiet"> {note}</span>}
    </>
  );
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  URL.revokeObjectURL(url);
}
