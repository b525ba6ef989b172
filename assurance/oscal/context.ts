/** What every document of one export has in common: the instants, the parties, the ids that others refer to. */
import type { Duty } from '@demarc/platform/contract/api';
import { OSCAL_DOCUMENTS, type OscalDocumentName } from '@demarc/platform/contract/assurance/oscal';
import type { Control } from '../catalogue/catalogue.ts';
import type { Assessment } from '../evaluation/assessment.ts';
import { instant, line, type Node, type OscalVersion, prop, titled, uuidOf } from './words.ts';

export const DOCUMENTS = OSCAL_DOCUMENTS;
export type DocumentName = OscalDocumentName;

/** Mappings came with OSCAL 1.2: its 1.1.2 has no model for them, and the catalog's links say it there. */
export const documentsOf = (version: OscalVersion): readonly DocumentName[] =>
  DOCUMENTS.filter((name) => version !== '1.1.2' || name !== 'mapping-collection');

export const fileOf = (name: DocumentName): string => `${name}.json`;

/** NIST SP 800-53 revision 5, as NIST publishes it. */
export const NIST = {
  uuid: uuidOf('resource', 'nist-800-53-r5'),
  title: 'NIST SP 800-53 revision 5',
  href: 'https://raw.githubusercontent.com/usnistgov/oscal-content/main/nist.gov/SP800-53/rev5/json/NIST_SP-800-53_rev5_catalog.json',
} as const;

export const BUILT_IN_PARTIES = [
  { partyId: 'provider', name: 'The provider', kind: 'organization', role: 'provider' },
  { partyId: 'customer', name: 'The customer', kind: 'organization', role: 'customer' },
  { partyId: 'ams', name: 'The application-managed-services team', kind: 'team', role: 'ams' },
] as const;

const ROLES = [
  ['provider', 'Provider'],
  ['customer', 'Customer'],
  ['ams', 'Application-managed-services team'],
  ['third-party', 'Third party'],
  ['assessor', 'Who collects and judges the evidence'],
] as const;

export const statementId = (controlId: string, duty?: Duty): string =>
  duty === undefined ? `${controlId}_smt` : `${controlId}_smt.${duty}`;
export const objectiveId = (controlId: string): string => `${controlId}_obj`;

export interface ExportContext {
  readonly assessment: Assessment;
  readonly version: OscalVersion;
  /** The platform as a component of the provider's plan, and what a tenant leans on. */
  readonly platformUuid: string;
  readonly systemUuid: string;
  partyUuid(partyId: string): string;
  serviceUuid(serviceId: string): string;
  assetUuid(assetId: string): string;
  metadata(title: string, documentVersion: string): Node;
  documentUuid(name: DocumentName): string;
}

export function contextOf(assessment: Assessment, version: OscalVersion): ExportContext {
  const { tenantId, asOfMs, knownAtMs, digest, standing, catalogue } = assessment;
  const partyUuid = (partyId: string): string => uuidOf('party', tenantId, partyId);
  const registered = [...standing.parties.values()];
  const parties = [
    ...BUILT_IN_PARTIES.filter(({ partyId }) => !standing.parties.has(partyId)).map((party) => ({
      uuid: partyUuid(party.partyId),
      type: 'organization',
      name: party.name,
      props: [prop('party', party.partyId), prop('party-kind', party.kind), prop('party-role', party.role)],
    })),
    ...registered.map((party) => {
      const { title, exact } = titled(party.name);
      return {
        uuid: partyUuid(party.partyId),
        type: party.kind === 'person' ? 'person' : 'organization',
        name: title,
        props: [
          prop('party', party.partyId),
          prop('party-kind', party.kind),
          prop('party-role', party.role),
          prop('declared-at', instant(party.fromMs)),
          ...(party.toMs === undefined ? [] : [prop('valid-to', instant(party.toMs))]),
          ...exact,
        ],
        remarks: party.contact === '' ? undefined : party.contact,
      };
    }),
  ];
  return {
    assessment,
    version,
    platformUuid: uuidOf('component', 'platform', catalogue.id),
    systemUuid: uuidOf('component', 'tenant', tenantId),
    partyUuid,
    serviceUuid: (serviceId) => uuidOf('component', 'service', catalogue.id, serviceId),
    // The tenant as a whole is a component, not a piece of its inventory.
    assetUuid: (assetId) =>
      assetId === 'tenant' ? uuidOf('component', 'tenant', tenantId) : uuidOf('asset', tenantId, assetId),
    metadata: (title, documentVersion) => ({
      title: line(title),
      'last-modified': instant(asOfMs),
      version: line(documentVersion),
      'oscal-version': version,
      props: [
        prop('as-of', instant(asOfMs)),
        prop('known-at', instant(knownAtMs)),
        prop('digest', digest),
        prop('catalogue-id', `${catalogue.id} ${catalogue.version}`),
      ],
      roles: ROLES.map(([id, roleTitle]) => ({ id, title: roleTitle })),
      parties,
      'responsible-parties': [{ 'role-id': 'assessor', 'party-uuids': [partyUuid('provider')] }],
    }),
    documentUuid: (name) =>
      uuidOf('document', name, version, tenantId, instant(asOfMs), instant(knownAtMs), digest),
  };
}

export const nistResource: Node = {
  uuid: NIST.uuid,
  title: NIST.title,
  rlinks: [{ href: NIST.href, 'media-type': 'application/oscal.catalog+json' }],
};

/** The parties of a duty: two of them where they have it together. */
export const partiesOf = (party: string | null): readonly string[] => party?.split('+') ?? [];

export const byId = (controls: Iterable<Control>): readonly Control[] =>
  [...controls].sort((a, b) => (a.id < b.id ? -1 : 1));
