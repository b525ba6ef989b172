/** References between documents, and to controls and their statements. */
import { nistControls } from '../../catalogue/nist.ts';
import { NIST } from '../context.ts';
import { type Doc, type Found, listOf, nodeOf, type OscalSet, our, textOf } from '../set.ts';
import { at, type Rule } from './rule.ts';

const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  'import-profile': ['profile', 'catalog'],
  'import-ssp': ['system-security-plan'],
  'import-ap': ['assessment-plan'],
  imports: ['catalog', 'profile'],
  'source-resource': ['catalog', 'profile'],
};

const controlsOf = (catalog: Doc | undefined): readonly Found[] =>
  (catalog?.all ?? []).filter(({ key }) => key === 'controls');
const controlIds = (set: OscalSet): ReadonlySet<string> =>
  new Set(controlsOf(set.catalog).map(({ node }) => textOf(node, 'id')));

/** Controls and their parts. */
const idsOf = (doc: Doc): ReadonlySet<string> =>
  new Set(
    [...(doc.byKey.get('controls') ?? []), ...(doc.byKey.get('parts') ?? [])].map(({ node }) =>
      textOf(node, 'id'),
    ),
  );

/** Part id → the control it belongs to, and what it is. */
export function partsOf(
  set: OscalSet,
): ReadonlyMap<string, { readonly controlId: string; readonly name: string }> {
  const parts = new Map<string, { readonly controlId: string; readonly name: string }>();
  for (const { key, node, parent } of set.catalog?.all ?? []) {
    if (key !== 'parts') continue;
    let above = parent;
    while (above !== undefined && above.key !== 'controls') above = above.parent;
    parts.set(textOf(node, 'id'), { controlId: textOf(above?.node, 'id'), name: textOf(node, 'name') });
  }
  return parts;
}

