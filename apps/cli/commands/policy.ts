/** `demarc policy`: what rooms are told, for the tenant, for groups of machines and for single ones. */
import { readFileSync, statSync } from 'node:fs';
import {
  type PolicyLayer,
  PolicyLayers,
  PolicyReply,
  type PolicyScope,
} from '@demarc/platform/contract/api/policies';
import type { Command } from 'commander';
import { parse } from 'yaml';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { findAsset } from './assets.ts';
import { TENANT_OPTION } from './tenant.ts';

/** As much as the API takes. */
const FILE_BYTES_MAX = 8_388_608;
const Values = z.record(z.string(), z.unknown());

interface ScopeOptions {
  readonly tenant: string;
  readonly asset?: string;
  readonly group?: string;
  readonly everywhere?: boolean;
}

export function register(program: Command, { config, output }: Deps): void {
  const policy = program
    .command('policy')
    .description('what services are told to do, for the tenant, for groups and for single machines');

  policy
    .command('show <service>')
    .description(
      'the policy in force on a machine and what it is made of; without one, everything that was set',
    )
    .option('--asset <asset>', 'the machine, by name or id')
    .option(...TENANT_OPTION)
    .action(async (service: string, { tenant, asset }: ScopeOptions) => {
      const client = new ApiClient(config);
      const base = baseOf(tenant, service);
      if (asset === undefined) {
        const found = await client.get(base, PolicyLayers);
        print(output, found, () => layersText(found.layers));
        return;
      }
      const { assetId } = await findAsset(client, tenant, asset);
      const found = await client.get(`${base}/assets/${assetId}`, PolicyReply);
      print(output, found, () => `${JSON.stringify(found.policy, null, 2)}\n\n${layersText(found.layers)}`);
    });

  policy
    .command('set <service>')
    .description(
      'says something for one scope; the more specific is set over the less, an empty policy says nothing',
    )
    .requiredOption('--file <file>', 'YAML or JSON, of the fields that are said; - is standard input')
    .option('--asset <asset>', 'for this machine')
    .option('--group <group>', 'for the machines of this group')
    .option('--everywhere', 'for every machine of the tenant')
    .option(...TENANT_OPTION)
    .action(async (service: string, options: ScopeOptions & { readonly file: string }) => {
      const client = new ApiClient(config);
      const base = baseOf(options.tenant, service);
      const values = valuesOf(options.file);
      const path = await pathOf(client, options);
      const found = await client.put(`${base}/${path}`, values, z.union([PolicyReply, PolicyLayers]));
      print(output, found, () => layersText(found.layers));
    });
}

const baseOf = (tenant: string, service: string): string =>
  `/v1/tenants/${tenant}/policies/${encodeURIComponent(service)}`;

/** @throws CLI_USAGE unless exactly one scope is named */
async function pathOf(
  client: ApiClient,
  { tenant, asset, group, everywhere }: ScopeOptions,
): Promise<string> {
  const named = [asset, group, everywhere].filter((scope) => scope !== undefined);
  if (named.length !== 1)
    throw cliErrors.make('CLI_USAGE', { because: 'name one of --asset, --group and --everywhere' });
  if (asset !== undefined) return `assets/${(await findAsset(client, tenant, asset)).assetId}`;
  return group === undefined ? 'tenant' : `groups/${encodeURIComponent(group)}`;
}

/** @throws CLI_FILE_UNREADABLE */
function valuesOf(file: string): Readonly<Record<string, unknown>> {
  try {
    if (file !== '-' && statSync(file).size > FILE_BYTES_MAX)
      throw new Error(`it is larger than ${FILE_BYTES_MAX} bytes`);
    const found = Values.safeParse(parse(readFileSync(file === '-' ? 0 : file, 'utf8')) ?? {});
    if (!found.success) throw new Error('it holds no fields');
    return found.data;
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw cliErrors.make('CLI_FILE_UNREADABLE', { file, because }, { cause: error });
  }
}

function layersText(layers: readonly PolicyLayer[]): string {
  if (layers.length === 0) return 'nothing was set: the defaults of the service';
  return table(
    ['said for', 'fields', 'by', 'at', 'problem'],
    layers.map(({ scope, policy, setBy, setAt, problem }) => [
      scopeText(scope),
      Object.keys(policy).join(' '),
      setBy,
      setAt,
      problem ?? '',
    ]),
  );
}

function scopeText(scope: PolicyScope): string {
  if (scope.kind === 'tenant') return 'everywhere';
  if (scope.kind === 'service') return `by ${scope.serviceId}`;
  return scope.kind === 'group' ? `group ${scope.groupId}` : `machine ${scope.assetId}`;
}
