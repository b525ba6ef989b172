/** OSCAL documents of ours → the facts that they state. @throws OSCAL_FILE_UNREADABLE */
import type { Fact } from './facts.ts';
import { oscalErrors } from './oscal-errors.ts';
import { type Doc, listOf, nodeOf, OscalSet, our, ours, readDoc, textOf, theirs } from './set.ts';
import { type Node, NS } from './words.ts';

export interface StatedFacts {
  readonly facts: readonly Fact[];
  /** The instant that the documents are about. */
  readonly asOfMs: number | undefined;
  /** Control id → title and objective, of the catalog. */
  readonly controls: ReadonlyMap<string, { readonly title: string; readonly objective: string }>;
}

export function readFacts(
  files: readonly { readonly file: string; readonly document: unknown }[],
): StatedFacts {
  const set = new OscalSet(
    files.flatMap(({ file, document }): readonly Doc[] => {
      const doc = readDoc(file, document);
      if (doc === undefined)
        throw oscalErrors.make('OSCAL_FILE_UNREADABLE', { file, because: 'it is no OSCAL document' });
      return [doc];
    }),
  );
  const plan = set.tenantPlan;
  const results = set.find('assessment-results');
  const action = set.find('plan-of-action-and-milestones');
  const under = (doc: Doc | undefined, key: string): readonly Node[] =>
    (doc?.byKey.get(key) ?? []).map(({ node }) => node);
  const metadata = nodeOf((plan ?? results ?? action ?? set.catalog)?.root, 'metadata');
  return {
    asOfMs: ms(our(metadata, 'as-of')),
    controls: new Map(
      under(set.catalog, 'controls').map((control) => [
        textOf(control, 'id'),
        {
          title: textOf(control, 'title'),
          objective: textOf(
            listOf(control, 'parts').find((part) => part['name'] === 'statement'),
            'prose',
          ),
        },
      ]),
    ),
    facts: [
      ...listOf(metadata, 'parties').flatMap(partyOf),
      ...under(plan, 'inventory-items').flatMap(assetOf),
      ...under(plan, 'leveraged-authorizations').flatMap(entitlementOf),
      ...under(plan, 'resources').flatMap(claimOf),
      ...under(results, 'observations').flatMap(approvalOf),
      ...under(results, 'risks').flatMap((risk) => [...exceptionOf(risk), ...riskOf(risk)]),
      ...under(action, 'poam-items').flatMap((item) => itemOf(item, under(action, 'risks'))),
    ],
  };
}

const ms = (text: string | undefined): number | undefined => {
  const parsed = Date.parse(text ?? '');
  return Number.isNaN(parsed) ? undefined : parsed;
};

/** The payloads are checked against the acts' schemas before anything is made of them. */
const fact = (kind: Fact['kind'], id: string | undefined, payload: Node): readonly Fact[] =>
  id === undefined ? [] : [{ kind, id, payload } as unknown as Fact];

const exactTitle = (node: Node, key = 'title'): string => our(node, 'exact-title') ?? textOf(node, key);

/** The built-in parties have no date: nobody registered them. */
function partyOf(node: Node): readonly Fact[] {
  if (our(node, 'declared-at') === undefined) return [];
  return fact('party', our(node, 'party'), {
    partyId: our(node, 'party'),
    name: exactTitle(node, 'name'),
    kind: our(node, 'party-kind'),
    role: our(node, 'party-role'),
    contact: textOf(node, 'remarks'),
  });
}

function assetOf(node: Node): readonly Fact[] {
  return fact('asset', our(node, 'asset-id'), {
    assetId: our(node, 'asset-id'),
    name: our(node, 'asset-name'),
    type: our(node, 'asset-type'),
    labels: Object.fromEntries(
      ours(node, 'label').map((label) => {
        const at = label.indexOf('=');
        return [label.slice(0, at), label.slice(at + 1)];
      }),
    ),
  });
}

