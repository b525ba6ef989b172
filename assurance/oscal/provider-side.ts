/** The provider's side: managed services as components, and the plan that tenants lean on. */
import { DUTIES, type Duty } from '@demarc/platform/contract/api';
import type { Catalogue, Control } from '../catalogue/catalogue.ts';
import { byId, type ExportContext, partiesOf, statementId } from './context.ts';
import { line, type Node, oscalProp, prop, uuidOf } from './words.ts';

type Service = Catalogue['services'][number];

/** Ids that a tenant's plan answers to: the same wherever they are derived. */
export const providedUuid = (controlId: string, duty: Duty, by: string): string =>
  uuidOf('provided', controlId, duty, by);
export const responsibilityUuid = (controlId: string, duty: Duty): string =>
  uuidOf('responsibility', controlId, duty);

/** Who the provider's plan says can have the duty: the platform by default, and services that take it. */
export function offersOf(
  control: Control,
  duty: Duty,
  catalogue: Catalogue,
): { readonly platform: boolean; readonly customer: boolean; readonly services: readonly Service[] } {
  const defaults = partiesOf(control.default_responsibility[duty]);
  return {
    platform: defaults.includes('provider'),
    customer: defaults.includes('customer'),
    services: control.managed_services.flatMap(({ service, shifts }) => {
      const found = catalogue.services.find(({ id }) => id === service);
      return found !== undefined && partiesOf(shifts?.[duty] ?? null).includes('provider') ? [found] : [];
    }),
  };
}

export function componentDefinitionDocument(context: ExportContext): Node {
  const { catalogue } = context.assessment;
  return {
    'component-definition': {
      uuid: context.documentUuid('component-definition'),
      metadata: context.metadata('Managed services', catalogue.version),
      components: catalogue.services.map((service) => ({
        uuid: context.serviceUuid(service.id),
        type: 'service',
        title: line(service.title),
        description: service.delivers,
        props: serviceProps(service),
        'responsible-roles': [{ 'role-id': 'provider', 'party-uuids': [context.partyUuid('provider')] }],
        'control-implementations': implementation(context, service),
      })),
    },
  };
}

function implementation(context: ExportContext, service: Service): readonly Node[] {
  const { catalogue } = context.assessment;
  const requirements = byId(catalogue.controls.values()).flatMap((control) =>
    control.managed_services
      .filter((entry) => entry.service === service.id)
      .map((entry) => ({
        uuid: uuidOf('service-requirement', service.id, control.id),
        'control-id': control.id,
        description: entry.note ?? `${service.title} ${entry.effect} ${control.id}.`,
        props: [
          prop('effect', entry.effect),
          ...(entry.tier === undefined ? [] : [prop('tier', entry.tier)]),
        ],
        remarks:
          entry.customer_keeps === undefined ? undefined : `The customer keeps: ${entry.customer_keeps}`,
        statements: DUTIES.filter((duty) => entry.shifts?.[duty] !== undefined).map((duty) => ({
          'statement-id': statementId(control.id, duty),
          uuid: uuidOf('service-statement', service.id, control.id, duty),
          description: `Once operational on an asset, the duty to ${duty} moves to ${entry.shifts?.[duty] ?? ''}.`,
          props: [prop('duty', duty), prop('party', entry.shifts?.[duty] ?? '')],
        })),
      })),
  );
  if (requirements.length === 0) return [];
  return [
    {
      uuid: uuidOf('service-implementation', service.id),
      source: 'catalog.json',
      description: `What ${service.title} does for the controls of the catalogue.`,
      'implemented-requirements': requirements,
    },
  ];
}

const serviceProps = (service: Service): readonly Node[] => [
  prop('service-id', service.id),
  prop('asset-type', service.unit),
  ...service.tiers.map((tier) => prop('tier', tier)),
  ...service.customer_prerequisites.map((text) => prop('prerequisite', text)),
];

