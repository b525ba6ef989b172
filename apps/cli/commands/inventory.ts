import { Group, InventoryAsset, Party } from '@demarc/platform/contract/assurance/responsibility';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { TENANT_OPTION } from './tenant.ts';

interface TenantOption {
  readonly tenant: string;
}
interface PartyOptions extends TenantOption {
  readonly name: string;
  readonly kind: string;
  readonly role: string;
  readonly contact?: string;
}
interface LabelOptions extends TenantOption {
  readonly label: readonly string[];
}
interface GroupOptions extends LabelOptions {
  readonly name?: string;
  readonly priority: string;
}
interface DeclareOptions extends TenantOption {
  readonly name?: string;
  readonly type: string;
  readonly label?: readonly string[];
}

export function register(program: Command, deps: Deps): void {
  registerParties(program, deps);
  registerGroups(program, deps);
  registerAssets(program, deps);
}

function registerParties(program: Command, { config, output }: Deps): void {
  const party = program.command('party').description('who can have duties');
  party
    .command('list')
    .description('provider, customer, AMS team, and who was registered')
    .option(...TENANT_OPTION)
    .action(async ({ tenant }: TenantOption) => {
      const parties = await new ApiClient(config).get(`/v1/tenants/${tenant}/parties`, z.array(Party));
      print(output, parties, () =>
        table(
          ['party', 'name', 'kind', 'role', 'contact', 'since'],
          parties.map((each) => [
            each.partyId,
            each.name,
            each.kind,
            each.role,
            each.contact,
            each.since ?? 'always',
          ]),
        ),
      );
    });
  party
    .command('register <party>')
    .description('a third party, or a team or person of one')
    .option(...TENANT_OPTION)
    .requiredOption('--name <name>', 'in full')
    .option('--kind <kind>', 'organization, team or person', 'organization')
    .option('--role <role>', 'provider, customer, ams or third-party', 'third-party')
    .option('--contact <contact>', 'how to reach them at three in the morning')
    .action(async (partyId: string, { tenant, ...rest }: PartyOptions) => {
      const { name, kind, role, contact } = rest;
      const body = { partyId, name, kind, role, ...(contact === undefined ? {} : { contact }) };
      await new ApiClient(config).post(`/v1/tenants/${tenant}/parties`, body, z.unknown());
      print(output, { registered: partyId }, () => `${name} is registered as ${partyId}`);
    });
}

function registerGroups(program: Command, { config, output }: Deps): void {
  const group = program.command('group').description('groups of assets: rules over their labels');
  group
    .command('list')
    .option(...TENANT_OPTION)
    .action(async ({ tenant }: TenantOption) => {
      const groups = await new ApiClient(config).get(`/v1/tenants/${tenant}/groups`, z.array(Group));
      print(output, groups, () =>
        table(
          ['group', 'name', 'priority', 'labels', 'assets'],
          groups.map((each) => [
            each.groupId,
            each.name,
            String(each.priority),
            labelText(each.labels),
            String(each.assetCount),
          ]),
        ),
      );
    });
  group
    .command('define <group>')
    .description('an asset is in it when it has all of the labels')
    .option(...TENANT_OPTION)
    .requiredOption('--label <name=value...>', 'labels that an asset must have')
    .option('--name <name>', 'in full')
    .option('--priority <number>', 'the higher one decides where two groups disagree', '0')
    .action(async (groupId: string, options: GroupOptions) => {
      const body = {
        groupId,
        name: options.name ?? groupId,
        priority: Number(options.priority),
        labels: labelsOf(options.label),
      };
      await new ApiClient(config).post(`/v1/tenants/${options.tenant}/groups`, body, z.unknown());
      print(output, { defined: groupId }, () => `the group ${groupId} is defined`);
    });
  group
    .command('remove <group>')
    .option(...TENANT_OPTION)
    .action(async (groupId: string, { tenant }: TenantOption) => {
      const path = `/v1/tenants/${tenant}/groups/${encodeURIComponent(groupId)}/remove`;
      await new ApiClient(config).post(path, {}, z.unknown());
      print(output, { removed: groupId }, () => `the group ${groupId} is removed`);
    });
}

/** Beside the commands about machines with agents. */
function registerAssets(program: Command, { config, output }: Deps): void {
  const asset = program.commands.find((command) => command.name() === 'asset') ?? program.command('asset');
  asset
    .command('declare <asset>')
    .description('a network, a database or a machine without an agent, by an id of yours')
    .option(...TENANT_OPTION)
    .requiredOption('--type <type>', 'vm, network or database')
    .option('--name <name>', 'in full')
    .option('--label <name=value...>', 'labels; `runs-on=ID` says on which machine it runs')
    .action(async (assetId: string, options: DeclareOptions) => {
      const body = {
        assetId,
        name: options.name ?? assetId,
        type: options.type,
        labels: labelsOf(options.label ?? []),
      };
      await new ApiClient(config).post(`/v1/tenants/${options.tenant}/inventory/assets`, body, z.unknown());
      print(output, { declared: assetId }, () => `${body.name} is declared`);
    });
  asset
    .command('label <asset>')
    .description('give an asset its labels, in the place of those it has')
    .option(...TENANT_OPTION)
    .option('--label <name=value...>', 'labels; none takes them all away', [])
    .action(async (name: string, options: LabelOptions) => {
      const client = new ApiClient(config);
      const found = await findInventoryAsset(client, options.tenant, name);
      const labels = labelsOf(options.label);
      const path = `/v1/tenants/${options.tenant}/inventory/assets/${encodeURIComponent(found.assetId)}/labels`;
      await client.post(path, { labels }, z.unknown());
      print(
        output,
        { assetId: found.assetId, labels },
        () => `${found.name} has ${labelText(labels) || 'no labels'}`,
      );
    });
  asset
    .command('retire <asset>')
    .description('no control applies to it from now on')
    .option(...TENANT_OPTION)
    .requiredOption('--reason <text>', 'kept in the ledger')
    .action(async (name: string, { tenant, reason }: TenantOption & { readonly reason: string }) => {
      const client = new ApiClient(config);
      const found = await findInventoryAsset(client, tenant, name);
      const path = `/v1/tenants/${tenant}/inventory/assets/${encodeURIComponent(found.assetId)}/retire`;
      await client.post(path, { reason }, z.unknown());
      print(output, { retired: found.assetId }, () => `${found.name} is retired`);
    });
}

/** By id or by name, enrolled or declared. @throws CLI_UNKNOWN, CLI_AMBIGUOUS */
export async function findInventoryAsset(
  client: ApiClient,
  tenant: string,
  wanted: string,
): Promise<InventoryAsset> {
  const assets = await client.get(`/v1/tenants/${tenant}/inventory/assets`, z.array(InventoryAsset));
  const found = assets.filter(({ assetId, name }) => assetId === wanted || name === wanted);
  const [only] = found;
  if (only === undefined) throw cliErrors.make('CLI_UNKNOWN', { what: 'asset', name: wanted });
  if (found.length > 1)
    throw cliErrors.make('CLI_AMBIGUOUS', {
      what: 'asset',
      name: wanted,
      candidates: found.map(({ assetId }) => assetId).join(', '),
    });
  return only;
}

/** @throws CLI_USAGE */
function labelsOf(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw cliErrors.make('CLI_USAGE', { because: `"${text}" is not name=value` });
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

const labelText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
