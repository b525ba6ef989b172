/** The statement of applicability: of each control whether it applies and why, whether it is implemented, and where to look. */

import type { Control } from '../../catalogue/catalogue.ts';
import type { Assessment } from '../../evaluation/assessment.ts';
import { instant } from '../../evaluation/describe.ts';
import { inForce } from '../../model/standing.ts';
import { byControl, type ControlRow, risksOf, written } from '../by-control.ts';
import { scopeName } from '../words.ts';
import { designs } from '../workbook/controls.ts';

export interface ApplicabilityRow {
  readonly control: Control;
  readonly applicable: 'Yes' | 'No' | 'In part';
  readonly justification: string;
  readonly implemented: 'Holds' | 'Partly' | 'Fails' | 'Not known' | 'Not applicable';
  /** The counts behind it, always with the denominator. */
  readonly how: string;
  readonly reference: string;
}

export function applicability(assessment: Assessment): readonly ApplicabilityRow[] {
  return byControl(assessment).map((row): ApplicabilityRow => {
    const { rollUp, cells } = row;
    const applicable =
      rollUp.applicable === 0 ? 'No' : rollUp.applicable === cells.length ? 'Yes' : 'In part';
    return {
      control: row.control,
      applicable,
      justification: [
        ...(applicable === 'No' ? [] : [included(assessment, row)]),
        ...excluded(assessment, row),
      ].join('\n'),
      implemented: implemented(row),
      how: how(row),
      reference: reference(assessment, row),
    };
  });
}

function included(assessment: Assessment, row: ControlRow): string {
  const said = written(assessment, row, ({ rationale }) => rationale, String);
  const risks = risksOf(assessment, row.control);
  const reduces = risks.length === 0 ? '' : `It reduces ${risks.join(', ')}.`;
  return [said === '' ? row.control.objective : said, reduces].filter((text) => text !== '').join(' ');
}

function excluded(assessment: Assessment, { control, cells }: ControlRow): readonly string[] {
  if (cells.length === 0)
    return [`There is no asset of the type that it is about (${control.asset_types.join(', ')}).`];
  const { standing, asOfMs } = assessment;
  return [...standing.notApplicable.values()]
    .filter((approval) => approval.controlId === control.id && inForce(approval, asOfMs))
    .map(
      ({ scope, reason, approver, reviewAtMs }) =>
        `Not applicable for ${scopeName(assessment, scope)}: ${reason} (approved by ${approver}, review due ${instant(reviewAtMs)})`,
    );
}

/** Evidence says it, nobody's word: what was never assessed, or too long ago, is not known. */
function implemented({ rollUp: { counts, applicable } }: ControlRow): ApplicabilityRow['implemented'] {
  if (applicable === 0) return 'Not applicable';
  if (counts.satisfied === applicable) return 'Holds';
  if (counts['not-satisfied'] === applicable) return 'Fails';
  if (counts['not-assessed'] + counts['stale-evidence'] === applicable) return 'Not known';
  return 'Partly';
}

function how({ rollUp: { counts, applicable } }: ControlRow): string {
  if (applicable === 0) return '';
  const parts = [
    `holds on ${counts.satisfied} of ${applicable}`,
    ...(counts['partially-satisfied'] === 0 ? [] : [`partly on ${counts['partially-satisfied']}`]),
    ...(counts['not-satisfied'] === 0 ? [] : [`fails on ${counts['not-satisfied']}`]),
    ...(counts['stale-evidence'] === 0 ? [] : [`stale on ${counts['stale-evidence']}`]),
    ...(counts['not-assessed'] === 0 ? [] : [`never assessed on ${counts['not-assessed']}`]),
  ];
  return parts.join(', ');
}

function reference(assessment: Assessment, row: ControlRow): string {
  const { control } = row;
  const hld = designs(assessment, row, 'hld');
  const lld = designs(assessment, row, 'lld');
  const standards = [...assessment.standing.standards.values()]
    .filter((standard) => inForce(standard, assessment.asOfMs))
    .filter(({ controls }) => controls.some(({ controlId }) => controlId === control.id))
    .map(({ standardId, version }) => `${standardId} ${version}`);
  return [
    ...(standards.length === 0 ? [] : [`Standards: ${standards.join(', ')}`]),
    ...(hld === '' ? [] : [`HLD: ${hld}`]),
    ...(lld === '' ? [] : [`LLD: ${lld}`]),
    `Evidence: ${control.evidence.map(({ id }) => id).join(', ')}`,
    `NIST SP 800-53 r5: ${control.nist_800_53_r5.join(', ')}`,
  ].join('\n');
}
