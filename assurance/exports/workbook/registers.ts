/** The sheets of standards, risks, exceptions and decisions. */
import type { AssessedRisk, Assessment } from '../../evaluation/assessment.ts';
import { instant } from '../../evaluation/describe.ts';
import {
  type AssignmentState,
  type DecisionState,
  type ExceptionState,
  inForce,
  type NotApplicableState,
  type StandardState,
  standingOf,
} from '../../model/standing.ts';
import { sourceScoreOf } from '../../rules/risk.ts';
import { type Column, type Table, tableSheet } from '../sheet.ts';
import { designRefs, partyName, STATUS_WORDS, scopeName } from '../words.ts';

const lines = (items: readonly string[]): string => items.join('\n');
const byId = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function standardsSheet(assessment: Assessment): Table {
  const { standing, asOfMs } = assessment;
  const rows = [...standing.standards.values()].sort((a, b) =>
    byId(`${a.standardId}@${a.version}`, `${b.standardId}@${b.version}`),
  );
  const columns: readonly Column<StandardState>[] = [
    { key: 'standard', title: 'Standard', kind: 'text', width: 16, value: ({ standardId }) => standardId },
    { key: 'version', title: 'Version', kind: 'text', width: 10, value: ({ version }) => version },
    { key: 'title', title: 'Title', kind: 'text', width: 26, value: ({ title }) => title },
    {
      key: 'state',
      title: 'State',
      kind: 'word',
      width: 12,
      value: (standard) =>
        !inForce(standard, asOfMs)
          ? 'Ended'
          : assigned(assessment, standard).length > 0
            ? 'Assigned'
            : 'Not assigned',
    },
    { key: 'useCase', title: 'Use case', kind: 'text', width: 36, value: ({ useCase }) => useCase },
    {
      key: 'requirements',
      title: 'Requirements',
      kind: 'text',
      width: 44,
      value: ({ requirements }) => lines(requirements.map((each) => `– ${each}`)),
    },
    {
      key: 'controls',
      title: 'Controls and their parameters',
      kind: 'text',
      width: 36,
      value: ({ controls }) =>
        lines(
          controls.map(({ controlId, parameters }) =>
            [
              controlId,
              ...Object.entries(parameters)
                .sort(([a], [b]) => byId(a, b))
                .map(([name, value]) => `${name} = ${value}`),
            ].join(' '),
          ),
        ),
    },
    {
      key: 'assigned',
      title: 'Assigned to',
      kind: 'text',
      width: 24,
      value: (standard) =>
        lines(assigned(assessment, standard).map(({ scope }) => scopeName(assessment, scope))),
    },
    { key: 'hld', title: 'HLD', kind: 'text', width: 24, value: ({ hld }) => designRefs(hld) },
    { key: 'lld', title: 'LLD', kind: 'text', width: 24, value: ({ lld }) => designRefs(lld) },
    { key: 'from', title: 'In force from', kind: 'instant', width: 18, value: ({ fromMs }) => fromMs },
    { key: 'to', title: 'Until', kind: 'instant', width: 18, value: ({ toMs }) => toMs },
  ];
  return tableSheet('Standards', columns, rows, { frozenColumns: 2 });
}

function assigned(
  { standing, asOfMs }: Assessment,
  { standardId, version }: StandardState,
): readonly AssignmentState[] {
  return standing.assignments.filter(
    (each) => each.standardId === standardId && each.version === version && inForce(each, asOfMs),
  );
}

export type RiskColumn =
  | 'risk'
  | 'title'
  | 'scenario'
  | 'threat'
  | 'likelihood'
  | 'impact'
  | 'inherent'
  | 'inherentSource'
  | 'leftLikelihood'
  | 'leftImpact'
  | 'residual'
  | 'residualSource'
  | 'appetite'
  | 'above'
  | 'treatment'
  | 'owner'
  | 'review'
  | 'controls'
  | 'log';

