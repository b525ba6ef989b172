import { Asset, ServiceOffer } from '@demarc/platform/contract/api';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { findAsset } from './assets.ts';
import { TENANT_OPTION } from './tenant.ts';

interface ForOptions {
  readonly tenant: string;
  readonly asset?: readonly string[];
  readonly group?: string;
  readonly everything?: boolean;
}
interface BuyOptions extends ForOptions {
  readonly tier: string;
  readonly acceptPrerequisites?: boolean;
}
interface NoticeOptions {
  readonly tenant: string;
  readonly at: string;
  readonly reason: string;
}
interface CancelOptions {
  readonly tenant: string;
  readonly reason: string;
  readonly acceptHandback?: boolean;
  readonly acceptRiskUntil?: string;
}

const Noticed = z.strictObject({ handoverId: z.uuid() });
const Offers = z.array(ServiceOffer);
const Bought = z.strictObject({ entitlementId: z.uuid(), handoverId: z.uuid() });

export function register(program: Command, { config, output }: Deps): void {
  const service = program.command('service').description('managed services');
  service
    .command('list')
    .description('what can be bought and what is')
    .option(...TENANT_OPTION)
    .action(async ({ tenant }: { readonly tenant: string }) => {
      const offers = await new ApiClient(config).get(`/v1/tenants/${tenant}/services`, Offers);
      print(output, offers, () =>
        table(
          ['service', 'available', 'tiers', 'controls', 'bought'],
          offers.map((offer) => [
            offer.serviceId,
            offer.available ? 'yes' : 'not yet',
            offer.tiers.join(' '),
            offer.controls.join(' '),
            boughtOf(offer),
          ]),
        ),
      );
    });
  service
    .command('buy <service>')
    .description('for every asset, or those named; duties move with the first passing evidence')
    .option(...TENANT_OPTION)
    .option('--tier <tier>', 'the tier', 'managed')
    .option('--asset <asset...>', 'id or name')
    .option('--group <group>', 'the machines of a group, also those to come')
    .option('--everything', 'everything of its type that there is or will be')
    .option('--accept-prerequisites', 'the customer’s prerequisites are met (shown when left out)')
    .action(async (serviceId: string, options: BuyOptions) => {
      const client = new ApiClient(config);
      const wanted = await wantedOf(client, options);
      const body = {
        serviceId,
        tier: options.tier,
        ...wanted,
        prerequisitesAccepted: options.acceptPrerequisites === true,
      };
      const bought = await client.post(`/v1/tenants/${options.tenant}/entitlements`, body, Bought);
      print(
        output,
        bought,
        () =>
          `bought ${serviceId} for ${whatOf(wanted)}; entitlement ${bought.entitlementId}\nDuties move with the first passing evidence: ./demarc matrix\nThe hand-over to sign: ./demarc handover show ${bought.handoverId}`,
      );
    });
  service
    .command('notice <entitlement>')
    .description('give notice; the hand-over of what the service gives up is opened')
    .option(...TENANT_OPTION)
    .requiredOption('--at <instant>', 'when it ends, such as 2027-01-31T00:00:00Z or +30d')
    .option('--reason <text>', 'kept in the ledger', 'notice from the command line')
    .action(async (wanted: string, { tenant, at, reason }: NoticeOptions) => {
      const client = new ApiClient(config);
      const entitlementId = await runningEntitlement(client, tenant, wanted);
      const endsAt = instantOf(at);
      const path = `/v1/tenants/${tenant}/entitlements/${entitlementId}/notice`;
      const { handoverId } = await client.post(path, { endsAt, reason }, Noticed);
      print(
        output,
        { entitlementId, endsAt, handoverId },
        () =>
          `notice given for ${endsAt}\nSettle who takes what comes back: ./demarc handover show ${handoverId}\nThen confirm the end: ./demarc service cancel ${entitlementId}`,
      );
    });
  service
    .command('withdraw-notice <entitlement>')
    .description('the service goes on; its hand-over is closed')
    .option(...TENANT_OPTION)
    .option('--reason <text>', 'kept in the ledger', 'withdrawn from the command line')
    .action(async (wanted: string, { tenant, reason }: Omit<NoticeOptions, 'at'>) => {
      const client = new ApiClient(config);
      const entitlementId = await runningEntitlement(client, tenant, wanted);
      const path = `/v1/tenants/${tenant}/entitlements/${entitlementId}/notice/withdraw`;
      await client.post(path, { reason }, z.unknown());
      print(output, { withdrawn: entitlementId }, () => 'the notice is withdrawn; the service goes on');
    });
  service
    .command('cancel <entitlement>')
    .description('end a service on the date of its notice, or now; by entitlement, or by the service’s id')
    .option(...TENANT_OPTION)
    .option('--reason <text>', 'kept in the ledger', 'cancelled from the command line')
    .option('--accept-handback', 'the tenant takes every duty that the hand-over leaves open')
    .option('--accept-risk-until <instant>', 'nobody takes them until then, and the tenant accepts that')
    .action(async (wanted: string, options: CancelOptions) => {
      const client = new ApiClient(config);
      const entitlementId = await runningEntitlement(client, options.tenant, wanted);
      const body = {
        reason: options.reason,
        acceptHandback: options.acceptHandback === true,
        ...(options.acceptRiskUntil === undefined
          ? {}
          : { riskAcceptedUntil: instantOf(options.acceptRiskUntil) }),
      };
      await client.post(
        `/v1/tenants/${options.tenant}/entitlements/${entitlementId}/cancel`,
        body,
        z.unknown(),
      );
      const left =
        options.acceptHandback === true
          ? 'the duties are the tenant’s again'
          : 'the duties are with those who took them in the hand-over; the others are nobody’s';
      print(output, { cancelled: entitlementId }, () => `cancelled ${entitlementId}; ${left}`);
    });
  service
    .command('accept-handback <entitlement> <asset>')
    .description('take the returned duties back')
    .option(...TENANT_OPTION)
    .action(async (entitlementId: string, name: string, { tenant }: { readonly tenant: string }) => {
      const client = new ApiClient(config);
      const asset = await findAsset(client, tenant, name);
      await client.post(
        `/v1/tenants/${tenant}/entitlements/${entitlementId}/assets/${asset.assetId}/handback`,
        {},
        z.unknown(),
      );
      print(output, { accepted: true }, () => `the duties on ${asset.name} are the tenant’s again`);
    });
}

