/** The assessment plan and its results: evidence as observations, status as findings, the register as risks. */
import type { Assessment } from '../evaluation/assessment.ts';
import { inForce, scopeKey } from '../model/standing.ts';
import { methodOf } from './catalog.ts';
import { type ExportContext, objectiveId, statementId } from './context.ts';
import { exceptionRisks, registerRisks } from './risks.ts';
import { tenantStatementUuid } from './tenant-ids.ts';
import { instant, line, type Node, oscalProp, prop, uuidOf } from './words.ts';

const PLATFORM = uuidOf('assessment-platform', 'demarc');
const ACTIVITY = (method: string): string => uuidOf('activity', method);

export function assessmentPlanDocument(context: ExportContext): Node {
  const { catalogue } = context.assessment;
  const activity = (method: string, title: string, description: string): Node => ({
    uuid: ACTIVITY(method),
    title,
    description,
    props: [oscalProp('method', method)],
    'related-controls': { 'control-selections': [{ 'include-all': {} }] },
  });
  return {
    'assessment-plan': {
      uuid: context.documentUuid('assessment-plan'),
      metadata: context.metadata('Continuous assessment by evidence', catalogue.version),
      'import-ssp': { href: 'tenant-plan.json' },
      'local-definitions': {
        activities: [
          activity(
            'TEST',
            'Test',
            'Scans, canaries, heartbeats, event streams and cryptographic proofs, by machine.',
          ),
          activity('EXAMINE', 'Examine', 'Configuration, inventories, records and reports of third parties.'),
          activity('INTERVIEW', 'Interview', 'Dated statements of people, which expire.'),
        ],
      },
      'reviewed-controls': { 'control-selections': [{ 'include-all': {} }] },
      'assessment-subjects': [
        { type: 'component', 'include-all': {} },
        { type: 'inventory-item', 'include-all': {} },
      ],
      'assessment-assets': {
        components: [
          {
            uuid: uuidOf('component', 'demarc'),
            type: 'software',
            title: 'Demarc',
            description: 'Collects the evidence and works out what it says.',
            status: { state: 'operational' },
          },
        ],
        'assessment-platforms': [
          {
            uuid: PLATFORM,
            title: 'Demarc',
            'uses-components': [{ 'component-uuid': uuidOf('component', 'demarc') }],
          },
        ],
      },
    },
  };
}

export function assessmentResultsDocument(context: ExportContext): Node {
  const { assessment } = context;
  const { tenantId, asOfMs, rollUp, digest } = assessment;
  return {
    'assessment-results': {
      uuid: context.documentUuid('assessment-results'),
      metadata: context.metadata(`What the evidence says of ${tenantId}`, digest.slice(0, 16)),
      'import-ap': { href: 'assessment-plan.json' },
      results: [
        {
          uuid: uuidOf('result', tenantId, instant(asOfMs), digest),
          title: `As of ${instant(asOfMs)}`,
          description: `${rollUp.counts.satisfied} of ${rollUp.applicable} applicable hold; ${rollUp.counts['not-assessed']} were never assessed.`,
          start: instant(asOfMs),
          end: instant(asOfMs),
          'reviewed-controls': reviewed(assessment),
          observations: observations(context),
          risks: [...registerRisks(context), ...exceptionRisks(context)],
          findings: findings(context),
        },
      ],
    },
  };
}

const reviewed = ({ cells }: Assessment): Node => ({
  'control-selections': [
    cells.length === 0
      ? { 'include-all': {} }
      : {
          'include-controls': [...new Set(cells.map(({ control }) => control.id))]
            .sort()
            .map((id) => ({ 'control-id': id })),
        },
  ],
});

export const observationUuid = (tenantId: string, evidenceId: string): string =>
  uuidOf('observation', tenantId, evidenceId);
const approvalObservationUuid = (tenantId: string, approvalId: string): string =>
  uuidOf('observation', tenantId, 'not-applicable', approvalId);
export const findingUuid = (tenantId: string, controlId: string, assetId: string): string =>
  uuidOf('finding', tenantId, controlId, assetId);

export function subjectOf(context: ExportContext, assetId: string): Node {
  return {
    'subject-uuid': context.assetUuid(assetId),
    type: assetId === 'tenant' ? 'component' : 'inventory-item',
  };
}

