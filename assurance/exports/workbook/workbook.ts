/**
 * The security controls workbook: an assessment as a workbook that goes on calculating.
 *
 * Summary counts and scores with formulas over the other sheets; beside every formula stands the value that the
 * engine worked out. Pure: the same assessment gives the same bytes.
 */
import type { Assessment } from '../../evaluation/assessment.ts';
import { book } from '../sheet.ts';
import { footing } from '../words.ts';
import { assetsSheet } from './assets.ts';
import { controlsSheet } from './controls.ts';
import { evidenceSheet } from './evidence.ts';
import { decisionsSheet, exceptionsSheet, risksSheet, standardsSheet } from './registers.ts';
import { summarySheet } from './summary.ts';

/** @throws EXPORT_TOO_LARGE */
export async function controlsWorkbook(assessment: Assessment): Promise<Uint8Array> {
  const controls = controlsSheet(assessment);
  const risks = risksSheet(assessment);
  const exceptions = exceptionsSheet(assessment);
  const evidence = evidenceSheet(assessment);
  const assets = assetsSheet(assessment);
  return book(
    [
      summarySheet(assessment, { controls, risks, exceptions, evidence, assets }),
      controls.sheet,
      standardsSheet(assessment).sheet,
      risks.sheet,
      exceptions.sheet,
      decisionsSheet(assessment).sheet,
      evidence.sheet,
      assets.sheet,
    ],
    {
      title: `Security controls workbook of ${assessment.tenantId}`,
      description: 'Security controls, who owns them and whether they hold',
      datedMs: assessment.asOfMs,
      foot: footing(assessment),
    },
  );
}
