/** Observations, findings, risks and the plan of action: what says what about what, and when. */
import { type Found, listOf, nodeOf, type OscalSet, our, ours, textOf, textsOf, theirs } from '../set.ts';
import { type Node, NS } from '../words.ts';
import { at, type Rule } from './rule.ts';

const METHODS = ['TEST', 'EXAMINE', 'INTERVIEW'];
const REASONS: Readonly<Record<string, string>> = { satisfied: 'pass', 'not-satisfied': 'fail' };

type InDoc = Found & { readonly doc: { readonly file: string; readonly all: readonly Found[] } };

function resolves(
  set: OscalSet,
  defined: string,
  referring: string,
  uuidKey: string,
): readonly { readonly found: InDoc; readonly uuid: string }[] {
  return set.docs.flatMap((doc) => {
    const known = new Set(
      doc.all.filter(({ key }) => key === defined).map(({ node }) => textOf(node, 'uuid')),
    );
    return doc.all
      .filter(({ key, node }) => key === referring && !known.has(textOf(node, uuidKey)))
      .map((found) => ({ found: { ...found, doc }, uuid: textOf(found.node, uuidKey) }));
  });
}

const resultsOf = (set: OscalSet): readonly Node[] => listOf(set.find('assessment-results')?.root, 'results');

const facetsOf = (risk: Node, state: string): ReadonlyMap<string, number> =>
  new Map(
    listOf(risk, 'characterizations')
      .flatMap((each) => listOf(each, 'facets'))
      .filter((each) => each['system'] === NS && theirs(each, 'state') === state)
      .map((each) => [textOf(each, 'name'), Number(textOf(each, 'value'))]),
  );

