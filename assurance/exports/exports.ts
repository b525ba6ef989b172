/** Door: an assessment, and all that it was decided from, as files for people and auditors. */
export { SHIPPED_CATALOGUE } from '../catalogue/catalogue.ts';
export { type Dossier, type DossierFacts, decided } from '../evaluation/dossier.ts';
export { GENESIS } from '../store/ledger.ts';
export { applicabilityPdf } from './applicability/pdf.ts';
export { applicabilityWorkbook } from './applicability/xlsx.ts';
export { evidenceBundle } from './bundle/bundle.ts';
export type { HeldKey } from './bundle/lines.ts';
export { responsibilityPdf } from './responsibility/pdf.ts';
export { responsibilityWorkbook } from './responsibility/xlsx.ts';
export { controlsWorkbook } from './workbook/workbook.ts';
