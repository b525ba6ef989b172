/** Evidence of one control on one asset, and one record of it down to what was looked at. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Fragment } from 'react';
import * as z from 'zod';
import { get } from '../app/api.ts';
import { usePageSearch } from '../app/page-search.ts';
import { AuditEvidence, AuditRecord, MatrixWhy } from '../app/schemas.ts';
import { StatusMark } from '../parts/marks.tsx';
import { Details, Facts, Failure, Instant, Json, Loading } from '../parts/parts.tsx';
import { SIGNATURE_WORDS } from './audit-view.ts';
import { useTenantId } from './queries.ts';

export function EvidenceDrawer({ controlId }: { readonly controlId: string }) {
  const { search, setSearch } = usePageSearch();
  const { open, record } = search;
  const close = (): void => setSearch({ open: undefined, record: undefined });
  if (record !== undefined) return <RecordDetails uid={record} onClose={close} />;
  return open === undefined ? null : <CellEvidence controlId={controlId} assetId={open} onClose={close} />;
}

function CellEvidence({
  controlId,
  assetId,
  onClose,
}: {
  readonly controlId: string;
  readonly assetId: string;
  readonly onClose: () => void;
}) {
  const tenantId = useTenantId();
  const { search, setSearch } = usePageSearch();
  const query = new URLSearchParams({ controlId, assetId });
  if (search['asOf'] !== undefined) query.set('asOf', search['asOf']);
  const why = useQuery({
    queryKey: ['matrix', tenantId, 'why', query.toString()],
    queryFn: () => get(`/v1/tenants/${tenantId}/matrix/why?${query}`, MatrixWhy),
  });
  return (
    <Details title={`${controlId} on ${why.data?.cell.assetName ?? assetId}: evidence`} onClose={onClose}>
      {why.isError ? <Failure error={why.error} /> : null}
      {why.data === undefined ? (
        why.isError ? null : (
          <Loading />
        )
      ) : (
        <>
          <div>
            <StatusMark status={why.data.cell.status} />
            <ul style={{ margin: '0.4rem 0 0', paddingLeft: '1.1rem' }}>
              {why.data.reasons.map((reason) => (
                <li key={reason}>{reason}</li>
              ))}
            </ul>
          </div>
          {why.data.evidence.map((item) => (
            <section key={item.rule}>
              <h2>
                {item.rule} · {item.kind} · {item.state}
              </h2>
              <p style={{ margin: '0 0 0.4rem' }}>Asserts: {item.asserts}.</p>
              {item.evidenceId === null ? (
                <p className="d-quiet" style={{ margin: 0 }}>
                  {item.state === 'no-source'
                    ? `No source here yet (${item.source}).`
                    : 'Nothing was received.'}
                </p>
              ) : (
                <Button
                  size="xs"
                  variant="default"
                  onClick={() => setSearch({ record: item.evidenceId ?? undefined })}
                >
                  Open the record of {item.rule}
                </Button>
              )}
            </section>
          ))}
        </>
      )}
    </Details>
  );
}

function RecordDetails({ uid, onClose }: { readonly uid: string; readonly onClose: () => void }) {
  const tenantId = useTenantId();
  const { search, setSearch } = usePageSearch();
  const record = useQuery({
    queryKey: ['audit', tenantId, 'record', uid],
    queryFn: () => get(`/v1/tenants/${tenantId}/audit/evidence/${encodeURIComponent(uid)}`, AuditRecord),
  });
  const found = record.data;
  return (
    <Details title={found === undefined ? 'Record' : `Record of ${found.rule}`} onClose={onClose}>
      {record.isError ? <Failure error={record.error} /> : null}
      {found === undefined ? (
        record.isError ? null : (
          <Loading />
        )
      ) : (
        <>
          <Facts
            facts={[
              ['Rule', `${found.rule}: ${found.asserts}`],
              ['Result', `${found.result}: ${found.because}`],
              [
                'Asset',
                <span key="asset" className="d-mono">
                  {found.assetId}
                </span>,
              ],
              ['Collector', found.collector],
              ['Observed', <Exact key="observed" at={found.observedAt} />],
              ['Received', <Exact key="received" at={found.receivedAt} />],
              [
                'Expires',
                found.expiresAt === null ? (
                  'with its freshness'
                ) : (
                  <Exact key="expires" at={found.expiresAt} />
                ),
              ],
              [
                'Digest',
                <Fragment key="digest">
                  <span className="d-mono d-break">{found.digest}</span>{' '}
                  {found.digestHolds ? '(is that of the raw record)' : '(is NOT that of the raw record)'}
                </Fragment>,
              ],
              [
                'Signature',
                <span key="signature" data-testid="signature">
                  {SIGNATURE_WORDS[found.signature]}
                  {found.signedBy === null ? '' : `, by the ${found.signedBy}’s key, verified just now`}
                </span>,
              ],
              [
                'Evidence',
                <span key="evidence" className="d-mono d-break">
                  {found.uid}
                </span>,
              ],
            ]}
          />
          <section>
            <h2>Raw record</h2>
            <Json value={found.raw} />
          </section>
          <Earlier assetId={found.assetId} rule={found.rule} uid={found.uid} />
          {search['open'] === undefined ? null : (
            <Button size="xs" variant="default" onClick={() => setSearch({ record: undefined })}>
              Back to the control
            </Button>
          )}
        </>
      )}
    </Details>
  );
}

function Earlier({
  assetId,
  rule,
  uid,
}: {
  readonly assetId: string;
  readonly rule: string;
  readonly uid: string;
}) {
  const tenantId = useTenantId();
  const { setSearch } = usePageSearch();
  const query = new URLSearchParams({ assetId, rule, limit: '10' });
  const history = useQuery({
    queryKey: ['audit', tenantId, 'history', query.toString()],
    queryFn: () => get(`/v1/tenants/${tenantId}/audit/evidence?${query}`, z.array(AuditEvidence)),
  });
  const others = (history.data ?? []).filter((item) => item.uid !== uid);
  if (others.length === 0) return null;
  return (
    <section>
      <h2>Other observations of this rule</h2>
      <ul style={{ margin: 0, paddingLeft: '1.1rem' }}>
        {others.map((item) => (
          <li key={item.uid}>
            <Button size="compact-xs" variant="subtle" onClick={() => setSearch({ record: item.uid })}>
              {item.result}, observed {item.observedAt}
            </Button>{' '}
            <span className="d-quiet">{SIGNATURE_WORDS[item.signature]}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** To the millisecond and with its zone: what an auditor writes down. */
function Exact({ at }: { readonly at: string }) {
  const ahead = Date.parse(at) > Date.now();
  return (
    <>
      <span className="d-mono">{at}</span>
      {ahead ? null : (
        <span className="d-quiet">
          {' '}
          (<Instant at={at} />)
        </span>
      )}
    </>
  );
}
