import { spawnSync } from 'node:child_process';
import { Asset, EnrollmentToken } from '@demarc/platform/contract/api';
import { healthText } from '@demarc/platform/contract/health';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { program as programPath } from '../programs.ts';
import { TENANT_OPTION } from './tenant.ts';

interface EnrollOptions {
  readonly server: string;
  readonly token?: string;
  readonly tokenFile?: string;
}
interface TenantOption {
  readonly tenant: string;
}

export function register(program: Command, { config, output }: Deps): void {
  const asset = program.command('asset').description('assets and their agents');
  asset
    .command('list')
    .description('assets, their state and the health of each room')
    .option(...TENANT_OPTION)
    .action(async ({ tenant }: TenantOption) => {
      const assets = await new ApiClient(config).get(`/v1/tenants/${tenant}/assets`, z.array(Asset));
      print(output, assets, () =>
        table(
          ['asset', 'name', 'state', 'last seen', 'rooms'],
          assets.map((found) => [
            found.assetId,
            found.name,
            found.state,
            found.lastSeenAt ?? 'never',
            roomsOf(found),
          ]),
        ),
      );
    });
  asset
    .command('revoke <asset>')
    .description('refuse the asset’s agent from its next request on')
    .option(...TENANT_OPTION)
    .action(async (name: string, { tenant }: TenantOption) => {
      const client = new ApiClient(config);
      const found = await findAsset(client, tenant, name);
      await client.post(`/v1/tenants/${tenant}/assets/${found.assetId}/revoke`, undefined, z.unknown());
      print(output, { revoked: found.assetId }, () => `revoked ${found.name}`);
    });
  program
    .command('enroll-token')
    .description('single-use tokens that enrol a machine')
    .command('create')
    .option(...TENANT_OPTION)
    .action(async ({ tenant }: TenantOption) => {
      const made = await new ApiClient(config).post(
        `/v1/tenants/${tenant}/enrollment-tokens`,
        {},
        EnrollmentToken,
      );
      print(
        output,
        made,
        () =>
          `Run this as root on the machine to protect (valid once, until ${made.expiresAt}):\n\n${made.command}`,
      );
    });
  program
    .command('enroll')
    .description('enrol this machine with a token (what the installer does)')
    .requiredOption('--server <url>', 'https://HOST:8421')
    .option('--token <token>', 'the token itself; other users of this machine can read it while this runs')
    .option('--token-file <file>', 'file with the token; standard input when neither is given')
    .action(({ server, token, tokenFile }: EnrollOptions) => {
      const args = [
        'enroll',
        '--server',
        server,
        ...(tokenFile === undefined ? [] : ['--token-file', tokenFile]),
        ...(output.json ? ['--json'] : []),
      ];
      const { status } = spawnSync(process.execPath, [programPath('apps/agent/main.ts'), ...args], {
        ...(token === undefined ? {} : { input: `${token}\n` }),
        stdio: [token === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit'],
        env: config.childEnvironment,
      });
      process.exitCode = status ?? 1;
    });
}

function roomsOf(asset: Asset): string {
  return asset.rooms
    .map(({ serviceId, health }) => `${serviceId}: ${health.state} (${healthText(health)})`)
    .join('; ');
}

/** By id, by the start of it, or by name. @throws CLI_UNKNOWN, CLI_AMBIGUOUS */
export async function findAsset(client: ApiClient, tenant: string, wanted: string): Promise<Asset> {
  const assets = await client.get(`/v1/tenants/${tenant}/assets`, z.array(Asset));
  const found = assets.filter(
    ({ assetId, name }) =>
      assetId === wanted || name === wanted || (wanted.length >= 4 && assetId.startsWith(wanted)),
  );
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
