/** The risk register and the exceptions as OSCAL risks: initial and adjusted facets, what mitigates, until when. */
import type { AssessedRisk } from '../evaluation/assessment.ts';
import { selects } from '../evaluation/duties.ts';
import { type ExceptionState, inForce, scopeKey } from '../model/standing.ts';
import type { ExportContext } from './context.ts';
import { requirementUuid } from './tenant-ids.ts';
import { instant, line, type Node, NS, optional, oscalProp, prop, titled, uuidOf } from './words.ts';

export const riskUuid = (tenantId: string, riskId: string): string => uuidOf('risk', tenantId, riskId);
export const exceptionUuid = (tenantId: string, exceptionId: string): string =>
  uuidOf('exception', tenantId, exceptionId);

export const registerRisks = (context: ExportContext): readonly Node[] =>
  context.assessment.risks.map((assessed) => registerRisk(context, assessed));

export function registerRisk(context: ExportContext, assessed: AssessedRisk): Node {
  const { tenantId } = context.assessment;
  const { risk, inherent, residual, mitigations, aboveAppetite } = assessed;
  const { title, exact } = titled(risk.title);
  const origin = { actors: [{ type: 'party', 'actor-uuid': context.partyUuid('customer') }] };
  return {
    uuid: riskUuid(tenantId, risk.riskId),
    title,
    description: risk.scenario,
    statement: risk.scenario,
    props: [
      ...exact,
      prop('risk-id', risk.riskId),
      prop('treatment', risk.treatment),
      prop('owner', risk.owner),
      ...optional('threat', risk.threat),
      prop('residual-score', residual.score),
      prop('above', aboveAppetite),
      prop('valid-from', instant(risk.fromMs)),
      ...(risk.reviewAtMs === undefined ? [] : [prop('review-at', instant(risk.reviewAtMs))]),
      prop('record', risk.recordId),
    ],
    status: risk.treatment === 'accept' ? 'deviation-approved' : aboveAppetite ? 'open' : 'remediating',
    origins: [origin],
    characterizations: [
      {
        origin,
        facets: [
          facet('likelihood', inherent.likelihood, 'initial'),
          facet('impact', inherent.impact, 'initial'),
          facet('likelihood', residual.likelihood, 'adjusted'),
          facet('impact', residual.impact, 'adjusted'),
        ],
      },
    ],
    'mitigating-factors': risk.controls.map(({ controlId, reduces, steps }, index) => {
      const status = mitigations.find(({ control }) => control.id === controlId)?.status;
      return {
        uuid: uuidOf('mitigation', tenantId, risk.riskId, controlId, reduces, String(index)),
        ...(status === undefined ? {} : { 'implementation-uuid': requirementUuid(tenantId, controlId) }),
        description: `${controlId} takes ${steps} off the ${reduces} while it effectively holds.`,
        props: [
          prop('control', controlId),
          prop('impact', reduces),
          prop('steps', steps),
          ...optional('control-status', status),
        ],
      };
    }),
    deadline: risk.reviewAtMs === undefined ? undefined : instant(risk.reviewAtMs),
    'risk-log':
      risk.log.length === 0
        ? undefined
        : {
            entries: risk.log.map(({ atMs, person, note }, index) => ({
              uuid: uuidOf('risk-log', tenantId, risk.riskId, String(index)),
              title: 'Reviewed',
              description: note,
              start: instant(atMs),
              props: [prop('reviewed-by', person)],
            })),
          },
  };
}

/** OSCAL's own scales end at three steps; ours have five, so they are of our own system. */
const facet = (name: string, value: number, state: 'initial' | 'adjusted'): Node => ({
  name,
  system: NS,
  value: String(value),
  props: [oscalProp('state', state)],
});

/** Those that run at the instant. They say who accepted what until when, and change no status. */
export function exceptionRisks(context: ExportContext): readonly Node[] {
  const { standing, asOfMs } = context.assessment;
  return [...standing.exceptions.values()]
    .filter((exception) => inForce(exception, asOfMs))
    .map((exception) => exceptionRisk(context, exception));
}

function exceptionRisk(context: ExportContext, exception: ExceptionState): Node {
  const { tenantId, catalogue, asOfMs, cells } = context.assessment;
  const approved = exception.approvedAtMs !== undefined && exception.approvedAtMs <= asOfMs;
  const covered = [...catalogue.controls.values()].filter((control) => selects(exception.controls, control));
  return {
    uuid: exceptionUuid(tenantId, exception.exceptionId),
    title: line(`Exception for ${exception.controls.join(', ')}`),
    description: exception.reason,
    statement: `${covered.length} of the catalogue’s controls do not have to hold on ${scopeKey(exception.scope)} until ${instant(exception.toMs ?? asOfMs)}.`,
    props: [
      prop('exception-id', exception.exceptionId),
      ...exception.controls.map((control) => prop('control', control)),
      ...exception.compensatingControls.map((control) => prop('compensating-control', control)),
      prop('scope', scopeKey(exception.scope)),
      prop('requester', exception.requester),
      ...optional('approver', exception.approver),
      ...optional('risk-id', exception.riskId),
      prop('valid-from', instant(exception.fromMs)),
      prop('record', exception.approvedRecordId ?? exception.recordId),
    ],
    status: approved ? 'deviation-approved' : 'deviation-requested',
    'mitigating-factors': exception.compensatingControls.map((controlId) => ({
      uuid: uuidOf('compensation', tenantId, exception.exceptionId, controlId),
      ...(cells.some(({ control }) => control.id === controlId)
        ? { 'implementation-uuid': requirementUuid(tenantId, controlId) }
        : {}),
      description: `${controlId} stands in while the exception runs.`,
      props: [prop('control', controlId)],
    })),
    deadline: exception.toMs === undefined ? undefined : instant(exception.toMs),
    'risk-log':
      exception.approvedAtMs === undefined
        ? undefined
        : {
            entries: [
              {
                uuid: uuidOf('risk-log', tenantId, exception.exceptionId, 'approved'),
                title: 'Approved',
                start: instant(exception.approvedAtMs),
                'status-change': 'deviation-approved',
                props: optional('approver', exception.approver),
              },
            ],
          },
  };
}
