/** An assessment → the set of OSCAL documents. Pure: the same assessment gives the same bytes. */
import type { Assessment } from '../evaluation/assessment.ts';
import { catalogDocument, mappingDocument, profileDocument } from './catalog.ts';
import { contextOf, type DocumentName, documentsOf, type ExportContext, fileOf } from './context.ts';
import { planOfActionDocument } from './plan-of-action.ts';
import { componentDefinitionDocument, providerPlanDocument } from './provider-side.ts';
import { assessmentPlanDocument, assessmentResultsDocument } from './results.ts';
import { tenantPlanDocument } from './tenant-plan.ts';
import { type Node, type OscalVersion, tidy } from './words.ts';

const MAKES: Readonly<Record<DocumentName, (context: ExportContext) => Node>> = {
  catalog: catalogDocument,
  profile: profileDocument,
  'mapping-collection': mappingDocument,
  'component-definition': componentDefinitionDocument,
  'provider-plan': providerPlanDocument,
  'tenant-plan': tenantPlanDocument,
  'assessment-plan': assessmentPlanDocument,
  'assessment-results': assessmentResultsDocument,
  'plan-of-action': planOfActionDocument,
};

export interface OscalFile {
  readonly name: DocumentName;
  /** What the others call it in their `href`s. */
  readonly file: string;
  readonly document: Node;
}

export function oscalDocument(assessment: Assessment, version: OscalVersion, name: DocumentName): OscalFile {
  return { name, file: fileOf(name), document: tidy(MAKES[name](contextOf(assessment, version))) };
}

export function oscalSet(assessment: Assessment, version: OscalVersion): readonly OscalFile[] {
  const context = contextOf(assessment, version);
  return documentsOf(version).map((name) => ({
    name,
    file: fileOf(name),
    document: tidy(MAKES[name](context)),
  }));
}

export const oscalBytes = ({ document }: OscalFile): Buffer =>
  Buffer.from(`${JSON.stringify(document, undefined, 1)}\n`, 'utf8');
