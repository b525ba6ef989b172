import { Tenant } from '@demarc/platform/contract/api';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';

/** Every command about a tenant takes this option. */
export const TENANT_OPTION = ['--tenant <id>', 'the tenant', 'local'] as const;

export function register(program: Command, { config, output }: Deps): void {
  const tenant = program.command('tenant').description('tenants of this platform');
  tenant
    .command('list')
    .description('the tenants there are')
    .action(async () => {
      const tenants = await new ApiClient(config).get('/v1/tenants', z.array(Tenant));
      print(output, tenants, () =>
        table(
          ['tenant', 'name'],
          tenants.map(({ tenantId, name }) => [tenantId, name]),
        ),
      );
    });
}
