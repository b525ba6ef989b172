/** Makes exports beside the server: a workbook of a hundred machines takes seconds, and agents must not wait for it. */
import { loadCatalogue } from '@demarc/assurance';
import {
  applicabilityPdf,
  applicabilityWorkbook,
  controlsWorkbook,
  type Dossier,
  decided,
  evidenceBundle,
  responsibilityPdf,
  responsibilityWorkbook,
  SHIPPED_CATALOGUE,
} from '@demarc/assurance/exports';
import { documentsOf, oscalArchive, oscalBytes, oscalDocument, oscalErrors } from '@demarc/assurance/oscal';
import type { OscalFile, TakenFile } from '@demarc/platform/contract/assurance/exports';
import { OSCAL_ARCHIVE, type OscalVersion } from '@demarc/platform/contract/assurance/oscal';
import { answerJobs } from '@demarc/platform/workers';
import type { Job, Made } from './exporter.ts';

const catalogue = loadCatalogue(SHIPPED_CATALOGUE);

answerJobs(make);

async function make({ file, facts, keys }: Job): Promise<Made> {
  const dossier = decided(facts, catalogue);
  const { digest, rollUp, assets } = dossier.assessment;
  return {
    digest,
    assetCount: assets.length,
    applicable: rollUp.applicable,
    assessed: rollUp.assessed,
    coverage: rollUp.coverage ?? null,
    bytes: file === undefined ? new Uint8Array() : await bytesOf(file, dossier, keys),
  };
}

async function bytesOf(file: TakenFile, dossier: Dossier, keys: Job['keys']): Promise<Uint8Array> {
  const { assessment } = dossier;
  if (isOscal(file)) return oscalOf(file, assessment);
  switch (file) {
    case 'workbook.xlsx':
      return controlsWorkbook(assessment);
    case 'crm.xlsx':
      return responsibilityWorkbook(assessment);
    case 'crm.pdf':
      return responsibilityPdf(assessment);
    case 'soa.xlsx':
      return applicabilityWorkbook(assessment);
    case 'soa.pdf':
      return applicabilityPdf(assessment);
    case 'bundle.zip':
      return evidenceBundle(dossier, { keys, catalogue: SHIPPED_CATALOGUE });
  }
}

const isOscal = (file: TakenFile): file is OscalFile => file.startsWith('oscal/');

function oscalOf(file: OscalFile, assessment: Dossier['assessment']): Uint8Array {
  const [, version, document] = file.split('/') as ['oscal', OscalVersion, string];
  if (document === OSCAL_ARCHIVE) return oscalArchive(assessment, version);
  const name = documentsOf(version).find((each) => `${each}.json` === document);
  if (name === undefined) throw oscalErrors.make('OSCAL_DOCUMENT_UNKNOWN', { document, version });
  return oscalBytes(oscalDocument(assessment, version, name));
}
