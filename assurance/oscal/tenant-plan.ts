/** The tenant's plan: who has each duty of each control, answered to what the provider's plan offers. */
import { DUTIES } from '@demarc/platform/contract/api';
import type { Control } from '../catalogue/catalogue.ts';
import type { AssessedCell } from '../evaluation/assessment.ts';
import { type EntitlementState, scopeKey, standingOf } from '../model/standing.ts';
import { worst } from '../rules/dependency.ts';
import { byId, type ExportContext, partiesOf } from './context.ts';
import { systemCharacteristics, systemUser } from './provider-side.ts';
import {
  authorizationUuid,
  entitlementUuid,
  leveragedPlatformUuid,
  partyComponentUuid,
  requirementUuid,
} from './tenant-ids.ts';
import { statementOf } from './tenant-statements.ts';
import { instant, line, type Node, optional, oscalProp, prop, uuidOf } from './words.ts';

export function tenantPlanDocument(context: ExportContext): Node {
  const { assessment } = context;
  const { tenantId, catalogue, standing, rollUp } = assessment;
  const cells = cellsByControl(assessment.cells);
  const claims = claimResources(context);
  return {
    'system-security-plan': {
      uuid: context.documentUuid('tenant-plan'),
      metadata: context.metadata(`Responsibility and status of ${tenantId}`, assessment.digest.slice(0, 16)),
      'import-profile': { href: 'profile.json' },
      'system-characteristics': systemCharacteristics({
        id: tenantId,
        name: tenantId,
        description: `The tenant ${tenantId}: its machines, networks and databases, and what they lean on.`,
        boundary: 'Everything that the tenant runs; what is below it is the provider’s.',
        props: [
          ...optional('score', rollUp.score),
          prop('assessed', `${rollUp.assessed} of ${rollUp.applicable}`),
          ...(standing.scheduleAcceptedAtMs === undefined
            ? []
            : [prop('valid-from', instant(standing.scheduleAcceptedAtMs), { class: 'schedule' })]),
        ],
        links: claims.map(({ uuid }) => ({ href: `#${String(uuid)}`, rel: 'claim' })),
      }),
      'system-implementation': {
        'leveraged-authorizations': authorizations(context),
        users: [
          systemUser('customer', 'The tenant’s people'),
          systemUser('provider', 'The provider’s people'),
        ],
        components: [...components(context), ...partyComponents(context)],
        'inventory-items': inventory(context),
      },
      'control-implementation': {
        description:
          'One statement for each duty; inherited where the provider has it, satisfied where it is ours.',
        'implemented-requirements': byId(catalogue.controls.values()).map((control) =>
          requirement(context, control, cells.get(control.id) ?? []),
        ),
      },
      'back-matter': claims.length === 0 ? undefined : { resources: claims },
    },
  };
}

export function cellsByControl(cells: readonly AssessedCell[]): ReadonlyMap<string, readonly AssessedCell[]> {
  return Map.groupBy(cells, ({ control }) => control.id);
}

function requirement(context: ExportContext, control: Control, cells: readonly AssessedCell[]): Node {
  const { tenantId } = context.assessment;
  const head = { uuid: requirementUuid(tenantId, control.id), 'control-id': control.id };
  if (cells.length === 0)
    return {
      ...head,
      props: [prop('control-status', 'not-applicable')],
      remarks: `Nothing of the types that the control is about (${control.asset_types.join(', ')}) is there.`,
    };
  const status = worst(cells.map(({ state }) => state.effective));
  const origination = originationOf(cells);
  return {
    ...head,
    props: [
      ...(origination === undefined ? [] : [oscalProp('control-origination', origination)]),
      ...[...new Set(cells.map(({ cell }) => cell.ownership))].sort().map((word) => prop('ownership', word)),
      prop('control-status', status),
    ],
    'responsible-roles': [
      {
        'role-id': roleOf(context, control.default_responsibility.accountable),
        'party-uuids': partiesOf(control.default_responsibility.accountable).map((party) =>
          context.partyUuid(party),
        ),
      },
    ],
    statements: DUTIES.map((duty, at) => statementOf(context, control, duty, at, cells)),
  };
}

