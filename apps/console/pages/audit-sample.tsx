/** A sample from a frozen population: whoever has the seed draws the same, and the digest says whether they did. */
import type { AuditSample as Sample } from '@demarc/platform/contract/assurance/evidence';
import { Button, NumberInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '../app/api.ts';
import { usePageSearch } from '../app/page-search.ts';
import { AuditSample } from '../app/schemas.ts';
import { DataTable } from '../parts/data-table.tsx';
import { StatusMark } from '../parts/marks.tsx';
import { Empty, Facts, Failure, Instant, Loading } from '../parts/parts.tsx';
import { SIGNATURE_WORDS, sampleFile } from './audit-view.ts';
import { useTenantId } from './queries.ts';

const SEED_BYTES = 8;

interface Row {
  readonly key: string;
  readonly item: Sample['items'][number];
  readonly evidence: Sample['items'][number]['evidence'][number] | undefined;
}

export function SampleTab({ controlId }: { readonly controlId: string }) {
  const { search, setSearch } = usePageSearch();
  const [count, setCount] = useState(Number(search['n'] ?? 10));
  const [seed, setSeed] = useState(search['seed'] ?? '');
  return (
    <div className="d-stack">
      <form
        style={{ display: 'flex', gap: '0.75rem', alignItems: 'end', flexWrap: 'wrap' }}
        onSubmit={(event) => {
          event.preventDefault();
          const chosen = seed === '' ? newSeed() : seed;
          setSeed(chosen);
          // Frozen at this instant: a sample that moves with the population is none.
          setSearch({ n: String(count), seed: chosen, asOf: search['asOf'] ?? new Date().toISOString() });
        }}
      >
        <NumberInput
          label="How many"
          w={110}
          min={1}
          max={500}
          value={count}
          onChange={(value) => setCount(Number(value) || 1)}
        />
        <TextInput
          label="Seed"
          description="Left empty, one is chosen"
          w={240}
          maxLength={64}
          value={seed}
          onChange={(event) => setSeed(event.currentTarget.value)}
        />
        <Button type="submit">Draw</Button>
      </form>
      {search['seed'] === undefined ? (
        <div className="d-card">
          <Empty title="Nothing is drawn yet">
            Choose how many assets to draw from the population of {controlId}.
          </Empty>
        </div>
      ) : (
        <Drawn controlId={controlId} seed={search['seed']} n={search['n'] ?? '10'} />
      )}
    </div>
  );
}

function Drawn({
  controlId,
  seed,
  n,
}: {
  readonly controlId: string;
  readonly seed: string;
  readonly n: string;
}) {
  const tenantId = useTenantId();
  const { search, setSearch } = usePageSearch();
  const query = new URLSearchParams({ controlId, seed, n });
  const asOf = search['asOf'];
  if (asOf !== undefined) {
    query.set('asOf', asOf);
    query.set('knownAt', asOf);
  }
  const sample = useQuery({
    queryKey: ['audit', tenantId, 'sample', query.toString()],
    queryFn: () => get(`/v1/tenants/${tenantId}/audit/sample?${query}`, AuditSample),
  });
  if (sample.isError) return <Failure error={sample.error} />;
  if (sample.data === undefined) return <Loading />;
  const drawn = sample.data;
  const rows = drawn.items.flatMap((item): readonly Row[] =>
    item.evidence.length === 0
      ? [{ key: item.assetId, item, evidence: undefined }]
      : item.evidence.map((evidence) => ({ key: evidence.uid, item, evidence })),
  );
  return (
    <>
      <Facts
        facts={[
          ['Drawn', `${drawn.items.length} of ${drawn.populationCount}`],
          ['Frozen', <Instant key="frozen" at={drawn.asOf} />],
          [
            'Seed',
            <span key="seed" className="d-mono">
              {drawn.seed}
            </span>,
          ],
          ['Method', drawn.method],
          [
            'Population digest',
            <span key="population" className="d-mono d-break">
              {drawn.populationDigest}
            </span>,
          ],
          [
            'Sample digest',
            <span key="sample" className="d-mono d-break" data-testid="sample-digest">
              {drawn.digest}
            </span>,
          ],
        ]}
      />
      <div>
        <Button variant="default" onClick={() => save(drawn)}>
          Export with digests
        </Button>
      </div>
      <DataTable
        label="Sample"
        rows={rows}
        rowKey={(row) => row.key}
        selectedKey={search['record']}
        onOpen={({ item, evidence }) => setSearch({ open: item.assetId, record: evidence?.uid })}
        empty={<Empty title="Nothing to draw from">The population of this control is empty.</Empty>}
        columns={[
          { key: 'asset', title: 'Asset', width: 'minmax(10rem, 1fr)', render: ({ item }) => item.name },
          {
            key: 'status',
            title: 'Status',
            width: '8rem',
            render: ({ item }) => <StatusMark status={item.status} />,
          },
          {
            key: 'rule',
            title: 'Rule',
            width: '7rem',
            render: ({ evidence }) => evidence?.rule ?? 'no evidence',
          },
          { key: 'result', title: 'Result', width: '6rem', render: ({ evidence }) => evidence?.result ?? '' },
          {
            key: 'observed',
            title: 'Observed',
            width: '8rem',
            render: ({ evidence }) => <Instant at={evidence?.observedAt ?? null} />,
          },
          {
            key: 'signature',
            title: 'Signature',
            width: '9rem',
            render: ({ evidence }) => (evidence === undefined ? '' : SIGNATURE_WORDS[evidence.signature]),
          },
          {
            key: 'digest',
            title: 'Digest',
            width: 'minmax(12rem, 1fr)',
            render: ({ evidence }) => <span className="d-mono">{evidence?.digest.slice(0, 20) ?? ''}</span>,
          },
        ]}
      />
    </>
  );
}

function newSeed(): string {
  return [...crypto.getRandomValues(new Uint8Array(SEED_BYTES))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

function save(sample: Sample): void {
  const { name, text } = sampleFile(sample);
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
