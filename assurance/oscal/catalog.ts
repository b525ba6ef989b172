/** The control catalogue as an OSCAL catalog, and the profile that selects all of it. */
import { DUTIES } from '@demarc/platform/contract/api';
import type { Control, EvidenceRule } from '../catalogue/catalogue.ts';
import { byId, type ExportContext, NIST, nistResource, objectiveId, statementId } from './context.ts';
import { line, type Node, oscalProp, prop, uuidOf } from './words.ts';

const DUTY_SAYS = {
  operate: 'The mechanism is run day to day.',
  configure: 'Scope, policy and exclusions are decided.',
  respond: 'What the mechanism finds is acted on.',
  assure: 'The evidence is produced and checked.',
} as const;

export function catalogDocument(context: ExportContext): Node {
  const { catalogue } = context.assessment;
  const controls = byId(catalogue.controls.values());
  return {
    catalog: {
      uuid: context.documentUuid('catalog'),
      metadata: context.metadata('Shared-responsibility security controls', catalogue.version),
      groups: catalogue.areas
        .map((area) => ({
          id: `area-${area.id.replaceAll(' ', '-')}`,
          class: 'area',
          title: line(area.id),
          props: [prop('area', area.id)],
          parts: area.note === '' ? [] : [{ name: 'overview', prose: area.note }],
          controls: controls
            .filter((control) => control.area === area.id)
            .map((control) => controlOf(control)),
        }))
        .filter((group) => group.controls.length > 0),
      'back-matter': { resources: [nistResource] },
    },
  };
}

function controlOf(control: Control): Node {
  const { default_responsibility: defaults } = control;
  return {
    id: control.id,
    class: 'shared-responsibility',
    title: line(control.title),
    props: [
      oscalProp('label', control.id),
      oscalProp('sort-id', control.id.toLowerCase()),
      prop('layer', control.layer),
      prop('capability', control.capability),
      prop('worth', control.worth),
      ...control.asset_types.map((type) => prop('asset-type', type)),
      ...DUTIES.map((duty) => prop('party', defaults[duty], { class: duty })),
      prop('party', defaults.accountable, { class: 'accountable' }),
    ],
    links: [
      ...control.depends_on.map(({ control: lower, effect }) => ({
        href: `#${lower}`,
        rel: effect === 'informs' ? 'related' : 'required',
        text: line(effect),
      })),
      ...control.nist_800_53_r5.map((id) => ({
        href: `#${NIST.uuid}`,
        rel: 'reference',
        'resource-fragment': id,
        text: line(`${NIST.title} ${id}`),
      })),
    ],
    parts: [
      {
        id: statementId(control.id),
        name: 'statement',
        prose: control.objective,
        parts: DUTIES.map((duty) => ({
          id: statementId(control.id, duty),
          name: 'item',
          props: [prop('duty', duty)],
          prose: DUTY_SAYS[duty],
        })),
      },
      { id: objectiveId(control.id), name: 'assessment-objective', prose: control.objective },
      ...control.evidence.map((rule) => ({
        id: `${control.id}_gdn.${rule.id.split('.')[1] ?? ''}`,
        name: 'guidance',
        class: 'evidence-rule',
        props: [
          prop('evidence-rule', rule.id),
          prop('evidence-source', rule.source),
          prop('fresh-seconds', rule.freshForSeconds),
          prop('required', rule.required),
        ],
        prose: rule.asserts,
      })),
    ],
  };
}

export function profileDocument(context: ExportContext): Node {
  return {
    profile: {
      uuid: context.documentUuid('profile'),
      metadata: context.metadata('All controls of the catalogue', context.assessment.catalogue.version),
      imports: [{ href: 'catalog.json', 'include-all': {} }],
      merge: { 'as-is': true },
    },
  };
}

/** Catalogue → NIST SP 800-53: the two ask for some of the same, neither for all of the other. */
export function mappingDocument(context: ExportContext): Node {
  const { catalogue } = context.assessment;
  return {
    'mapping-collection': {
      uuid: context.documentUuid('mapping-collection'),
      metadata: context.metadata('Catalogue to NIST SP 800-53 revision 5', catalogue.version),
      provenance: {
        method: 'human',
        'matching-rationale': 'semantic',
        status: 'complete',
        'mapping-description': 'Written with the catalogue: which controls of NIST each of ours overlaps.',
      },
      mappings: [
        {
          uuid: uuidOf('mapping', catalogue.id, 'nist-800-53-r5'),
          'source-resource': { type: 'catalog', href: 'catalog.json' },
          'target-resource': { type: 'catalog', href: `#${NIST.uuid}` },
          maps: byId(catalogue.controls.values())
            .filter((control) => control.nist_800_53_r5.length > 0)
            .map((control) => ({
              uuid: uuidOf('map', catalogue.id, control.id),
              relationship: 'intersects-with',
              sources: [{ type: 'control', 'id-ref': control.id }],
              targets: control.nist_800_53_r5.map((id) => ({ type: 'control', 'id-ref': id })),
            })),
        },
      ],
      'back-matter': { resources: [nistResource] },
    },
  };
}

/** How the evidence of a rule is gathered, in OSCAL's three words. */
export function methodOf({ kind }: Pick<EvidenceRule, 'kind'>): 'TEST' | 'EXAMINE' | 'INTERVIEW' {
  if (kind === 'attestation') return 'INTERVIEW';
  return ['config_state', 'inventory', 'record', 'third_party_report'].includes(kind) ? 'EXAMINE' : 'TEST';
}