export function providerPlanDocument(context: ExportContext): Node {
  const { catalogue } = context.assessment;
  return {
    'system-security-plan': {
      uuid: context.documentUuid('provider-plan'),
      metadata: context.metadata('The provider’s platform and managed services', catalogue.version),
      'import-profile': { href: 'profile.json' },
      'system-characteristics': systemCharacteristics({
        id: 'demarc-provider',
        name: 'Provider platform',
        description: 'The cloud platform and the managed services that tenants can buy on it.',
        boundary:
          'From the datacentre up to the management plane, and each managed service where it is bought.',
      }),
      'system-implementation': {
        users: [systemUser('provider', 'Provider’s people')],
        components: [
          {
            uuid: context.platformUuid,
            type: 'this-system',
            title: 'Provider platform',
            description: 'Datacentre, compute, storage, network fabric and management plane.',
            status: { state: 'operational' },
          },
          ...catalogue.services.map((service) => ({
            uuid: context.serviceUuid(service.id),
            type: 'service',
            title: line(service.title),
            description: service.delivers,
            props: serviceProps(service),
            status: { state: 'operational' },
          })),
        ],
      },
      'control-implementation': {
        description:
          'One statement for each duty: what the provider provides, and what stays with the customer.',
        'implemented-requirements': byId(catalogue.controls.values()).map((control) =>
          requirement(context, control),
        ),
      },
    },
  };
}

function requirement(context: ExportContext, control: Control): Node {
  return {
    uuid: uuidOf('provider-requirement', control.id),
    'control-id': control.id,
    props: [prop('layer', control.layer), prop('worth', control.worth)],
    statements: DUTIES.map((duty) => statement(context, control, duty)),
  };
}

function statement(context: ExportContext, control: Control, duty: Duty): Node {
  const { platform, customer, services } = offersOf(control, duty, context.assessment.catalogue);
  const responsibility: Node = {
    uuid: responsibilityUuid(control.id, duty),
    description: `${control.id}: the customer has the duty to ${duty} unless a service that takes it is operational.`,
    props: [prop('duty', duty)],
    'responsible-roles': [{ 'role-id': 'customer', 'party-uuids': [context.partyUuid('customer')] }],
  };
  const provided = (by: string, description: string): Node => ({
    uuid: providedUuid(control.id, duty, by),
    description,
    props: [prop('duty', duty)],
    'responsible-roles': [{ 'role-id': 'provider', 'party-uuids': [context.partyUuid('provider')] }],
  });
  return {
    'statement-id': statementId(control.id, duty),
    uuid: uuidOf('provider-statement', control.id, duty),
    props: [prop('duty', duty)],
    'by-components': [
      {
        'component-uuid': context.platformUuid,
        uuid: uuidOf('provider-by-component', control.id, duty, 'platform'),
        description: platform
          ? `The provider has the duty to ${duty} for every tenant.`
          : 'Not the provider’s by default.',
        'implementation-status': { state: platform ? 'implemented' : 'not-applicable' },
        export: {
          provided: platform ? [provided('platform', `The provider’s duty to ${duty}.`)] : [],
          responsibilities: customer || !platform ? [responsibility] : [],
        },
      },
      ...services.map((service) => ({
        'component-uuid': context.serviceUuid(service.id),
        uuid: uuidOf('provider-by-component', control.id, duty, service.id),
        description: `Where ${service.title} is operational, the duty to ${duty} is the provider’s.`,
        'implementation-status': { state: 'implemented' },
        export: { provided: [provided(service.id, `The duty to ${duty}, with ${service.title}.`)] },
      })),
    ],
  };
}

/** What a plan must say of its system, whichever it is. */
export function systemCharacteristics(system: {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly boundary: string;
  readonly props?: readonly Node[];
  readonly links?: readonly Node[];
}): Node {
  return {
    'system-ids': [{ 'identifier-type': 'urn:demarc:system', id: system.id }],
    'system-name': line(system.name),
    description: system.description,
    props: system.props,
    links: system.links,
    'system-information': {
      'information-types': [
        {
          uuid: uuidOf('information-type', system.id),
          title: 'What the system holds',
          description: 'Set by whoever owns the information; this plan makes no statement about it.',
        },
      ],
    },
    status: { state: 'operational' },
    'authorization-boundary': { description: system.boundary },
  };
}

export const systemUser = (roleId: string, title: string): Node => ({
  uuid: uuidOf('user', roleId, title),
  title,
  props: [oscalProp('type', roleId === 'provider' ? 'external' : 'internal')],
  'role-ids': [roleId],
});
