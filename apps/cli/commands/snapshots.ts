import { Snapshot } from '@demarc/platform/contract/assurance/responsibility';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { TENANT_OPTION } from './tenant.ts';

interface TakeOptions {
  readonly tenant: string;
  readonly asOf?: string;
  readonly asKnown?: string;
  readonly record?: boolean;
}

const Taken = z.strictObject({ snapshotId: z.string(), digest: z.string() });

export function register(program: Command, { config, output }: Deps): void {
  const snapshot = program
    .command('snapshot')
    .description('what the matrix said, and who agreed that it did');
  snapshot
    .command('list')
    .description('snapshots and their acknowledgements, newest first')
    .option(...TENANT_OPTION)
    .action(async ({ tenant }: { readonly tenant: string }) => {
      const snapshots = await new ApiClient(config).get(`/v1/tenants/${tenant}/snapshots`, z.array(Snapshot));
      print(output, snapshots, () =>
        table(
          ['snapshot', 'as of', 'known at', 'for', 'nobody’s', 'contested', 'acknowledged by', 'digest'],
          snapshots.map((each) => [
            each.snapshotId,
            each.asOf,
            each.knownAt,
            each.purpose,
            each.duties === null ? '?' : `${each.duties.unowned} of ${each.duties.total}`,
            each.duties === null ? '?' : String(each.duties.contested),
            each.acknowledgements.map(({ party, person }) => `${party} (${person})`).join(' '),
            each.digest,
          ]),
        ),
      );
    });
  snapshot
    .command('take')
    .description('keep what the matrix says, by its digest')
    .option(...TENANT_OPTION)
    .option('--as-of <instant>', 'as it was then')
    .option('--as-known <instant>', 'by what was known then')
    .option('--record', 'for your own records, not for both parties to agree on')
    .action(async (options: TakeOptions) => {
      const body = {
        ...(options.asOf === undefined ? {} : { asOf: instantOf(options.asOf) }),
        ...(options.asKnown === undefined ? {} : { knownAt: instantOf(options.asKnown) }),
        ...(options.record === true ? { purpose: 'record' } : {}),
      };
      const taken = await new ApiClient(config).post(`/v1/tenants/${options.tenant}/snapshots`, body, Taken);
      print(output, taken, () => `snapshot ${taken.snapshotId}, SHA-256 ${taken.digest}`);
    });
  snapshot
    .command('acknowledge <snapshot>')
    .description('agree, for a party, that this is who is responsible')
    .option(...TENANT_OPTION)
    .option('--party <party>', 'for which party: customer or provider')
    .action(async (snapshotId: string, options: { readonly tenant: string; readonly party?: string }) => {
      const path = `/v1/tenants/${options.tenant}/snapshots/${encodeURIComponent(snapshotId)}/acknowledge`;
      const body = options.party === undefined ? {} : { party: options.party };
      await new ApiClient(config).post(path, body, z.unknown());
      print(output, { acknowledged: snapshotId }, () => `snapshot ${snapshotId} is acknowledged`);
    });
}