/** Inherited: no duty is the customer's; customer-provided: none is the provider's; otherwise both have some. */
function originationOf(cells: readonly AssessedCell[]): string | undefined {
  const parties = new Set(
    cells.flatMap(({ cell }) =>
      cell.duties.flatMap(({ state, party }) => (state === 'owned' ? partiesOf(party) : [])),
    ),
  );
  if (parties.size === 0) return undefined;
  if (!parties.has('customer')) return parties.has('provider') ? 'inherited' : 'organization';
  return parties.has('provider') ? 'customer-configured' : 'customer-provided';
}

function roleOf(context: ExportContext, accountable: string): string {
  const [first = 'customer'] = partiesOf(accountable);
  return context.assessment.standing.parties.get(first)?.role ?? first;
}

function authorizations(context: ExportContext): readonly Node[] {
  const { tenantId, standing, asOfMs } = context.assessment;
  const accepted = standing.scheduleAcceptedAtMs;
  return [
    {
      uuid: authorizationUuid(tenantId, 'platform'),
      title: 'Provider platform',
      'party-uuid': context.partyUuid('provider'),
      'date-authorized': instant(accepted ?? asOfMs).slice(0, 10),
      links: [{ href: 'provider-plan.json', rel: 'system-security-plan' }],
      remarks: accepted === undefined ? 'The responsibility schedule is not accepted yet.' : undefined,
    },
    ...[...standing.entitlements.values()].map((entitlement) => ({
      uuid: authorizationUuid(tenantId, entitlement.entitlementId),
      title: line(`${entitlement.serviceId}, ${entitlement.tier}`),
      'party-uuid': context.partyUuid('provider'),
      'date-authorized': instant(entitlement.fromMs).slice(0, 10),
      links: [{ href: 'provider-plan.json', rel: 'system-security-plan' }],
      props: entitlementProps(entitlement),
      remarks: entitlement.endedBecause ?? entitlement.notice?.reason,
    })),
  ];
}

const entitlementProps = (entitlement: EntitlementState): readonly Node[] => [
  prop('entitlement-id', entitlement.entitlementId),
  prop('service-id', entitlement.serviceId),
  prop('tier', entitlement.tier),
  prop('valid-from', instant(entitlement.fromMs)),
  ...optional('valid-to', entitlement.toMs === undefined ? undefined : instant(entitlement.toMs)),
  ...optional('scope', entitlement.scope === undefined ? undefined : scopeKey(entitlement.scope)),
  ...(entitlement.prerequisites ?? []).map((text) => prop('prerequisite', text)),
  prop('record', entitlement.recordId),
];

function components(context: ExportContext): readonly Node[] {
  const { tenantId, standing, catalogue, asOfMs } = context.assessment;
  const leveraged = (authorization: string, inherits: string): readonly Node[] => [
    oscalProp('leveraged-authorization-uuid', authorizationUuid(tenantId, authorization)),
    oscalProp('implementation-point', 'external'),
    oscalProp('inherited-uuid', inherits),
  ];
  return [
    {
      uuid: context.systemUuid,
      type: 'this-system',
      title: line(tenantId),
      description: 'The tenant as a whole.',
      props: [prop('asset-id', 'tenant'), prop('asset-type', 'tenant')],
      status: { state: 'operational' },
    },
    {
      uuid: leveragedPlatformUuid(tenantId),
      type: 'system',
      title: 'Provider platform',
      description: 'What the provider runs below everything the tenant has.',
      props: leveraged('platform', context.platformUuid),
      status: { state: 'operational' },
    },
    ...[...standing.entitlements.values()].map((entitlement) => {
      const service = catalogue.services.find(({ id }) => id === entitlement.serviceId);
      const ended = entitlement.toMs !== undefined && entitlement.toMs <= asOfMs;
      const operational = [...entitlement.assets.values()].some(
        ({ operationalAtMs }) => operationalAtMs !== undefined,
      );
      return {
        uuid: entitlementUuid(tenantId, entitlement.entitlementId),
        type: 'service',
        title: line(`${service?.title ?? entitlement.serviceId}, ${entitlement.tier}`),
        description: service?.delivers ?? entitlement.serviceId,
        props: [
          ...(service === undefined
            ? leveraged(entitlement.entitlementId, context.platformUuid)
            : leveraged(entitlement.entitlementId, context.serviceUuid(service.id))),
          prop('entitlement-id', entitlement.entitlementId),
        ],
        status: { state: ended ? 'disposition' : operational ? 'operational' : 'under-development' },
      };
    }),
  ];
}