export const referenceRules: readonly Rule[] = [
  {
    id: 'control-once',
    says: 'A control is in the catalog once, and so is every part of it.',
    *broken(set) {
      const seen = new Set<string>();
      for (const found of set.keyed('controls', 'parts', 'groups')) {
        const id = textOf(found.node, 'id');
        if (found.doc !== set.catalog || id === '') continue;
        if (seen.has(id)) yield at(found, `${id} is there twice`);
        seen.add(id);
      }
    },
  },
  {
    id: 'control-exists',
    says: 'Every control that is named is in the catalog.',
    across: true,
    *broken(set) {
      const known = controlIds(set);
      for (const doc of set.docs)
        for (const found of doc.all) {
          const named =
            found.key === 'sources' ? textOf(found.node, 'id-ref') : textOf(found.node, 'control-id');
          if (named !== '' && !known.has(named)) yield at({ ...found, doc }, `there is no control ${named}`);
        }
    },
  },
  {
    id: 'control-covered',
    says: 'Both plans have one requirement for each control of the catalog.',
    across: true,
    *broken(set) {
      for (const doc of [set.tenantPlan, set.providerPlan]) {
        if (doc === undefined) continue;
        const there = doc.all
          .filter(({ key }) => key === 'implemented-requirements')
          .map(({ node }) => textOf(node, 'control-id'));
        for (const id of controlIds(set))
          if (there.filter((each) => each === id).length !== 1)
            yield {
              file: doc.file,
              location: '/system-security-plan/control-implementation',
              says: `${id} is missing, or there twice`,
            };
      }
    },
  },
  {
    id: 'required-exists',
    says: 'A control leans on controls of the catalog, and never on itself by way of others.',
    *broken(set) {
      const lower = new Map<string, readonly string[]>();
      for (const found of controlsOf(set.catalog)) {
        const doc = set.catalog;
        const needs = listOf(found.node, 'links').filter((each) => each['rel'] === 'required');
        lower.set(
          textOf(found.node, 'id'),
          needs.map((each) => textOf(each, 'href').slice(1)),
        );
        for (const each of needs)
          if (doc !== undefined && !controlIds(set).has(textOf(each, 'href').slice(1)))
            yield at({ ...found, doc }, `there is no control ${textOf(each, 'href')}`);
      }
      for (const id of lower.keys()) {
        const reached = new Set<string>();
        const waiting = [...(lower.get(id) ?? [])];
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
          if (reached.has(next)) continue;
          reached.add(next);
          waiting.push(...(lower.get(next) ?? []));
        }
        if (reached.has(id))
          yield { file: set.catalog?.file ?? '', location: `/catalog ${id}`, says: `${id} leans on itself` };
      }
    },
  },
  {
    id: 'statement-exists',
    says: 'Every statement that is answered is one of the control that is answered.',
    across: true,
    *broken(set) {
      const parts = partsOf(set);
      for (const found of set.keyed('statements')) {
        const id = textOf(found.node, 'statement-id');
        const controlId = textOf(found.parent?.node, 'control-id');
        if (parts.get(id)?.controlId !== controlId) yield at(found, `${controlId} has no statement ${id}`);
      }
    },
  },
  {
    id: 'objective-exists',
    says: 'A finding is about an objective of the catalog.',
    across: true,
    *broken(set) {
      const parts = partsOf(set);
      for (const found of set.keyed('target')) {
        const id = textOf(found.node, 'target-id');
        if (parts.get(id)?.name !== 'assessment-objective') yield at(found, `there is no objective ${id}`);
      }
    },
  },
  {
    id: 'rule-exists',
    says: 'Evidence is for a rule of the catalog.',
    across: true,
    *broken(set) {
      const rules = new Set((set.catalog?.all ?? []).map(({ node }) => our(node, 'evidence-rule')));
      for (const found of set.keyed('observations')) {
        const rule = our(found.node, 'evidence-rule');
        if (rule !== undefined && !rules.has(rule)) yield at(found, `there is no rule ${rule}`);
      }
    },
  },
  {
    id: 'import-resolves',
    says: 'What a document imports is in the set, and of the kind that it imports.',
    across: true,
    *broken(set) {
      for (const doc of set.docs)
        for (const found of doc.all) {
          const isSource = found.key === 'control-implementations';
          const models = isSource ? ['catalog', 'profile'] : IMPORTS[found.key];
          if (models === undefined) continue;
          const href = textOf(found.node, isSource ? 'source' : 'href');
          const target = set.docs.find(({ file }) => file === href);
          if (target === undefined || !models.includes(target.model))
            yield at({ ...found, doc }, `${href} is not a ${models.join(' or ')} of the set`);
        }
    },
  },
  {
    id: 'plan-imported',
    says: 'The assessment is of the tenant’s plan, which says so to the provider’s.',
    across: true,
    *broken(set) {
      for (const found of set.keyed('import-ssp'))
        if (textOf(found.node, 'href') !== set.tenantPlan?.file) yield at(found, 'it imports another plan');
      for (const found of set.keyed('leveraged-authorizations'))
        if (!listOf(found.node, 'links').some((each) => each['href'] === set.providerPlan?.file))
          yield at(found, 'it does not name the provider’s plan');
    },
  },
  {
    id: 'fragment-resolves',
    says: 'A reference inside the document names a resource of its back matter or a control of the catalog.',
    *broken(set) {
      for (const doc of set.docs) {
        const resources = new Set(
          listOf(nodeOf(doc.root, 'back-matter'), 'resources').map((each) => textOf(each, 'uuid')),
        );
        const known = doc === set.catalog ? idsOf(doc) : new Set<string>();
        for (const found of doc.all) {
          const href = textOf(found.node, 'href');
          if (!href.startsWith('#')) continue;
          if (!resources.has(href.slice(1)) && !known.has(href.slice(1)))
            yield at({ ...found, doc }, `there is no ${href}`);
        }
      }
    },
  },
  {
    id: 'resource-used',
    says: 'Every resource of the back matter is referred to.',
    *broken(set) {
      for (const doc of set.docs) {
        const used = new Set(doc.all.map(({ node }) => textOf(node, 'href')));
        for (const found of doc.all)
          if (found.key === 'resources' && !used.has(`#${textOf(found.node, 'uuid')}`))
            yield at({ ...found, doc }, 'nothing refers to it');
      }
    },
  },
  {
    id: 'mapping-target-known',
    says: 'A mapping to NIST SP 800-53 names controls that its revision 5 has, and overlaps, never equals.',
    *broken(set) {
      for (const mapping of set.keyed('mappings')) {
        const isNist = textOf(nodeOf(mapping.node, 'target-resource'), 'href') === `#${NIST.uuid}`;
        for (const map of isNist ? listOf(mapping.node, 'maps') : []) {
          for (const target of listOf(map, 'targets'))
            if (!nistControls().has(textOf(target, 'id-ref')))
              yield at(mapping, `NIST SP 800-53 has no ${textOf(target, 'id-ref')}`);
          if (textOf(map, 'relationship') !== 'intersects-with')
            yield at(mapping, `${textOf(map, 'relationship')} claims more than an overlap`);
        }
      }
    },
  },
];
