/** The statement of applicability on paper. Pure: the same assessment gives the same bytes. */

import { type PdfColumn, pdf } from '@demarc/platform/documents';
import type { Assessment } from '../../evaluation/assessment.ts';
import { facts, footing } from '../words.ts';
import { applicability } from './rows.ts';

const COLUMNS: readonly PdfColumn[] = [
  { title: 'Control', share: 2.4 },
  { title: 'Applicable', share: 1.1 },
  { title: 'Justification', share: 4 },
  { title: 'Implemented', share: 1.9 },
  { title: 'Reference', share: 3 },
];

export async function applicabilityPdf(assessment: Assessment): Promise<Uint8Array> {
  const title = 'Statement of applicability';
  const rows = applicability(assessment);
  return pdf(
    {
      title: `${title} of ${assessment.tenantId}`,
      subject: 'Which controls apply, why, and whether they are implemented',
      datedMs: assessment.asOfMs,
      foot: footing(assessment),
      landscape: true,
    },
    (writer) => {
      writer.heading(title);
      writer.facts(facts(assessment));
      writer.paragraph(
        'Implemented is what the evidence says at that instant, on how many of the assets; it is never somebody’s word.',
        { muted: true },
      );
      for (const { id } of assessment.catalogue.areas) {
        writer.heading(`${id.charAt(0).toUpperCase()}${id.slice(1)}`, 2);
        writer.table(
          COLUMNS,
          rows
            .filter(({ control }) => control.area === id)
            .map(({ control, applicable, justification, implemented, how, reference }) => [
              `${control.id} ${control.title}`,
              applicable,
              justification,
              how === '' ? implemented : `${implemented}\n${how}`,
              reference,
            ]),
        );
      }
    },
  );
}
