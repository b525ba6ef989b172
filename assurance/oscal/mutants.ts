/** Mistakes that people and programs make in OSCAL documents and that the schemas accept: for the checker's test. */
import type { Node } from './words.ts';

type Open = Record<string, unknown>;
export interface MutableFile {
  readonly file: string;
  readonly document: Open;
}

/** Changes the set in place. @returns false where there is nothing that it could change */
type Mutation = (set: readonly MutableFile[]) => boolean;

const GHOST = '11111111-1111-4111-8111-111111111111';

const isOpen = (value: unknown): value is Open =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Every object below a property of this name. */
function below(value: unknown, key: string): readonly Open[] {
  const found: Open[] = [];
  const walk = (held: unknown, name: string): void => {
    if (Array.isArray(held)) for (const item of held) walk(item, name);
    else if (isOpen(held)) {
      if (name === key) found.push(held);
      for (const [inner, each] of Object.entries(held)) walk(each, inner);
    }
  };
  walk(value, '');
  return found;
}

const inFile = (set: readonly MutableFile[], file: string): Open =>
  set.find((each) => each.file === `${file}.json`)?.document ?? {};

const change =
  (file: string, key: string, is: (node: Open) => boolean, how: (node: Open) => void): Mutation =>
  (set) => {
    const node = below(inFile(set, file), key).find((each) => is(each));
    if (node === undefined) return false;
    how(node);
    return true;
  };

const setKey =
  (file: string, key: string, name: string, value: unknown): Mutation =>
  (set) =>
    change(
      file,
      key,
      (node) => node[name] !== undefined,
      (node) => {
        node[name] = value;
      },
    )(set);

const props = (node: Open): Open[] => (Array.isArray(node['props']) ? (node['props'] as Open[]) : []);
const propOf = (node: Open, name: string): string | undefined =>
  props(node).find((each) => each['name'] === name)?.['value'] as string | undefined;
const setProp = (node: Open, name: string, value: string): void => {
  const found = props(node).find((each) => each['name'] === name);
  if (found !== undefined) found['value'] = value;
};
const dropProp = (node: Open, name: string): void => {
  const left = props(node).filter((each) => each['name'] !== name);
  if (left.length === 0) delete node['props'];
  else node['props'] = left;
};
const list = (node: Open, key: string): Open[] => (Array.isArray(node[key]) ? (node[key] as Open[]) : []);
const has = (key: string) => (node: Open) => list(node, key).length > 0;
const always = (): boolean => true;

const PLAN = 'tenant-plan';
const RESULTS = 'assessment-results';
const ACTION = 'plan-of-action';