export function risksSheet(assessment: Assessment): Table<RiskColumn> {
  const { appetite } = assessment;
  const level = (
    key: RiskColumn,
    title: string,
    value: (risk: AssessedRisk) => number,
  ): Column<AssessedRisk, RiskColumn> => ({ key, title, kind: 'count', width: 10, value });
  const product = (
    key: RiskColumn,
    title: string,
    of: readonly [RiskColumn, RiskColumn],
    which: 'inherent' | 'residual',
  ) =>
    ({
      key,
      title,
      kind: 'count',
      width: 10,
      value: (risk, at) => ({ formula: `${at(of[0])}*${at(of[1])}`, result: risk[which].score }),
    }) satisfies Column<AssessedRisk, RiskColumn>;
  const fifth = (key: RiskColumn, title: string, of: RiskColumn, which: 'inherent' | 'residual') =>
    ({
      key,
      title,
      kind: 'number',
      width: 10,
      value: (risk, at) => ({ formula: `${at(of)}/5`, result: sourceScoreOf(risk[which]) }),
    }) satisfies Column<AssessedRisk, RiskColumn>;
  const columns: readonly Column<AssessedRisk, RiskColumn>[] = [
    { key: 'risk', title: 'Risk', kind: 'text', width: 9, value: ({ risk }) => risk.riskId },
    { key: 'title', title: 'Title', kind: 'text', width: 26, value: ({ risk }) => risk.title },
    { key: 'scenario', title: 'Scenario', kind: 'text', width: 40, value: ({ risk }) => risk.scenario },
    { key: 'threat', title: 'Threat', kind: 'text', width: 18, value: ({ risk }) => risk.threat },
    level('likelihood', 'Inherent likelihood (1–5)', ({ inherent }) => inherent.likelihood),
    level('impact', 'Inherent impact (1–5)', ({ inherent }) => inherent.impact),
    product('inherent', 'Inherent L×I', ['likelihood', 'impact'], 'inherent'),
    fifth('inherentSource', 'Inherent (L×I)/5', 'inherent', 'inherent'),
    level('leftLikelihood', 'Residual likelihood (1–5)', ({ residual }) => residual.likelihood),
    level('leftImpact', 'Residual impact (1–5)', ({ residual }) => residual.impact),
    product('residual', 'Residual L×I', ['leftLikelihood', 'leftImpact'], 'residual'),
    fifth('residualSource', 'Residual (L×I)/5', 'residual', 'residual'),
    level('appetite', 'Appetite', () => appetite),
    {
      key: 'above',
      title: 'Against appetite',
      kind: 'word',
      width: 12,
      value: ({ aboveAppetite }, at) => ({
        formula: `IF(${at('residual')}>${at('appetite')},"Above appetite","Within")`,
        result: aboveAppetite ? 'Above appetite' : 'Within',
      }),
    },
    { key: 'treatment', title: 'Treatment', kind: 'text', width: 11, value: ({ risk }) => risk.treatment },
    { key: 'owner', title: 'Owner', kind: 'text', width: 16, value: ({ risk }) => risk.owner },
    { key: 'review', title: 'Review due', kind: 'instant', width: 18, value: ({ risk }) => risk.reviewAtMs },
    {
      key: 'controls',
      title: 'Mitigating controls (only those that hold count)',
      kind: 'text',
      width: 40,
      value: ({ mitigations }) =>
        lines(
          mitigations.map(
            ({ control, reduces, steps, status }) =>
              `${control.id} −${steps} ${reduces}: ${STATUS_WORDS[status]}`,
          ),
        ),
    },
    {
      key: 'log',
      title: 'Log',
      kind: 'text',
      width: 36,
      value: ({ risk }) =>
        lines(risk.log.map(({ atMs, person, note }) => `${instant(atMs)} ${person}: ${note}`)),
    },
  ];
  return tableSheet('Risks', columns, assessment.risks, { frozenColumns: 2, wide: true });
}

type Overlay =
  | { readonly kind: 'Exception'; readonly id: string; readonly of: ExceptionState }
  | { readonly kind: 'Not applicable'; readonly id: string; readonly of: NotApplicableState };
export type ExceptionColumn =
  | 'id'
  | 'kind'
  | 'state'
  | 'controls'
  | 'scope'
  | 'reason'
  | 'compensating'
  | 'risk'
  | 'requester'
  | 'approver'
  | 'from'
  | 'until'
  | 'record';

