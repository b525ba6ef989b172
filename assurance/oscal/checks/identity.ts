/** Ids: unique where they must be, and there where they are referred to. */
import { documentsOf, fileOf } from '../context.ts';
import { type Doc, listOf, nodeOf, our, textOf, textsOf, theirs } from '../set.ts';
import { NS, OSCAL_VERSIONS, type OscalVersion, OUR_PROPS } from '../words.ts';
import { at, type Rule } from './rule.ts';

/** OSCAL's own properties that our documents use. */
const THEIR_PROPS = [
  'label',
  'sort-id',
  'control-origination',
  'leveraged-authorization-uuid',
  'implementation-point',
  'inherited-uuid',
  'state',
  'method',
  'type',
];

const uuidsIn = (doc: Doc | undefined, keys: readonly string[]): ReadonlySet<string> =>
  new Set((doc?.all ?? []).filter(({ key }) => keys.includes(key)).map(({ node }) => textOf(node, 'uuid')));

export const identityRules: readonly Rule[] = [
  {
    id: 'uuid-unique',
    says: 'No two objects of a document have the same uuid.',
    *broken(set) {
      for (const doc of set.docs) {
        const seen = new Set<string>();
        for (const found of doc.all) {
          const uuid = textOf(found.node, 'uuid');
          if (uuid === '') continue;
          if (seen.has(uuid)) yield at({ ...found, doc }, `${uuid} is there twice`);
          seen.add(uuid);
        }
      }
    },
  },
  {
    id: 'uuid-same-thing',
    says: 'An observation, finding or risk that stands in two documents is the same in both.',
    across: true,
    *broken(set) {
      const known = new Map<string, string>();
      for (const found of set.keyed('observations', 'findings', 'risks')) {
        const { 'related-risks': _elsewhere, ...node } = found.node;
        const uuid = textOf(node, 'uuid');
        const said = JSON.stringify(node);
        if ((known.get(uuid) ?? said) !== said) yield at(found, `${uuid} says something else elsewhere`);
        known.set(uuid, said);
      }
    },
  },
  {
    id: 'party-resolves',
    says: 'Every party that is named is among the parties of the document’s metadata.',
    *broken(set) {
      for (const doc of set.docs) {
        const parties = new Set(
          listOf(nodeOf(doc.root, 'metadata'), 'parties').map((each) => textOf(each, 'uuid')),
        );
        for (const found of doc.all) {
          const named = [
            ...textsOf(found.node, 'party-uuids'),
            textOf(found.node, 'party-uuid'),
            found.key === 'actors' && found.node['type'] === 'party' ? textOf(found.node, 'actor-uuid') : '',
          ];
          for (const uuid of named)
            if (uuid !== '' && !parties.has(uuid)) yield at({ ...found, doc }, `there is no party ${uuid}`);
        }
      }
    },
  },
  {
    id: 'role-resolves',
    says: 'Every role that is named is among the roles of the document’s metadata.',
    *broken(set) {
      for (const doc of set.docs) {
        const roles = new Set(
          listOf(nodeOf(doc.root, 'metadata'), 'roles').map((each) => textOf(each, 'id')),
        );
        for (const found of doc.all)
          for (const role of [textOf(found.node, 'role-id'), ...textsOf(found.node, 'role-ids')])
            if (role !== '' && !roles.has(role)) yield at({ ...found, doc }, `there is no role ${role}`);
      }
    },
  },
  {
    id: 'party-known',
    says: 'A party that has a duty or an item is registered in the document.',
    *broken(set) {
      for (const doc of set.docs) {
        const known = new Set(
          listOf(nodeOf(doc.root, 'metadata'), 'parties').map((each) => our(each, 'party')),
        );
        for (const found of doc.all) {
          if (!['by-components', 'poam-items', 'resources'].includes(found.key)) continue;
          const party = our(found.node, 'party');
          if (party !== undefined && !known.has(party))
            yield at({ ...found, doc }, `there is no party ${party}`);
        }
      }
    },
  },
  {
    id: 'component-resolves',
    says: 'Every component that is named is defined in the same document.',
    *broken(set) {
      for (const doc of set.docs) {
        const components = uuidsIn(doc, ['components']);
        for (const found of doc.all) {
          const uuid = textOf(found.node, 'component-uuid');
          if (uuid !== '' && !components.has(uuid))
            yield at({ ...found, doc }, `there is no component ${uuid}`);
        }
      }
    },
  },
  {
    id: 'component-once',
    says: 'A statement has one entry for a component, not two.',
    *broken(set) {
      for (const found of set.keyed('statements')) {
        const named = listOf(found.node, 'by-components').map((each) => textOf(each, 'component-uuid'));
        if (new Set(named).size !== named.length) yield at(found, 'a component is there twice');
      }
    },
  },
  {
    id: 'subject-resolves',
    says: 'What was observed is a component or a piece of inventory of the tenant’s plan.',
    across: true,
    *broken(set) {
      const components = uuidsIn(set.tenantPlan, ['components']);
      const inventory = uuidsIn(set.tenantPlan, ['inventory-items']);
      for (const found of set.keyed('subjects')) {
        const uuid = textOf(found.node, 'subject-uuid');
        const there = found.node['type'] === 'component' ? components : inventory;
        if (uuid !== '' && !there.has(uuid))
          yield at(found, `there is no ${textOf(found.node, 'type')} ${uuid}`);
      }
    },
  },
  {
    id: 'asset-once',
    says: 'An asset is in the inventory once.',
    *broken(set) {
      for (const doc of set.docs) {
        const seen = new Set<string>();
        for (const found of doc.all) {
          if (found.key !== 'inventory-items') continue;
          const assetId = our(found.node, 'asset-id') ?? '';
          if (seen.has(assetId) || assetId === '')
            yield at({ ...found, doc }, assetId === '' ? 'it has no asset-id' : `${assetId} is there twice`);
          seen.add(assetId);
        }
      }
    },
  },
  {
    id: 'asset-known',
    says: 'An asset that a statement, a finding or an item names is in the inventory.',
    across: true,
    *broken(set) {
      const known = new Set([
        'tenant',
        ...(set.tenantPlan?.all ?? [])
          .filter(({ key }) => key === 'inventory-items')
          .map(({ node }) => our(node, 'asset-id')),
      ]);
      // An item may outlive the asset that it was about.
      for (const found of set.keyed('by-components', 'findings')) {
        const assetId = our(found.node, 'asset-id');
        if (assetId !== undefined && !known.has(assetId)) yield at(found, `there is no asset ${assetId}`);
      }
    },
  },
  {
    id: 'prop-known',
    says: 'A property of our namespace is one that this namespace has.',
    *broken(set) {
      for (const found of set.keyed('props'))
        if (found.node['ns'] === NS && !Object.hasOwn(OUR_PROPS, textOf(found.node, 'name')))
          yield at(found, `${NS} has no property ${textOf(found.node, 'name')}`);
    },
  },
  {
    id: 'prop-theirs',
    says: 'A property without a namespace is one of OSCAL’s own.',
    *broken(set) {
      for (const found of set.keyed('props'))
        if (found.node['ns'] === undefined && !THEIR_PROPS.includes(textOf(found.node, 'name')))
          yield at(found, `OSCAL has no property ${textOf(found.node, 'name')} here`);
    },
  },
  {
    id: 'version-same',
    says: 'All documents of the set are of one OSCAL version, and a known one.',
    *broken(set) {
      const [first] = set.docs;
      const wanted = textOf(nodeOf(first?.root, 'metadata'), 'oscal-version');
      for (const doc of set.docs) {
        const found = textOf(nodeOf(doc.root, 'metadata'), 'oscal-version');
        if (found !== wanted || !OSCAL_VERSIONS.includes(found as OscalVersion))
          yield {
            file: doc.file,
            location: `/${doc.model}/metadata/oscal-version`,
            says: `${found}, not ${wanted}`,
          };
      }
    },
  },
  {
    id: 'instant-same',
    says: 'All documents of the set are about one instant, as it was known at one instant, of one assessment.',
    across: true,
    *broken(set) {
      const said = (doc: Doc | undefined): string => {
        const metadata = nodeOf(doc?.root, 'metadata');
        return [
          textOf(metadata, 'last-modified'),
          our(metadata, 'as-of'),
          our(metadata, 'known-at'),
          our(metadata, 'digest'),
          our(metadata, 'catalogue-id'),
        ].join(' ');
      };
      for (const doc of set.docs)
        if (said(doc) !== said(set.docs[0]))
          yield { file: doc.file, location: `/${doc.model}/metadata`, says: said(doc) };
    },
  },
  {
    id: 'set-whole',
    says: 'The set has every document that its version has, each once.',
    across: true,
    *broken(set) {
      const version = textOf(nodeOf(set.docs[0]?.root, 'metadata'), 'oscal-version') as OscalVersion;
      const files = set.docs.map(({ file }) => file);
      for (const name of OSCAL_VERSIONS.includes(version) ? documentsOf(version) : [])
        if (files.filter((file) => file === fileOf(name)).length !== 1)
          yield { file: fileOf(name), location: '/', says: 'it is missing, or there twice' };
    },
  },
  {
    id: 'authorization-resolves',
    says: 'What is leveraged names an authorization of the plan and a component of the provider’s.',
    across: true,
    *broken(set) {
      const authorizations = uuidsIn(set.tenantPlan, ['leveraged-authorizations']);
      const components = uuidsIn(set.providerPlan, ['components']);
      for (const found of set.keyed('components')) {
        const authorization = theirs(found.node, 'leveraged-authorization-uuid');
        const inherited = theirs(found.node, 'inherited-uuid');
        if (authorization !== undefined && !authorizations.has(authorization))
          yield at(found, `there is no authorization ${authorization}`);
        if (inherited !== undefined && !components.has(inherited))
          yield at(found, `the provider’s plan has no component ${inherited}`);
        if ((authorization === undefined) !== (inherited === undefined))
          yield at(found, 'it names one of authorization and component, not both');
      }
    },
  },
];