function boughtOf(offer: ServiceOffer): string {
  return offer.entitlements
    .filter(({ validTo }) => validTo === null || Date.parse(validTo) > Date.now())
    .flatMap((entitlement) =>
      entitlement.assets.map(
        (asset) =>
          `${asset.assetName}: ${asset.state}${asset.pending.length === 0 ? '' : ` (waiting for ${asset.pending.join(', ')})`}`,
      ),
    )
    .join('; ');
}

interface Wanted {
  readonly assetIds: readonly string[];
  readonly scope?: { readonly kind: 'tenant' } | { readonly kind: 'group'; readonly groupId: string };
}

/** What a purchase is for: named assets, a group, everything, or every machine that is enrolled. */
export async function wantedOf(client: ApiClient, options: ForOptions): Promise<Wanted> {
  const { tenant, asset, group, everything } = options;
  const named =
    asset === undefined
      ? []
      : await Promise.all(asset.map(async (name) => (await findAsset(client, tenant, name)).assetId));
  if (everything === true) return { assetIds: named, scope: { kind: 'tenant' } };
  if (group !== undefined) return { assetIds: named, scope: { kind: 'group', groupId: group } };
  if (asset !== undefined) return { assetIds: named };
  const assets = await client.get(`/v1/tenants/${tenant}/assets`, z.array(Asset));
  return { assetIds: assets.filter(({ state }) => state !== 'revoked').map(({ assetId }) => assetId) };
}

function whatOf({ assetIds, scope }: Wanted): string {
  const named = assetIds.length === 0 && scope !== undefined ? [] : [`${assetIds.length} asset(s)`];
  const scoped =
    scope === undefined ? [] : [scope.kind === 'tenant' ? 'everything' : `the group ${scope.groupId}`];
  return [...named, ...scoped].join(' and ');
}

/** @throws CLI_UNKNOWN, CLI_AMBIGUOUS */
export async function runningEntitlement(client: ApiClient, tenant: string, wanted: string): Promise<string> {
  const offers = await client.get(`/v1/tenants/${tenant}/services`, Offers);
  const running = offers.flatMap(({ serviceId, entitlements }) =>
    entitlements
      .filter(
        ({ validTo, entitlementId }) =>
          (validTo === null || Date.parse(validTo) > Date.now()) &&
          (serviceId === wanted || entitlementId === wanted),
      )
      .map(({ entitlementId }) => entitlementId),
  );
  const [only] = running;
  if (only === undefined) throw cliErrors.make('CLI_UNKNOWN', { what: 'running entitlement', name: wanted });
  if (running.length > 1)
    throw cliErrors.make('CLI_AMBIGUOUS', {
      what: 'entitlement',
      name: wanted,
      candidates: running.join(', '),
    });
  return only;
}
