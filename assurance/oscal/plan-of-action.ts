/** The plan of action and milestones: each item with the finding and the risk that it is about. */
import type { PoamState } from '../model/standing.ts';
import type { ExportContext } from './context.ts';
import { findings, findingUuid, observations } from './results.ts';
import { registerRisk, riskUuid } from './risks.ts';
import { instant, line, type Node, optional, prop, titled, uuidOf } from './words.ts';

const STATUS: Readonly<Record<PoamState['status'], string>> = {
  open: 'open',
  'in-progress': 'remediating',
  done: 'closed',
  'risk-accepted': 'deviation-approved',
};

export function planOfActionDocument(context: ExportContext): Node {
  const { tenantId, standing, digest, risks, asOfMs } = context.assessment;
  const items = [...standing.poam.values()];
  // What the items refer to stands here too, word for word as in the results.
  const wanted = new Set(items.map(({ controlId, assetId }) => findingUuid(tenantId, controlId, assetId)));
  const found = findings(context)
    .filter(({ uuid }) => wanted.has(String(uuid)))
    .map(({ 'related-risks': _elsewhere, ...finding }) => finding);
  const observed = new Set(
    found.flatMap((finding) =>
      (finding['related-observations'] as readonly Node[]).map((each) => each['observation-uuid']),
    ),
  );
  const known = new Set(found.map(({ uuid }) => uuid));
  const register = new Set(items.flatMap(({ riskId }) => (riskId === undefined ? [] : [riskId])));
  return {
    'plan-of-action-and-milestones': {
      uuid: context.documentUuid('plan-of-action'),
      metadata: context.metadata(`What ${tenantId} has planned to mend`, digest.slice(0, 16)),
      'import-ssp': { href: 'tenant-plan.json' },
      'system-id': { 'identifier-type': 'urn:demarc:system', id: tenantId },
      observations: observations(context).filter(({ uuid }) => observed.has(uuid)),
      risks: [
        ...items.map((item) => itemRisk(context, item)),
        ...risks.filter(({ risk }) => register.has(risk.riskId)).map((risk) => registerRisk(context, risk)),
      ],
      findings: found,
      'poam-items':
        items.length === 0
          ? [nothingPlanned(tenantId, asOfMs)]
          : items.map((item) => poamItem(context, item, known)),
    },
  };
}

/** The schema wants one item at least; a plan with nothing in it says that, and not something else. */
const nothingPlanned = (tenantId: string, asOfMs: number): Node => ({
  uuid: uuidOf('poam', tenantId, 'nothing'),
  title: 'Nothing is planned',
  description: `No item was open or done as of ${instant(asOfMs)}.`,
  props: [prop('nothing-planned', true)],
});

const itemRiskUuid = (tenantId: string, poamId: string): string => uuidOf('poam-risk', tenantId, poamId);

function poamItem(context: ExportContext, item: PoamState, known: ReadonlySet<unknown>): Node {
  const { tenantId, risks } = context.assessment;
  const finding = findingUuid(tenantId, item.controlId, item.assetId);
  const registered = risks.find(({ risk }) => risk.riskId === item.riskId);
  return {
    uuid: uuidOf('poam', tenantId, item.poamId),
    title: line(`${item.controlId}: ${item.finding}`),
    description: item.finding,
    props: [
      prop('poam-id', item.poamId),
      prop('control', item.controlId),
      prop('asset-id', item.assetId),
      prop('party', item.owner),
      prop('poam-status', item.status),
      prop('valid-from', instant(item.fromMs)),
      ...optional('risk-id', item.riskId),
      prop('record', item.recordId),
    ],
    origins: [{ actors: [{ type: 'party', 'actor-uuid': context.partyUuid(item.owner) }] }],
    'related-findings': known.has(finding) ? [{ 'finding-uuid': finding }] : [],
    'related-risks': [
      { 'risk-uuid': itemRiskUuid(tenantId, item.poamId) },
      ...(registered === undefined ? [] : [{ 'risk-uuid': riskUuid(tenantId, registered.risk.riskId) }]),
    ],
  };
}

/** OSCAL keeps deadline, milestones and log on a risk: each item has one of its own. */
function itemRisk(context: ExportContext, item: PoamState): Node {
  const { tenantId } = context.assessment;
  return {
    uuid: itemRiskUuid(tenantId, item.poamId),
    title: line(`${item.controlId} on ${item.assetId} is not mended`),
    description: item.finding,
    statement: item.finding,
    props: [prop('poam-id', item.poamId)],
    status: STATUS[item.status],
    deadline: instant(item.dueAtMs),
    remediations: [
      {
        uuid: uuidOf('remediation', tenantId, item.poamId),
        lifecycle: item.status === 'done' ? 'completed' : 'planned',
        title: 'Planned',
        description: item.finding,
        tasks: item.milestones.map((milestone, index) => {
          const { title, exact } = titled(milestone.title);
          return {
            uuid: uuidOf('milestone', tenantId, item.poamId, String(index)),
            type: 'milestone',
            title,
            props: [prop('milestone', index + 1), ...exact],
            timing: { 'on-date': { date: instant(milestone.dueAtMs) } },
          };
        }),
      },
    ],
    'risk-log':
      item.log.length === 0
        ? undefined
        : {
            entries: item.log.map(({ atMs, by, status, note }, index) => ({
              uuid: uuidOf('poam-log', tenantId, item.poamId, String(index)),
              title: line(status),
              description: note === '' ? undefined : note,
              start: instant(atMs),
              props: [prop('reviewed-by', by)],
            })),
          },
  };
}
