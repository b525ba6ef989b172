/** The hand-over certificate: what changed hands, who agreed to it and when, on paper. The same record is the same bytes. */
import { type PdfWriter, pdf } from '@demarc/platform/documents';
import { digestOf, type HandoverRecord } from './view.ts';

export interface CertificateOptions {
  readonly tenantId: string;
  readonly tenantName: string;
  readonly record: HandoverRecord;
  readonly catalogue: string;
}

const ASSETS_MAX = 500;

/** A hand-over that not both sides have signed is a record, not a certificate, and says so. */
export async function certificate(options: CertificateOptions): Promise<Uint8Array> {
  const { record } = options;
  const digest = digestOf(record);
  const title = titleOf(record);
  return pdf(
    {
      title: `${title}: ${record.title}`,
      subject: `Hand-over ${record.handoverId} of ${options.tenantName}`,
      datedMs: Date.parse(record.changedAt),
      foot: `${options.tenantId} · as of ${record.changedAt} · SHA-256 ${digest}`,
    },
    (writer) => written(writer, options, title, digest),
  );
}

function titleOf({ signatures, withdrawnAt }: HandoverRecord): string {
  if (withdrawnAt !== null) return 'Hand-over record (withdrawn)';
  return signatures.length === 2 ? 'Hand-over certificate' : 'Hand-over record (not signed by both sides)';
}

function written(
  writer: PdfWriter,
  { tenantId, tenantName, record, catalogue }: CertificateOptions,
  title: string,
  digest: string,
): void {
  const onboarding = record.direction === 'onboarding';
  writer.heading(title);
  writer.paragraph(
    onboarding
      ? `${record.title} (${record.tier}) begins for ${tenantName}: the duties below go to those who offer the service, on each asset with the first passing evidence from there.`
      : `${record.title} (${record.tier}) ends for ${tenantName}: the duties below go to those who have accepted them.`,
  );
  writer.facts([
    ['Tenant', `${tenantName} (${tenantId})`],
    ['Service', `${record.title}, tier ${record.tier} (${record.serviceId})`],
    ['Entitlement', record.entitlementId],
    ['Hand-over', `${record.handoverId} (${record.direction}), ${record.openedBy}`],
    ['Opened', record.openedAt],
    [onboarding ? 'Contracted' : 'Effective', record.effectiveAt],
    ...(onboarding ? [] : ([['Service ended', record.endedAt ?? 'not yet']] as const)),
    ...(record.withdrawnAt === null ? [] : ([['Withdrawn', record.withdrawnAt]] as const)),
    ['As of', record.changedAt],
    ['Catalogue', catalogue],
    ['Digest', digest],
  ]);

  writer.heading('Signatures', 2);
  writer.table(
    [
      { title: 'Side', share: 1.2 },
      { title: 'Party', share: 1 },
      { title: 'Name', share: 2.4 },
      { title: 'Signed at (UTC)', share: 2 },
      { title: 'Record', share: 1.2 },
    ],
    (['releasing', 'receiving'] as const).map((side) => {
      const signed = record.signatures.find((each) => each.side === side);
      return [
        side,
        signed?.party ?? '',
        signed?.person ?? 'not signed',
        signed?.at ?? '',
        signed?.recordId ?? '',
      ];
    }),
  );

  writer.heading('Duties', 2);
  if (record.items.length === 0) writer.paragraph('This tier moves no duties.');
  else
    writer.table(
      [
        { title: 'Control', share: 1 },
        { title: 'Title', share: 2.4 },
        { title: 'Duty', share: 1 },
        { title: 'From', share: 1.1 },
        { title: 'To', share: 2.5 },
        { title: 'Agreed by, at', share: 2.6 },
      ],
      record.items.map((item) => [
        item.controlId,
        item.title,
        item.duty,
        item.from,
        taker(item),
        agreed(item),
      ]),
    );

  writer.heading('Checklist', 2);
  if (record.checklist.length === 0) writer.paragraph('Nothing is on it.');
  else
    writer.table(
      [
        { title: 'Item', share: 4 },
        { title: 'Ticked by', share: 2 },
        { title: 'At (UTC)', share: 2 },
      ],
      record.checklist.map(({ text, checkedBy, checkedAt }) => [text, checkedBy ?? 'open', checkedAt ?? '']),
    );

  writer.heading(`Assets (${record.assets.length})`, 2);
  if (record.assets.length === 0) writer.paragraph('None.');
  else
    writer.table(
      [
        { title: 'Name', share: 2 },
        { title: 'Asset', share: 3, mono: true },
        { title: 'Operational since (UTC)', share: 2 },
      ],
      record.assets
        .slice(0, ASSETS_MAX)
        .map(({ name, assetId, operationalAt }) => [name, assetId, operationalAt ?? 'never']),
    );
  if (record.assets.length > ASSETS_MAX)
    writer.paragraph(
      `${record.assets.length - ASSETS_MAX} more assets are not listed here; the digest covers all of them.`,
      { muted: true },
    );
  writer.paragraph(
    'The digest is the SHA-256 of the record in canonical JSON; ./demarc handover show gives the same one for the same record.',
    { muted: true },
  );
}

function taker({ taker: party, acceptedAt, riskAcceptedUntil }: HandoverRecord['items'][number]): string {
  if (party !== null) return acceptedAt === null ? `${party} (proposed, not accepted)` : party;
  return riskAcceptedUntil === null ? 'nobody yet' : `nobody, accepted until ${riskAcceptedUntil}`;
}

function agreed({ acceptedBy, acceptedAt, settledBy, settledAt }: HandoverRecord['items'][number]): string {
  if (acceptedBy !== null) return `${acceptedBy}, ${acceptedAt ?? ''}`;
  return settledBy === null ? '' : `${settledBy}, ${settledAt ?? ''}`;
}
