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

interface BuyOptions {
  readonly tenant: string;
  readonly tier: string;
  readonly asset?: readonly string[];
  readonly acceptPrerequisites?: boolean;
}
interface CancelOptions {
  readonly tenant: string;
  readonly reason: string;
  readonly acceptHandback?: boolean;
  readonly acceptRiskUntil?: string;
}

const Offers = z.array(ServiceOffer);
const Bought = z.strictObject({ entitlementId: z.uuid() });

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
    .option('--accept-prerequisites', 'the customer’s prerequisites are met (shown when left out)')
    .action(async (serviceId: string, options: BuyOptions) => {
      const client = new ApiClient(config);
      const assetIds =
        options.asset === undefined
          ? (await client.get(`/v1/tenants/${options.tenant}/assets`, z.array(Asset)))
              .filter(({ state }) => state !== 'revoked')
              .map(({ assetId }) => assetId)
          : await Promise.all(
              options.asset.map(async (name) => (await findAsset(client, options.tenant, name)).assetId),
            );
      const body = {
        serviceId,
        tier: options.tier,
        assetIds,
        prerequisitesAccepted: options.acceptPrerequisites === true,
      };
      const bought = await client.post(`/v1/tenants/${options.tenant}/entitlements`, body, Bought);
      print(
        output,
        bought,
        () =>
          `bought ${serviceId} for ${assetIds.length} asset(s); entitlement ${bought.entitlementId}\nDuties move with the first passing evidence: ./demarc matrix`,
      );
    });
  service
    .command('cancel <entitlement>')
    .description('end a service now, by entitlement or by the service’s id when it is bought once')
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

/** @throws CLI_UNKNOWN, CLI_AMBIGUOUS */
async function runningEntitlement(client: ApiClient, tenant: string, wanted: string): Promise<string> {
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