/** Both never turn a status green: an exception says that it is accepted, an approval that it is not asked. */
export function exceptionsSheet(assessment: Assessment): Table<ExceptionColumn> {
  const { standing, asOfMs } = assessment;
  const rows: readonly Overlay[] = [
    ...[...standing.exceptions.values()].map(
      (of): Overlay => ({ kind: 'Exception', id: of.exceptionId, of }),
    ),
    ...[...standing.notApplicable.values()].map(
      (of): Overlay => ({ kind: 'Not applicable', id: of.approvalId, of }),
    ),
  ].sort((a, b) => byId(`${a.kind} ${a.id}`, `${b.kind} ${b.id}`));
  const exceptional = <Value>(row: Overlay, value: (of: ExceptionState) => Value): Value | undefined =>
    row.kind === 'Exception' ? value(row.of) : undefined;
  const columns: readonly Column<Overlay, ExceptionColumn>[] = [
    { key: 'id', title: 'Id', kind: 'text', width: 16, value: ({ id }) => id },
    { key: 'kind', title: 'Kind', kind: 'text', width: 14, value: ({ kind }) => kind },
    { key: 'state', title: 'State', kind: 'word', width: 12, value: (row) => stateOf(row, asOfMs) },
    {
      key: 'controls',
      title: 'Controls',
      kind: 'text',
      width: 18,
      value: (row) => exceptional(row, ({ controls }) => controls.join(', ')) ?? controlOf(row),
    },
    {
      key: 'scope',
      title: 'Scope',
      kind: 'text',
      width: 20,
      value: ({ of }) => scopeName(assessment, of.scope),
    },
    { key: 'reason', title: 'Reason', kind: 'text', width: 44, value: ({ of }) => of.reason },
    {
      key: 'compensating',
      title: 'Compensating controls',
      kind: 'text',
      width: 20,
      value: (row) => exceptional(row, ({ compensatingControls }) => compensatingControls.join(', ')),
    },
    {
      key: 'risk',
      title: 'Risk',
      kind: 'text',
      width: 9,
      value: (row) => exceptional(row, ({ riskId }) => riskId),
    },
    {
      key: 'requester',
      title: 'Requested by',
      kind: 'text',
      width: 18,
      value: (row) => exceptional(row, ({ requester }) => requester),
    },
    { key: 'approver', title: 'Approved by', kind: 'text', width: 18, value: ({ of }) => of.approver },
    { key: 'from', title: 'From', kind: 'instant', width: 18, value: ({ of }) => of.fromMs },
    { key: 'until', title: 'Until', kind: 'instant', width: 18, value: ({ of }) => of.toMs },
    { key: 'record', title: 'Record', kind: 'text', width: 12, value: ({ of }) => of.recordId },
  ];
  return tableSheet('Exceptions', columns, rows);
}

const controlOf = (row: Overlay): string => (row.kind === 'Not applicable' ? row.of.controlId : '');

export const OVERLAY_IN_FORCE = 'In force';

function stateOf(row: Overlay, t: number): string {
  if (!inForce(row.of, t)) return 'Ended';
  if (row.kind === 'Exception' && (row.of.approvedAtMs === undefined || row.of.approvedAtMs > t))
    return 'Requested';
  return OVERLAY_IN_FORCE;
}

interface Question {
  readonly question: Assessment['catalogue']['decisions'][number];
  readonly decision: DecisionState | undefined;
}

/** Every question of the operating model, each answer that was ever given, and those without one. */
export function decisionsSheet(assessment: Assessment): Table {
  const { catalogue, standing, asOfMs } = assessment;
  const rows = catalogue.decisions.flatMap((question): readonly Question[] => {
    const given = standing.decisions.filter(({ decisionId }) => decisionId === question.id);
    return given.length === 0
      ? [{ question, decision: undefined }]
      : given.map((decision) => ({ question, decision }));
  });
  const columns: readonly Column<Question>[] = [
    { key: 'id', title: 'Decision', kind: 'text', width: 10, value: ({ question }) => question.id },
    {
      key: 'question',
      title: 'Question',
      kind: 'text',
      width: 40,
      value: ({ question }) => question.question,
    },
    {
      key: 'answer',
      title: 'Answer',
      kind: 'text',
      width: 40,
      value: ({ question, decision }) =>
        decision?.answer ?? `Not decided; suggested: ${question.suggested_default}`,
    },
    {
      key: 'state',
      title: 'State',
      kind: 'word',
      width: 12,
      value: ({ decision }) =>
        decision === undefined ? 'Not decided' : inForce(decision, asOfMs) ? OVERLAY_IN_FORCE : 'Ended',
    },
    {
      key: 'scope',
      title: 'Scope',
      kind: 'text',
      width: 18,
      value: ({ decision }) => (decision === undefined ? '' : scopeName(assessment, decision.scope)),
    },
    {
      key: 'party',
      title: 'Party',
      kind: 'text',
      width: 16,
      value: ({ decision }) => partyName(assessment, decision?.party ?? null),
    },
    {
      key: 'duties',
      title: 'Duties',
      kind: 'text',
      width: 18,
      value: ({ decision }) => decision?.duties.join(', '),
    },
    {
      key: 'claim',
      title: 'Accepted by that party',
      kind: 'word',
      width: 14,
      value: ({ decision }) => {
        const claim = standing.claims.get(decision?.claimId ?? '');
        return claim === undefined ? '' : (standingOf(claim, asOfMs)?.standing ?? 'proposed');
      },
    },
    {
      key: 'affects',
      title: 'Controls',
      kind: 'text',
      width: 26,
      value: ({ question }) => question.affects.join(', '),
    },
    { key: 'from', title: 'From', kind: 'instant', width: 18, value: ({ decision }) => decision?.fromMs },
    { key: 'until', title: 'Until', kind: 'instant', width: 18, value: ({ decision }) => decision?.toMs },
    { key: 'record', title: 'Record', kind: 'text', width: 12, value: ({ decision }) => decision?.recordId },
  ];
  return tableSheet('Decisions', columns, rows);
}
