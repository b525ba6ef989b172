/** Duties in the two plans: what the provider provides is what the tenant inherits, and so on. */
import { type Found, listOf, nodeOf, type OscalSet, our, ours, textOf, theirs } from '../set.ts';
import { at, type Rule } from './rule.ts';

const DUTIES = ['operate', 'configure', 'respond', 'assure'];
const OWNED_BY_NOBODY = ['unowned', 'contested'];

/** Uuid of what the provider's plan exports → the statement that exports it. */
function exported(set: OscalSet, what: 'provided' | 'responsibilities'): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const each of set.providerPlan?.all ?? []) {
    if (each.key !== what) continue;
    found.set(textOf(each.node, 'uuid'), textOf(statementAbove(each)?.node, 'statement-id'));
  }
  return found;
}

function statementAbove(found: Found): Found | undefined {
  let above = found.parent;
  while (above !== undefined && above.key !== 'statements') above = above.parent;
  return above;
}

const plan = (set: OscalSet): readonly (Found & { readonly doc: NonNullable<OscalSet['tenantPlan']> })[] => {
  const doc = set.tenantPlan;
  return doc === undefined ? [] : doc.all.map((found) => ({ ...found, doc }));
};

export const dutyRules: readonly Rule[] = [
  {
    id: 'provided-inherited',
    says: 'What a tenant inherits is provided in the provider’s plan, for the same duty of the same control.',
    across: true,
    *broken(set) {
      const provided = exported(set, 'provided');
      for (const found of plan(set)) {
        const uuid = found.key === 'inherited' ? textOf(found.node, 'provided-uuid') : '';
        if (uuid !== '' && provided.get(uuid) !== textOf(statementAbove(found)?.node, 'statement-id'))
          yield at(found, `the provider’s plan does not provide ${uuid} here`);
      }
    },
  },
  {
    id: 'responsibility-satisfied',
    says: 'What a tenant satisfies is a responsibility that the provider’s plan leaves to it, for the same duty.',
    across: true,
    *broken(set) {
      const left = exported(set, 'responsibilities');
      for (const found of plan(set)) {
        const uuid = found.key === 'satisfied' ? textOf(found.node, 'responsibility-uuid') : '';
        if (uuid !== '' && left.get(uuid) !== textOf(statementAbove(found)?.node, 'statement-id'))
          yield at(found, `the provider’s plan leaves no responsibility ${uuid} here`);
      }
    },
  },
  {
    id: 'provided-said',
    says: 'Where the provider’s plan calls a duty implemented it provides it, and nowhere else.',
    *broken(set) {
      const doc = set.providerPlan;
      for (const found of doc?.byKey.get('by-components') ?? []) {
        const implemented = textOf(nodeOf(found.node, 'implementation-status'), 'state') === 'implemented';
        const provides = listOf(nodeOf(found.node, 'export'), 'provided').length > 0;
        if (doc !== undefined && implemented !== provides)
          yield at({ ...found, doc }, provides ? 'it is not implemented' : 'it provides nothing');
      }
    },
  },
  {
    id: 'four-duties',
    says: 'A requirement that is answered answers each of the four duties, once, under its own statement.',
    *broken(set) {
      for (const found of set.keyed('implemented-requirements')) {
        if (found.doc.model !== 'system-security-plan') continue;
        const statements = listOf(found.node, 'statements');
        if (statements.length === 0 && our(found.node, 'control-status') === 'not-applicable') continue;
        const duties = statements.map((each) => our(each, 'duty'));
        if (DUTIES.some((duty) => duties.filter((each) => each === duty).length !== 1))
          yield at(found, `it answers ${duties.join(', ')}`);
        for (const each of statements)
          if (!textOf(each, 'statement-id').endsWith(`_smt.${our(each, 'duty') ?? ''}`))
            yield at(found, `${textOf(each, 'statement-id')} is answered for another duty`);
      }
    },
  },
  {
    id: 'state-known',
    says: 'A duty is owned, contested or unowned; one that is owned has a party, one that is not is nobody’s.',
    *broken(set) {
      for (const found of plan(set)) {
        if (found.key !== 'by-components') continue;
        const states = ours(found.node, 'duty-state');
        if (
          states.length === 0 ||
          states.some((state) => state !== 'owned' && !OWNED_BY_NOBODY.includes(state))
        )
          yield at(found, `its state is ${states.join(', ')}`);
        const takes = listOf(found.node, 'satisfied').length + listOf(found.node, 'inherited').length;
        if (!states.includes('owned') && (takes > 0 || our(found.node, 'party') !== undefined))
          yield at(found, 'it is nobody’s, and somebody answers for it');
        if (states.includes('owned') && our(found.node, 'party') === undefined)
          yield at(found, 'it is owned, and nobody is named');
      }
    },
  },
  {
    id: 'inherited-from-provider',
    says: 'What is inherited is the provider’s, what is satisfied is the customer’s; neither goes without saying.',
    *broken(set) {
      for (const found of plan(set)) {
        if (found.key !== 'by-components') continue;
        const party = our(found.node, 'party');
        if (listOf(found.node, 'inherited').length > 0 !== (party === 'provider'))
          yield at(found, `it is inherited from ${party ?? 'nobody'}, or is not said to be`);
        if (listOf(found.node, 'satisfied').length > 0 !== (party === 'customer'))
          yield at(found, `it is satisfied by ${party ?? 'nobody'}, or is not said to be`);
      }
    },
  },
  {
    id: 'decided-by-known',
    says: 'Every answer says by which rule it was decided.',
    *broken(set) {
      for (const found of plan(set))
        if (found.key === 'by-components' && our(found.node, 'decided-by') === undefined)
          yield at(found, 'it does not say by which rule');
    },
  },
  {
    id: 'origination-agrees',
    says: 'The origin of a control is what its parties say: inherited, customer-configured or customer-provided.',
    *broken(set) {
      for (const found of plan(set)) {
        if (found.key !== 'implemented-requirements') continue;
        const parties = new Set(
          listOf(found.node, 'statements').flatMap((each) =>
            listOf(each, 'by-components').flatMap((by) => ours(by, 'party')),
          ),
        );
        const said = theirs(found.node, 'control-origination');
        if (said !== wanted(parties))
          yield at(found, `it says ${said ?? 'nothing'}, its parties ${[...parties].join(', ')}`);
      }
    },
  },
  {
    id: 'entitlement-component',
    says: 'A purchase is an authorization and a component of the plan, of one service and tier.',
    *broken(set) {
      const doc = set.tenantPlan;
      if (doc === undefined) return;
      const components = new Set(
        doc.all.filter(({ key }) => key === 'components').map(({ node }) => our(node, 'entitlement-id')),
      );
      for (const found of doc.all) {
        if (found.key !== 'leveraged-authorizations') continue;
        const id = our(found.node, 'entitlement-id');
        if (id === undefined) continue;
        if (!components.has(id)) yield at({ ...found, doc }, `there is no component for ${id}`);
        if (our(found.node, 'service-id') === undefined || our(found.node, 'tier') === undefined)
          yield at({ ...found, doc }, 'it does not say which service and tier');
      }
    },
  },
  {
    id: 'implemented-holds',
    says: 'What the plan calls implemented is effectively satisfied.',
    *broken(set) {
      for (const found of plan(set)) {
        if (found.key !== 'implemented-requirements') continue;
        const status = our(found.node, 'control-status');
        const states = listOf(found.node, 'statements').flatMap((each) =>
          listOf(each, 'by-components').map((by) => textOf(nodeOf(by, 'implementation-status'), 'state')),
        );
        if (status !== 'satisfied' && states.length > 0 && states.every((state) => state === 'implemented'))
          yield at(found, `its status is ${status ?? 'unknown'}, and all of it is called implemented`);
      }
    },
  },
];

function wanted(parties: ReadonlySet<string>): string | undefined {
  if (parties.size === 0) return undefined;
  if (!parties.has('customer')) return parties.has('provider') ? 'inherited' : 'organization';
  return parties.has('provider') ? 'customer-configured' : 'customer-provided';
}