export const resultRules: readonly Rule[] = [
  {
    id: 'observation-resolves',
    says: 'A finding rests on observations of the same document.',
    *broken(set) {
      for (const { found, uuid } of resolves(set, 'observations', 'related-observations', 'observation-uuid'))
        yield at(found, `there is no observation ${uuid}`);
    },
  },
  {
    id: 'observation-used',
    says: 'An observation is what a finding rests on, or the approval by which a control is not applicable.',
    *broken(set) {
      for (const doc of set.docs) {
        const used = new Set(
          doc.all
            .filter(({ key }) => key === 'related-observations')
            .map(({ node }) => textOf(node, 'observation-uuid')),
        );
        for (const found of doc.all)
          if (
            found.key === 'observations' &&
            !used.has(textOf(found.node, 'uuid')) &&
            our(found.node, 'not-applicable-id') === undefined &&
            !isOfNotApplicable(set, found.node)
          )
            yield at({ ...found, doc }, 'no finding rests on it');
      }
    },
  },
  {
    id: 'observation-fits',
    says: 'The evidence that a finding rests on is for a rule of the finding’s control, from its asset.',
    *broken(set) {
      for (const doc of set.docs) {
        const observations = new Map(
          doc.all.filter(({ key }) => key === 'observations').map(({ node }) => [textOf(node, 'uuid'), node]),
        );
        for (const found of doc.all) {
          if (found.key !== 'findings') continue;
          const control = textOf(nodeOf(found.node, 'target'), 'target-id').replace(/_obj$/, '');
          for (const each of listOf(found.node, 'related-observations')) {
            const rule = our(observations.get(textOf(each, 'observation-uuid')), 'evidence-rule');
            if (rule !== undefined && !rule.startsWith(`${control}.`))
              yield at({ ...found, doc }, `${rule} is no rule of ${control}`);
          }
        }
      }
    },
  },
  {
    id: 'risk-resolves',
    says: 'A risk that a finding or an item is about stands in the same document.',
    *broken(set) {
      for (const { found, uuid } of resolves(set, 'risks', 'related-risks', 'risk-uuid'))
        yield at(found, `there is no risk ${uuid}`);
    },
  },
  {
    id: 'finding-resolves',
    says: 'The finding that an item mends stands in the same document.',
    *broken(set) {
      for (const { found, uuid } of resolves(set, 'findings', 'related-findings', 'finding-uuid'))
        yield at(found, `there is no finding ${uuid}`);
    },
  },
  {
    id: 'item-has-risk',
    says: 'An item of the plan has a risk with a deadline and a way to mend it.',
    *broken(set) {
      const doc = set.find('plan-of-action-and-milestones');
      const risks = new Map(listOf(doc?.root, 'risks').map((each) => [textOf(each, 'uuid'), each]));
      for (const found of doc?.all ?? []) {
        if (
          found.key !== 'poam-items' ||
          doc === undefined ||
          our(found.node, 'nothing-planned') !== undefined
        )
          continue;
        const own = listOf(found.node, 'related-risks')
          .map((each) => risks.get(textOf(each, 'risk-uuid')))
          .find((each) => our(each, 'poam-id') === our(found.node, 'poam-id'));
        if (textOf(own, 'deadline') === '' || listOf(own, 'remediations').length === 0)
          yield at({ ...found, doc }, 'it has no risk with a deadline and a remediation');
      }
    },
  },
  {
    id: 'risk-planned',
    says: 'A risk in the plan of action belongs to one of its items.',
    *broken(set) {
      const doc = set.find('plan-of-action-and-milestones');
      if (doc === undefined) return;
      const used = new Set(
        doc.all.filter(({ key }) => key === 'related-risks').map(({ node }) => textOf(node, 'risk-uuid')),
      );
      for (const found of doc.all)
        if (found.key === 'risks' && !used.has(textOf(found.node, 'uuid')))
          yield at({ ...found, doc }, 'no item is about it');
    },
  },
  {
    id: 'finding-once',
    says: 'There is one finding for a control on an asset.',
    *broken(set) {
      for (const doc of set.docs) {
        const seen = new Set<string>();
        for (const found of doc.all) {
          if (found.key !== 'findings') continue;
          const of = `${textOf(nodeOf(found.node, 'target'), 'target-id')} ${our(found.node, 'asset-id') ?? ''}`;
          if (seen.has(of)) yield at({ ...found, doc }, `${of} is there twice`);
          seen.add(of);
        }
      }
    },
  },
  {
    id: 'finding-agrees',
    says: 'State and reason of a finding are what its status says; only satisfied is satisfied.',
    *broken(set) {
      for (const found of set.keyed('findings')) {
        const status = our(found.node, 'control-status') ?? '';
        const { state, reason } = nodeOf(nodeOf(found.node, 'target'), 'status');
        const wanted = status === 'satisfied' ? 'satisfied' : 'not-satisfied';
        if (
          state !== wanted ||
          reason !== (REASONS[status] ?? 'other') ||
          status === '' ||
          status === 'not-applicable'
        )
          yield at(found, `${status}, and it says ${String(state)}, ${String(reason)}`);
      }
    },
  },
  {
    id: 'satisfied-has-evidence',
    says: 'What is satisfied rests on an observation, on none that failed and on no required one that expired.',
    *broken(set) {
      for (const doc of set.docs) {
        const asOf = our(nodeOf(doc.root, 'metadata'), 'as-of') ?? '';
        const observations = new Map(
          doc.all.filter(({ key }) => key === 'observations').map(({ node }) => [textOf(node, 'uuid'), node]),
        );
        for (const found of doc.all) {
          if (found.key !== 'findings' || our(found.node, 'own-status') !== 'satisfied') continue;
          const rests = listOf(found.node, 'related-observations').map((each) =>
            observations.get(textOf(each, 'observation-uuid')),
          );
          if (rests.length === 0) yield at({ ...found, doc }, 'it rests on nothing');
          for (const each of rests)
            if (
              our(each, 'result') === 'fail' ||
              (our(each, 'required') === 'true' &&
                textOf(each, 'expires') !== '' &&
                textOf(each, 'expires') < asOf)
            )
              yield at(
                { ...found, doc },
                `it rests on ${our(each, 'evidence-rule') ?? ''}, which failed or expired`,
              );
        }
      }
    },
  },
  {
    id: 'statement-implements',
    says: 'The statement that a finding was made against is in the tenant’s plan, for the finding’s control.',
    across: true,
    *broken(set) {
      const statements = new Map(
        (set.tenantPlan?.all ?? [])
          .filter(({ key }) => key === 'statements')
          .map((found) => [textOf(found.node, 'uuid'), textOf(found.parent?.node, 'control-id')]),
      );
      for (const found of set.keyed('findings')) {
        const control = textOf(nodeOf(found.node, 'target'), 'target-id').replace(/_obj$/, '');
        if (statements.get(textOf(found.node, 'implementation-statement-uuid')) !== control)
          yield at(found, `the plan has no such statement of ${control}`);
      }
    },
  },
  {
    id: 'mitigation-implements',
    says: 'What mitigates a risk is a requirement of the tenant’s plan, for the control that is named.',
    across: true,
    *broken(set) {
      const requirements = new Map(
        (set.tenantPlan?.all ?? [])
          .filter(({ key }) => key === 'implemented-requirements')
          .map(({ node }) => [textOf(node, 'uuid'), textOf(node, 'control-id')]),
      );
      for (const found of set.keyed('mitigating-factors')) {
        const uuid = textOf(found.node, 'implementation-uuid');
        if (uuid !== '' && requirements.get(uuid) !== our(found.node, 'control'))
          yield at(found, `the plan has no such requirement of ${our(found.node, 'control') ?? ''}`);
      }
    },
  },
  {
    id: 'reviewed-found',
    says: 'The controls that were reviewed are those there are findings for, or approvals that they are not applicable.',
    *broken(set) {
      for (const result of resultsOf(set)) {
        const selections = listOf(nodeOf(result, 'reviewed-controls'), 'control-selections');
        const reviewed = new Set(
          selections.flatMap((each) =>
            listOf(each, 'include-controls').map((one) => textOf(one, 'control-id')),
          ),
        );
        const file = set.find('assessment-results')?.file ?? '';
        if (selections.some((each) => each['include-all'] !== undefined)) continue;
        for (const finding of listOf(result, 'findings')) {
          const control = textOf(nodeOf(finding, 'target'), 'target-id').replace(/_obj$/, '');
          if (!reviewed.has(control))
            yield { file, location: '/assessment-results/results', says: `${control} was not reviewed` };
        }
      }
    },
  },
  {
    id: 'method-known',
    says: 'An observation was made by test, examination or interview.',
    *broken(set) {
      for (const found of set.keyed('observations'))
        if (textsOf(found.node, 'methods').some((method) => !METHODS.includes(method)))
          yield at(found, textsOf(found.node, 'methods').join(', '));
    },
  },
  {
    id: 'evidence-digest',
    says: 'Evidence carries the SHA-256 of its raw record.',
    *broken(set) {
      for (const found of set.keyed('relevant-evidence'))
        if (!/^[0-9a-f]{64}$/.test(our(found.node, 'digest') ?? '')) yield at(found, 'it has no digest');
    },
  },
  {
    id: 'facets-agree',
    says: 'A risk has likelihood and impact, 1 to 5, before and after its controls; controls raise neither.',
    *broken(set) {
      for (const found of set.keyed('risks')) {
        if (our(found.node, 'risk-id') === undefined || our(found.node, 'exception-id') !== undefined)
          continue;
        const before = facetsOf(found.node, 'initial');
        const after = facetsOf(found.node, 'adjusted');
        for (const name of ['likelihood', 'impact']) {
          const [first, then] = [before.get(name) ?? 0, after.get(name) ?? 0];
          if (!(first >= 1 && first <= 5 && then >= 1 && then <= first))
            yield at(found, `${name} ${first} becomes ${then}`);
        }
        const score = (after.get('likelihood') ?? 0) * (after.get('impact') ?? 0);
        if (our(found.node, 'residual-score') !== String(score))
          yield at(found, `its residual score is ${score}, not ${our(found.node, 'residual-score') ?? ''}`);
      }
    },
  },
  {
    id: 'exception-approved',
    says: 'An exception that is approved has an approver other than who asked, and ends.',
    *broken(set) {
      for (const found of set.keyed('risks')) {
        if (our(found.node, 'exception-id') === undefined) continue;
        const [requester, approver] = [our(found.node, 'requester'), our(found.node, 'approver')];
        const approved = textOf(found.node, 'status') === 'deviation-approved';
        if (approved !== (approver !== undefined)) yield at(found, 'status and approver disagree');
        if (approver !== undefined && approver === requester) yield at(found, 'who asked has approved it');
        if (textOf(found.node, 'deadline') === '') yield at(found, 'it never ends');
      }
    },
  },
  {
    id: 'exception-leaves-status',
    says: 'A finding with an exception is still what its evidence says.',
    *broken(set) {
      for (const found of set.keyed('findings'))
        if (
          listOf(found.node, 'related-risks').length > 0 &&
          our(found.node, 'control-status') === 'satisfied' &&
          our(found.node, 'own-status') !== 'satisfied'
        )
          yield at(found, `own status ${our(found.node, 'own-status') ?? ''}, and it says satisfied`);
    },
  },
  {
    id: 'status-capped',
    says: 'An effective status is never better than the control’s own.',
    *broken(set) {
      const order = ['not-satisfied', 'not-assessed', 'stale-evidence', 'partially-satisfied', 'satisfied'];
      for (const found of set.keyed('findings')) {
        const [own, effective] = [ours(found.node, 'own-status'), ours(found.node, 'control-status')].map(
          ([status = '']) => order.indexOf(status),
        );
        if ((effective ?? -1) > (own ?? -1)) yield at(found, 'it is better than what its own evidence says');
      }
    },
  },
];

/** What was observed of a control that is not applicable there: kept, and no finding is made of it. */
function isOfNotApplicable(set: OscalSet, observation: Node): boolean {
  const control = our(observation, 'evidence-rule')?.split('.')[0];
  const subject = textOf(listOf(observation, 'subjects')[0], 'subject-uuid');
  return [...set.keyed('observations')].some(
    ({ node }) =>
      our(node, 'not-applicable-id') !== undefined &&
      our(node, 'control') === control &&
      listOf(node, 'subjects').some((each) => textOf(each, 'subject-uuid') === subject),
  );
}