/** Each is a mistake of its own, by name. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a uuid copied with its finding': change(RESULTS, 'results', has('findings'), (node) => {
    const [first, second] = list(node, 'findings');
    if (first !== undefined && second !== undefined) second['uuid'] = first['uuid'];
  }),
  'an observation with the uuid of a risk': change(RESULTS, 'results', has('risks'), (node) => {
    const [observation] = list(node, 'observations');
    if (observation !== undefined) observation['uuid'] = list(node, 'risks')[0]?.['uuid'];
  }),
  'a party that is not there': setKey(PLAN, 'leveraged-authorizations', 'party-uuid', GHOST),
  'a responsible party that is not there': setKey(PLAN, 'responsible-roles', 'party-uuids', [GHOST]),
  'an origin that is nobody': change(
    ACTION,
    'actors',
    (node) => node['type'] === 'party',
    (node) => {
      node['actor-uuid'] = GHOST;
    },
  ),
  'a role that is not there': setKey(PLAN, 'responsible-roles', 'role-id', 'grand-vizier'),
  'a user with a role that is not there': setKey('provider-plan', 'users', 'role-ids', ['nobody']),
  'a party that nobody registered': change(
    PLAN,
    'by-components',
    (node) => propOf(node, 'party') === 'backup-house',
    (node) => setProp(node, 'party', 'elsewhere'),
  ),
  'a component that is not there': setKey(PLAN, 'by-components', 'component-uuid', GHOST),
  'a component of another document': setKey('provider-plan', 'by-components', 'component-uuid', GHOST),
  'two entries for one component': change(
    PLAN,
    'statements',
    (node) => list(node, 'by-components').length > 1,
    (node) => {
      const [first, second] = list(node, 'by-components');
      if (first !== undefined && second !== undefined) second['component-uuid'] = first['component-uuid'];
    },
  ),
  'a subject that is not in the inventory': setKey(RESULTS, 'subjects', 'subject-uuid', GHOST),
  'a machine called a component': change(
    RESULTS,
    'subjects',
    (node) => node['type'] === 'inventory-item',
    (node) => {
      node['type'] = 'component';
    },
  ),
  'an asset in the inventory twice': change(PLAN, 'system-implementation', has('inventory-items'), (node) => {
    const [first, second] = list(node, 'inventory-items');
    if (first !== undefined && second !== undefined)
      setProp(second, 'asset-id', propOf(first, 'asset-id') ?? '');
  }),
  'a finding about an asset that is gone': change(RESULTS, 'findings', always, (node) =>
    setProp(node, 'asset-id', 'vm-99'),
  ),
  'a machine left out of the inventory': change(
    PLAN,
    'system-implementation',
    has('inventory-items'),
    (node) => {
      list(node, 'inventory-items').shift();
    },
  ),
  'a property misspelt': change(RESULTS, 'findings', always, (node) => {
    props(node).push({ name: 'contol-status', ns: props(node)[0]?.['ns'], value: 'satisfied' });
  }),
  'a property without its namespace': change(RESULTS, 'findings', always, (node) => {
    delete props(node)[0]?.['ns'];
  }),
  'one document of another OSCAL version': setKey(RESULTS, 'metadata', 'oscal-version', '1.0.4'),
  'one document of another day': change(RESULTS, 'metadata', always, (node) => {
    node['last-modified'] = '2026-11-19T12:00:00.000Z';
    setProp(node, 'as-of', '2026-11-19T12:00:00.000Z');
  }),
  'one document of another assessment': change(ACTION, 'metadata', always, (node) =>
    setProp(node, 'digest', '0'.repeat(64)),
  ),
  'a date that is not the document’s': change('catalog', 'metadata', always, (node) => {
    node['last-modified'] = '2026-01-01T00:00:00.000Z';
  }),
  'an authorization that is not there': change(
    PLAN,
    'components',
    (node) => propOf(node, 'leveraged-authorization-uuid') !== undefined,
    (node) => setProp(node, 'leveraged-authorization-uuid', GHOST),
  ),
  'a leveraged component that the provider does not have': change(
    PLAN,
    'components',
    (node) => propOf(node, 'inherited-uuid') !== undefined,
    (node) => setProp(node, 'inherited-uuid', GHOST),
  ),
  'a purchase without its component': change(
    PLAN,
    'leveraged-authorizations',
    (node) => propOf(node, 'entitlement-id') !== undefined,
    (node) => setProp(node, 'entitlement-id', 'e-99'),
  ),
  'a purchase of no tier': change(
    PLAN,
    'leveraged-authorizations',
    (node) => propOf(node, 'tier') !== undefined,
    (node) => dropProp(node, 'tier'),
  ),
  'an authorization of another plan': change(PLAN, 'leveraged-authorizations', always, (node) => {
    delete node['links'];
  }),
  'a control that is not in the catalog': setKey(PLAN, 'implemented-requirements', 'control-id', 'XXX-99'),
  'a control answered twice': change(PLAN, 'control-implementation', always, (node) => {
    const [first, second] = list(node, 'implemented-requirements');
    if (first !== undefined && second !== undefined) second['control-id'] = first['control-id'];
  }),
  'a control left out of the plan': change(PLAN, 'control-implementation', always, (node) => {
    list(node, 'implemented-requirements').pop();
  }),
  'a control left out of the provider’s plan': change(
    'provider-plan',
    'control-implementation',
    always,
    (node) => {
      list(node, 'implemented-requirements').pop();
    },
  ),
  'a control renamed in the catalog': setKey('catalog', 'controls', 'id', 'ZZZ-01'),
  'a control in the catalog twice': change(
    'catalog',
    'groups',
    (node) => list(node, 'controls').length > 1,
    (node) => {
      const [first, second] = list(node, 'controls');
      if (first !== undefined && second !== undefined) second['id'] = first['id'];
    },
  ),
  'a control that leans on nothing': change(
    'catalog',
    'links',
    (node) => node['rel'] === 'required',
    (node) => {
      node['href'] = '#ZZZ-09';
    },
  ),
  'a control that leans on itself': (set) => {
    const control = below(inFile(set, 'catalog'), 'controls').find((node) =>
      list(node, 'links').some(({ rel }) => rel === 'required'),
    );
    const link = list(control ?? {}, 'links').find(({ rel }) => rel === 'required');
    if (control === undefined || link === undefined) return false;
    link['href'] = `#${String(control['id'])}`;
    return true;
  },
  'a statement of another control': (set) => {
    const [first, second] = below(inFile(set, PLAN), 'implemented-requirements').filter(has('statements'));
    const [from, to] = [list(first ?? {}, 'statements')[0], list(second ?? {}, 'statements')[0]];
    if (from === undefined || to === undefined) return false;
    from['statement-id'] = to['statement-id'];
    return true;
  },
  'a statement that does not exist': setKey(PLAN, 'statements', 'statement-id', 'VMS-09_smt.pray'),
  'a duty answered under another’s statement': change(
    PLAN,
    'implemented-requirements',
    has('statements'),
    (node) => {
      const [first, second] = list(node, 'statements');
      if (first === undefined || second === undefined) return;
      [first['statement-id'], second['statement-id']] = [second['statement-id'], first['statement-id']];
    },
  ),
  'a duty left out': change(PLAN, 'implemented-requirements', has('statements'), (node) => {
    list(node, 'statements').pop();
  }),
  'an objective that does not exist': setKey(RESULTS, 'target', 'target-id', 'VMS-99_obj'),
  'a finding about a statement called objective': setKey(RESULTS, 'target', 'target-id', 'VMS-09_smt'),
  'evidence for no rule': change(
    RESULTS,
    'observations',
    (node) => propOf(node, 'evidence-rule') !== undefined,
    (node) => setProp(node, 'evidence-rule', 'VMS-09.99'),
  ),
  'a plan that is not in the set': setKey(RESULTS, 'import-ap', 'href', 'plan.json'),
  'a profile that is a plan': setKey(PLAN, 'import-profile', 'href', 'provider-plan.json'),
  'the provider’s plan assessed for the tenant’s': setKey(
    'assessment-plan',
    'import-ssp',
    'href',
    'provider-plan.json',
  ),
  'a component definition of no catalog': setKey(
    'component-definition',
    'control-implementations',
    'source',
    'catalogue.json',
  ),
  'a reference to a resource that is gone': setKey('catalog', 'back-matter', 'resources', [
    { uuid: GHOST, title: 'Another' },
  ]),
  'a resource that nothing refers to': change(PLAN, 'back-matter', has('resources'), (node) => {
    list(node, 'resources').push({ uuid: GHOST, title: 'Left behind' });
  }),
  'a mapping to a control NIST does not have': setKey('mapping-collection', 'targets', 'id-ref', 'zz-99'),
  'a mapping from a control we do not have': setKey('mapping-collection', 'sources', 'id-ref', 'ZZZ-99'),
  'a mapping that claims equality': setKey('mapping-collection', 'maps', 'relationship', 'equivalent-to'),
  'inherited, and nobody provides it': setKey(PLAN, 'inherited', 'provided-uuid', GHOST),
  'inherited from another duty': (set) => {
    const both = below(inFile(set, PLAN), 'inherited').filter((node) => node['provided-uuid'] !== undefined);
    const [first, last] = [both[0], both.at(-1)];
    if (first === undefined || last === undefined || first === last) return false;
    first['provided-uuid'] = last['provided-uuid'];
    return true;
  },
  'satisfied, and nobody asked for it': setKey(PLAN, 'satisfied', 'responsibility-uuid', GHOST),
  'provided no longer': change('provider-plan', 'export', has('provided'), (node) => {
    delete node['provided'];
  }),
  'a responsibility dropped by the provider': (set) => {
    const used = new Set(below(inFile(set, PLAN), 'satisfied').map((node) => node['responsibility-uuid']));
    return change(
      'provider-plan',
      'export',
      (node) => list(node, 'responsibilities').some(({ uuid }) => used.has(uuid)),
      (node) => {
        delete node['responsibilities'];
      },
    )(set);
  },
  'owned by nobody': change(
    PLAN,
    'by-components',
    (node) => propOf(node, 'duty-state') === 'owned' && propOf(node, 'party') === 'customer',
    (node) => dropProp(node, 'party'),
  ),
  'unowned, and still inherited': change(PLAN, 'by-components', has('inherited'), (node) =>
    setProp(node, 'duty-state', 'unowned'),
  ),
  'a duty of the customer’s called inherited': change(PLAN, 'by-components', has('inherited'), (node) =>
    setProp(node, 'party', 'customer'),
  ),
  'a duty that was decided by nothing': change(PLAN, 'by-components', always, (node) =>
    dropProp(node, 'decided-by'),
  ),
  'inherited where the customer has part of it': change(
    PLAN,
    'implemented-requirements',
    (node) => propOf(node, 'control-origination') === 'customer-configured',
    (node) => setProp(node, 'control-origination', 'inherited'),
  ),
  'called implemented though it fails': change(
    PLAN,
    'implemented-requirements',
    (node) => propOf(node, 'control-status') === 'not-satisfied' && has('statements')(node),
    (node) => {
      for (const status of below(node, 'implementation-status')) status['state'] = 'implemented';
    },
  ),
  'an observation that is not there': setKey(RESULTS, 'related-observations', 'observation-uuid', GHOST),
  'an observation that no finding rests on': change(
    RESULTS,
    'findings',
    has('related-observations'),
    (node) => {
      delete node['related-observations'];
    },
  ),
  'evidence of another control': (set) => {
    const both = below(inFile(set, RESULTS), 'findings').filter(has('related-observations'));
    const [first, last] = [both[0], both.at(-1)];
    if (first === undefined || last === undefined) return false;
    list(first, 'related-observations').push(...list(last, 'related-observations'));
    return true;
  },
  'a risk that is not there': setKey(ACTION, 'related-risks', 'risk-uuid', GHOST),
  'an item about a finding that is not there': setKey(ACTION, 'related-findings', 'finding-uuid', GHOST),
  'an item without a deadline': change(
    ACTION,
    'risks',
    (node) => propOf(node, 'poam-id') !== undefined,
    (node) => {
      delete node['deadline'];
    },
  ),
  'an item without a way to mend it': change(ACTION, 'risks', has('remediations'), (node) => {
    delete node['remediations'];
  }),
  'a risk in the plan that no item is about': change(
    ACTION,
    'poam-items',
    (node) => list(node, 'related-risks').length > 1,
    (node) => {
      list(node, 'related-risks').pop();
    },
  ),
  'the same finding with another title': change(ACTION, 'findings', always, (node) => {
    node['title'] = 'All is well';
  }),
  'two findings for one control on one asset': change(RESULTS, 'results', has('findings'), (node) => {
    const [first] = list(node, 'findings');
    list(node, 'findings').push({ ...first, uuid: GHOST });
  }),
  'a failure called satisfied': change(
    RESULTS,
    'findings',
    (node) => propOf(node, 'control-status') === 'not-satisfied',
    (node) => {
      const target = node['target'] as Open;
      target['status'] = { state: 'satisfied', reason: 'pass' };
    },
  ),
  'silence called satisfied': change(
    RESULTS,
    'findings',
    (node) => propOf(node, 'control-status') === 'not-assessed',
    (node) => {
      setProp(node, 'control-status', 'satisfied');
      (node['target'] as Open)['status'] = { state: 'satisfied', reason: 'pass' };
    },
  ),
  'stale evidence called a failure': change(
    RESULTS,
    'findings',
    (node) => propOf(node, 'control-status') === 'stale-evidence',
    (node) => {
      (node['target'] as Open)['status'] = { state: 'not-satisfied', reason: 'fail' };
    },
  ),
  'satisfied without evidence': change(
    RESULTS,
    'findings',
    (node) => propOf(node, 'own-status') === 'satisfied',
    (node) => {
      delete node['related-observations'];
    },
  ),
  'satisfied with evidence that failed': (set) => {
    const finding = below(inFile(set, RESULTS), 'findings').find(
      (node) => propOf(node, 'own-status') === 'satisfied',
    );
    const uuid = list(finding ?? {}, 'related-observations')[0]?.['observation-uuid'];
    return change(
      RESULTS,
      'observations',
      (node) => node['uuid'] === uuid,
      (node) => setProp(node, 'result', 'fail'),
    )(set);
  },
  'an effective status better than its own': change(
    RESULTS,
    'findings',
    (node) => propOf(node, 'control-status') === 'stale-evidence',
    (node) => setProp(node, 'own-status', 'not-satisfied'),
  ),
  'a finding against another control’s statement': (set) => {
    const all = below(inFile(set, RESULTS), 'findings');
    const [first, last] = [all[0], all.at(-1)];
    if (first === undefined || last === undefined) return false;
    first['implementation-statement-uuid'] = last['implementation-statement-uuid'];
    return true;
  },
  'a mitigation that is not implemented': setKey(RESULTS, 'mitigating-factors', 'implementation-uuid', GHOST),
  'a finding outside what was reviewed': change(
    RESULTS,
    'control-selections',
    has('include-controls'),
    (node) => {
      list(node, 'include-controls').splice(0, 5);
    },
  ),
  'a method OSCAL does not have': change(RESULTS, 'observations', always, (node) => {
    node['methods'] = ['GUESS'];
  }),
  'evidence without its digest': change(RESULTS, 'relevant-evidence', always, (node) => {
    delete node['props'];
  }),
  'a risk that its controls raise': change(
    RESULTS,
    'facets',
    (node) => propOf(node, 'state') === 'adjusted',
    (node) => {
      node['value'] = '9';
    },
  ),
  'a residual score from somewhere else': change(
    RESULTS,
    'risks',
    (node) => propOf(node, 'residual-score') !== undefined,
    (node) => setProp(node, 'residual-score', '1.5'),
  ),
  'an exception approved by who asked': change(
    RESULTS,
    'risks',
    (node) => propOf(node, 'approver') !== undefined,
    (node) => setProp(node, 'approver', propOf(node, 'requester') ?? ''),
  ),
  'an exception approved by nobody': change(
    RESULTS,
    'risks',
    (node) => propOf(node, 'exception-id') !== undefined && node['status'] === 'deviation-requested',
    (node) => {
      node['status'] = 'deviation-approved';
    },
  ),
  'an exception without an end': change(
    RESULTS,
    'risks',
    (node) => propOf(node, 'exception-id') !== undefined,
    (node) => {
      delete node['deadline'];
    },
  ),
  'evidence collected tomorrow': change(
    RESULTS,
    'observations',
    (node) => node['expires'] !== undefined,
    (node) => {
      node['collected'] = '2026-11-21T00:00:00.000Z';
    },
  ),
  'evidence that expired before it was collected': change(
    RESULTS,
    'observations',
    (node) => node['expires'] !== undefined,
    (node) => {
      node['expires'] = '2025-01-01T00:00:00.000Z';
    },
  ),
  'a pass that never expires': change(
    RESULTS,
    'observations',
    (node) => propOf(node, 'result') === 'pass',
    (node) => {
      delete node['expires'];
    },
  ),
  'an expiry on somebody’s local clock': change(
    RESULTS,
    'observations',
    (node) => node['expires'] !== undefined,
    (node) => {
      node['expires'] = '2099-01-01T00:00:00+02:00';
    },
  ),
  'a purchase that ends before it begins': change(
    PLAN,
    'leveraged-authorizations',
    (node) => propOf(node, 'valid-to') !== undefined,
    (node) => setProp(node, 'valid-to', '2020-01-01T00:00:00.000Z'),
  ),
  'a date that is only a day': change(
    PLAN,
    'leveraged-authorizations',
    (node) => propOf(node, 'valid-from') !== undefined,
    (node) => setProp(node, 'valid-from', '2026-10-01'),
  ),
  'a milestone without a date': change(
    ACTION,
    'tasks',
    (node) => node['type'] === 'milestone',
    (node) => {
      delete node['timing'];
    },
  ),
};

export const mutable = (set: readonly { readonly file: string; readonly document: Node }[]): MutableFile[] =>
  set.map(({ file, document }) => ({ file, document: structuredClone(document) as Open }));

/** A document of the set is lost on the way. */
export const without = (set: readonly MutableFile[], file: string): readonly MutableFile[] =>
  set.filter((each) => each.file !== `${file}.json`);