/** Parties beyond provider and customer that have duties stand as services of their own. */
function partyComponents(context: ExportContext): readonly Node[] {
  const { cells, tenantId, standing } = context.assessment;
  const parties = new Set(
    cells.flatMap(({ cell }) =>
      cell.duties.flatMap(({ state, party }) => (state === 'owned' ? partiesOf(party) : [])),
    ),
  );
  return [...parties]
    .filter((party) => party !== 'provider' && party !== 'customer')
    .sort()
    .map((party) => ({
      uuid: partyComponentUuid(tenantId, party),
      type: 'service',
      title: line(standing.parties.get(party)?.name ?? party),
      description: `What ${party} does for the tenant.`,
      props: [prop('party', party)],
      'responsible-roles': [{ 'role-id': roleOf(context, party), 'party-uuids': [context.partyUuid(party)] }],
      status: { state: 'operational' },
    }));
}

function inventory(context: ExportContext): readonly Node[] {
  const { assets, standing, tenantId } = context.assessment;
  return assets
    .filter(({ assetId }) => assetId !== 'tenant')
    .map((asset) => ({
      uuid: context.assetUuid(asset.assetId),
      description: asset.name,
      props: [
        prop('asset-id', asset.assetId),
        prop('asset-name', asset.name),
        prop('asset-type', asset.type),
        ...Object.entries(asset.labels)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => prop('label', `${name}=${value}`)),
        prop('declared-at', instant(standing.assets.get(asset.assetId)?.fromMs ?? 0)),
      ],
      'implemented-components': [...standing.entitlements.values()].flatMap((entitlement) => {
        const there = entitlement.assets.get(asset.assetId);
        if (there?.operationalAtMs === undefined) return [];
        return [
          {
            'component-uuid': entitlementUuid(tenantId, entitlement.entitlementId),
            props: [
              prop('valid-from', instant(there.operationalAtMs)),
              ...optional('evidence-id', there.evidenceId),
            ],
          },
        ];
      }),
    }));
}

/** Dated acts that give or take duties, each a resource that the plan refers to. */
function claimResources(context: ExportContext): readonly Node[] {
  const { standing, asOfMs, tenantId } = context.assessment;
  return [...standing.claims.values()].map((claim) => {
    const said = standingOf(claim, asOfMs);
    return {
      uuid: uuidOf('claim', tenantId, claim.claimId),
      title: line(`${claim.party}: ${claim.duties.join(', ')} of ${claim.controls.join(', ')}`),
      description: claim.reason === '' ? undefined : claim.reason,
      props: [
        prop('claim-id', claim.claimId),
        prop('party', claim.party),
        ...claim.controls.map((control) => prop('control', control)),
        ...claim.duties.map((duty) => prop('duty', duty)),
        prop('scope', scopeKey(claim.scope)),
        prop('effect', claim.kind),
        prop('source', claim.source),
        prop('valid-from', instant(claim.fromMs)),
        ...optional('valid-to', claim.toMs === undefined ? undefined : instant(claim.toMs)),
        prop('standing', said?.standing ?? 'proposed'),
        prop('record', said?.recordId ?? claim.recordId),
      ],
    };
  });
}
