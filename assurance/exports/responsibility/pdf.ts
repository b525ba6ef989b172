/** The customer responsibility matrix on paper. Pure: the same assessment gives the same bytes. */
import { DUTIES } from '@demarc/platform/contract/api';
import { type PdfColumn, pdf } from '@demarc/platform/documents';
import type { Assessment } from '../../evaluation/assessment.ts';
import { hoursBefore } from '../by-control.ts';
import { ageWords, facts, footing, instantWords, STATUS_WORDS } from '../words.ts';
import { assetNames, DUTY_TITLES, dutyAt, perControl, type ResponsibilityRow } from './rows.ts';

const COLUMNS: readonly PdfColumn[] = [
  { title: 'Control', share: 3 },
  { title: 'On', share: 2 },
  ...DUTIES.map((duty) => ({ title: DUTY_TITLES[duty], share: 1.7 })),
  { title: 'Accountable, ownership', share: 2.6 },
  { title: 'The customer’s part', share: 3 },
  { title: 'Since / until (UTC)', share: 2 },
  { title: 'Status, evidence and its age', share: 2.8 },
  { title: '800-53', share: 1.6 },
];

export async function responsibilityPdf(assessment: Assessment): Promise<Uint8Array> {
  const title = 'Customer responsibility matrix';
  const rows = perControl(assessment);
  return pdf(
    {
      title: `${title} of ${assessment.tenantId}`,
      subject: 'Who has which duty of each control',
      datedMs: assessment.asOfMs,
      foot: footing(assessment),
      landscape: true,
    },
    (writer) => {
      writer.heading(title);
      writer.facts(facts(assessment));
      writer.paragraph(
        'Of each control: who operates, configures, responds and assures, who is accountable, and what is left for the customer. Assets on which a control is shared out alike are one row. Nobody: no party has accepted the duty. Disputed: two claims stand against each other.',
        { muted: true },
      );
      for (const { id } of assessment.catalogue.areas) {
        const here = rows.filter(({ cells }) => cells[0].control.area === id);
        writer.heading(`${id.charAt(0).toUpperCase()}${id.slice(1)}`, 2);
        if (here.length === 0)
          writer.paragraph('No asset of this tenant has a control of this area.', { muted: true });
        else
          writer.table(
            COLUMNS,
            here.map((row) => lineOf(assessment, row)),
          );
      }
    },
  );
}

function lineOf({ asOfMs }: Assessment, row: ResponsibilityRow): readonly string[] {
  const [{ control }] = row.cells;
  const { sinceMs, untilMs } = row.tenure;
  const age = hoursBefore(asOfMs, row.oldestMs);
  return [
    `${control.id} ${control.title}\n${control.layer}`,
    row.cells.length === 1 ? assetNames(row.cells) : `${row.cells.length} assets: ${assetNames(row.cells)}`,
    ...DUTIES.map((duty) => dutyAt(row, duty)),
    `${row.accountable}\n${row.ownership}`,
    row.customerPart,
    `${sinceMs === undefined ? 'always' : instantWords(sinceMs)}${untilMs === undefined ? '' : `\nuntil ${instantWords(untilMs)}`}`,
    `${STATUS_WORDS[row.status]}\n${row.evidence}${age === null ? '' : `\noldest ${ageWords(age)}`}`,
    control.nist_800_53_r5.join(', '),
  ];
}