/** Every piece of evidence that a status rests on, and every approval by which a control is not applicable. */
export function observations(context: ExportContext): readonly Node[] {
  const { cells, tenantId, standing, asOfMs, assets } = context.assessment;
  const gathered = cells.flatMap(({ evidence, asset }) =>
    evidence.flatMap((item): readonly Node[] => {
      if (item.evidenceId === null || item.observedAt === null) return [];
      const observedAtMs = Date.parse(item.observedAt);
      const expiresAtMs = Math.min(
        observedAtMs + item.freshForSeconds * 1_000,
        item.expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(item.expiresAt),
      );
      const method = methodOf(item);
      return [
        {
          uuid: observationUuid(tenantId, item.evidenceId),
          title: line(`${item.rule}: ${item.result ?? ''}`),
          description: item.because ?? item.asserts,
          props: [
            prop('evidence-rule', item.rule),
            prop('evidence-id', item.evidenceId),
            prop('evidence-source', item.source),
            prop('result', item.result ?? 'none'),
            prop('required', item.required),
            prop('signed', item.signed),
            prop('declared-at', item.receivedAt ?? item.observedAt, { class: 'received' }),
          ],
          methods: [method],
          types: ['control-objective'],
          origins: [{ actors: [{ type: 'assessment-platform', 'actor-uuid': PLATFORM }] }],
          subjects: [subjectOf(context, asset.assetId)],
          'relevant-evidence': [
            {
              description: item.asserts,
              props: item.digest === null ? [] : [prop('digest', item.digest)],
            },
          ],
          collected: item.observedAt,
          // A failure never ages into something better: it holds until a newer pass clears it.
          ...(item.result === 'pass' ? { expires: instant(expiresAtMs) } : {}),
        },
      ];
    }),
  );
  const approved = [...standing.notApplicable.values()]
    .filter((approval) => inForce(approval, asOfMs))
    .map((approval) => ({
      uuid: approvalObservationUuid(tenantId, approval.approvalId),
      title: `${approval.controlId} is not applicable`,
      description: approval.reason,
      props: [
        prop('not-applicable-id', approval.approvalId),
        prop('control', approval.controlId),
        prop('scope', scopeKey(approval.scope)),
        prop('approver', approval.approver),
        prop('control-status', 'not-applicable'),
        prop('record', approval.recordId),
      ],
      methods: ['EXAMINE'],
      types: ['control-objective'],
      subjects: assets
        .filter((asset) =>
          cells.some(
            (cell) =>
              cell.asset === asset &&
              cell.control.id === approval.controlId &&
              cell.state.own === 'not-applicable',
          ),
        )
        .map(({ assetId }) => subjectOf(context, assetId)),
      collected: instant(approval.fromMs),
      expires: instant(approval.reviewAtMs),
    }));
  return [...gathered, ...approved];
}

/** One for each control on each asset it is about; what is not applicable was an observation, and is no finding. */
export function findings(context: ExportContext): readonly Node[] {
  const { tenantId, standing, asOfMs } = context.assessment;
  const exceptions = new Set(
    [...standing.exceptions.values()].filter((each) => inForce(each, asOfMs)).map((each) => each.exceptionId),
  );
  return context.assessment.cells
    .filter(({ state }) => state.effective !== 'not-applicable')
    .map(({ control, asset, cell, evidence }) => {
      const satisfied = cell.status === 'satisfied';
      const failed = cell.status === 'not-satisfied';
      const observed = evidence.flatMap(({ evidenceId }) => (evidenceId === null ? [] : [evidenceId]));
      return {
        uuid: findingUuid(tenantId, control.id, asset.assetId),
        title: line(`${control.id} on ${asset.name}: ${cell.status}`),
        description: describe(cell.status, evidence),
        props: [
          prop('control-status', cell.status),
          prop('own-status', cell.ownStatus),
          prop('asset-id', asset.assetId),
          ...cell.rootCauses.map((root) => prop('reason', root, { class: 'root-cause' })),
        ],
        target: {
          type: 'objective-id',
          'target-id': objectiveId(control.id),
          props: [prop('ownership', cell.ownership)],
          status: {
            state: satisfied ? 'satisfied' : 'not-satisfied',
            reason: satisfied ? 'pass' : failed ? 'fail' : 'other',
          },
        },
        'implementation-statement-uuid': tenantStatementUuid(tenantId, control.id, 'operate'),
        'related-observations': observed.map((evidenceId) => ({
          'observation-uuid': observationUuid(tenantId, evidenceId),
        })),
        'related-risks':
          cell.exception === null || !exceptions.has(cell.exception.exceptionId)
            ? []
            : [{ 'risk-uuid': uuidOf('exception', tenantId, cell.exception.exceptionId) }],
        remarks: `Accountable: ${cell.accountable}. Statement ${statementId(control.id)}.`,
      };
    });
}

function describe(status: string, evidence: Assessment['cells'][number]['evidence']): string {
  if (evidence.length === 0) return `${status}: the control has no rule.`;
  return `${status}: ${evidence.map(({ rule, state }) => `${rule} ${state}`).join(', ')}.`;
}
