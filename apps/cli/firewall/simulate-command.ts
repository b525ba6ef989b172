/** `demarc firewall simulate`: which recorded flows of a machine a proposed policy would decide otherwise. */
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { findAsset } from '../commands/assets.ts';
import { TENANT_OPTION } from '../commands/tenant.ts';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { readPolicyFile } from './policy-file.ts';

const Simulation = z.object({
  flows: z.array(
    z.object({
      event: z.object({ message: z.string().optional() }),
      before: z.string(),
      after: z.string(),
      because: z.string(),
      count: z.int(),
    }),
  ),
  considered: z.int(),
  isPartial: z.boolean(),
});

interface Options {
  readonly tenant: string;
  readonly policy: string;
  readonly asset: string;
  readonly from: string;
}

export function registerSimulate(firewall: Command, { config, output }: Deps): void {
  firewall
    .command('simulate')
    .description('what a proposal would decide otherwise of the flows that a machine recorded')
    .requiredOption('--policy <file>', 'YAML or JSON; - is standard input')
    .requiredOption('--asset <asset>', 'the machine, by name or id')
    .option('--from <time>', 'ISO 8601 instant, or how long ago: 15m, 24h, 7d', '24h')
    .option(...TENANT_OPTION)
    .action(async ({ tenant, policy: file, asset, from }: Options) => {
      const policy = readPolicyFile(file);
      const client = new ApiClient(config);
      const { assetId } = await findAsset(client, tenant, asset);
      const body = { assetId, policy, from: instantOf(from), to: new Date().toISOString() };
      const found = await client.post(`/v1/tenants/${tenant}/firewall/simulate`, body, Simulation);
      print(output, found, () =>
        [
          `${found.flows.length} of ${found.considered} recorded flows would be decided otherwise${found.isPartial ? '; there were more than one answer holds' : ''}`,
          table(
            ['was', 'would be', 'times', 'flow', 'because'],
            found.flows.map(({ before, after, count, event, because }) => [
              before,
              after,
              String(count),
              event.message ?? '',
              because,
            ]),
          ),
        ].join('\n'),
      );
    });
}