function entitlementOf(node: Node): readonly Fact[] {
  return fact('entitlement', our(node, 'entitlement-id'), {
    entitlementId: our(node, 'entitlement-id'),
    serviceId: our(node, 'service-id'),
    tier: our(node, 'tier'),
    scope: our(node, 'scope'),
    prerequisites: ours(node, 'prerequisite'),
    fromMs: ms(our(node, 'valid-from')),
    toMs: ms(our(node, 'valid-to')),
  });
}

function claimOf(node: Node): readonly Fact[] {
  return fact('claim', our(node, 'claim-id'), {
    claimId: our(node, 'claim-id'),
    controls: ours(node, 'control'),
    duties: ours(node, 'duty'),
    party: our(node, 'party'),
    scope: our(node, 'scope'),
    kind: our(node, 'effect'),
    source: our(node, 'source'),
    reason: textOf(node, 'description'),
    fromMs: ms(our(node, 'valid-from')),
    toMs: ms(our(node, 'valid-to')),
    standing: our(node, 'standing'),
  });
}

function approvalOf(node: Node): readonly Fact[] {
  return fact('not-applicable', our(node, 'not-applicable-id'), {
    approvalId: our(node, 'not-applicable-id'),
    controlId: our(node, 'control'),
    scope: our(node, 'scope'),
    reason: textOf(node, 'description'),
    approver: our(node, 'approver'),
    reviewAtMs: ms(textOf(node, 'expires')),
  });
}

function exceptionOf(node: Node): readonly Fact[] {
  const riskId = our(node, 'risk-id');
  return fact('exception', our(node, 'exception-id'), {
    exceptionId: our(node, 'exception-id'),
    controls: ours(node, 'control'),
    scope: our(node, 'scope'),
    reason: textOf(node, 'description'),
    compensatingControls: ours(node, 'compensating-control'),
    ...(riskId === undefined ? {} : { riskId }),
    requester: our(node, 'requester'),
    toMs: ms(textOf(node, 'deadline')),
    approver: our(node, 'approver'),
  });
}

function riskOf(node: Node): readonly Fact[] {
  // The catalogue's own risks were never recorded by anybody.
  if (our(node, 'exception-id') !== undefined || our(node, 'record')?.startsWith('catalogue:') === true)
    return [];
  const facets = listOf(node, 'characterizations').flatMap((each) => listOf(each, 'facets'));
  const level = (name: string): number | undefined => {
    const found = facets.find(
      (each) => each['system'] === NS && each['name'] === name && theirs(each, 'state') === 'initial',
    );
    return found === undefined ? undefined : Number(textOf(found, 'value'));
  };
  const reviewAtMs = ms(our(node, 'review-at'));
  return fact('risk', our(node, 'risk-id'), {
    riskId: our(node, 'risk-id'),
    title: exactTitle(node),
    scenario: textOf(node, 'statement'),
    threat: our(node, 'threat') ?? '',
    likelihood: level('likelihood'),
    impact: level('impact'),
    controls: listOf(node, 'mitigating-factors').map((each) => ({
      controlId: our(each, 'control'),
      reduces: our(each, 'impact'),
      steps: Number(our(each, 'steps')),
    })),
    treatment: our(node, 'treatment'),
    owner: our(node, 'owner'),
    ...(reviewAtMs === undefined ? {} : { reviewAtMs }),
  });
}

function itemOf(node: Node, risks: readonly Node[]): readonly Fact[] {
  const poamId = our(node, 'poam-id');
  const own = risks.find((risk) => our(risk, 'poam-id') === poamId);
  const riskId = our(node, 'risk-id');
  return fact('plan-item', poamId, {
    poamId,
    controlId: our(node, 'control'),
    assetId: our(node, 'asset-id'),
    finding: textOf(node, 'description'),
    owner: our(node, 'party'),
    dueAtMs: ms(textOf(own, 'deadline')),
    ...(riskId === undefined ? {} : { riskId }),
    milestones: listOf(own, 'remediations')
      .flatMap((each) => listOf(each, 'tasks'))
      .map((task) => ({
        title: exactTitle(task),
        dueAtMs: ms(textOf(nodeOf(nodeOf(task, 'timing'), 'on-date'), 'date')),
      })),
    status: our(node, 'poam-status'),
  });
}
