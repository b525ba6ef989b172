import { Matrix, MatrixWhy } from '@demarc/platform/contract/api';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { findAsset } from './assets.ts';
import { TENANT_OPTION } from './tenant.ts';

interface Options {
  readonly tenant: string;
  readonly asset?: string;
  readonly asOf?: string;
  readonly asKnown?: string;
  readonly why?: string;
}

export function register(program: Command, { config, output }: Deps): void {
  program
    .command('matrix')
    .description('who owns each duty of each control, and whether it holds')
    .option(...TENANT_OPTION)
    .option('--asset <asset>', 'id or name; `tenant` for controls about the tenant as a whole')
    .option('--as-of <instant>', 'as it was then')
    .option('--as-known <instant>', 'by what was known then')
    .option('--why <control>', 'why one control on one asset is what it is')
    .action(async (options: Options) => {
      const client = new ApiClient(config);
      const query = new URLSearchParams();
      if (options.asset !== undefined)
        query.set('assetId', await assetIdOf(client, options.tenant, options.asset));
      if (options.asOf !== undefined) query.set('asOf', instantOf(options.asOf));
      if (options.asKnown !== undefined) query.set('knownAt', instantOf(options.asKnown));
      if (options.why !== undefined) {
        await printWhy({ config, output }, client, options, query);
        return;
      }
      const matrix = await client.get(`/v1/tenants/${options.tenant}/matrix?${query}`, Matrix);
      print(output, matrix, () => {
        const rows = matrix.cells.map((cell) => [
          cell.controlId,
          cell.assetName,
          cell.status,
          ...cell.duties.map((duty) => duty.party ?? duty.state.toUpperCase()),
          cell.title,
        ]);
        const counts = Object.entries(matrix.counts)
          .map(([status, count]) => `${status} ${count}`)
          .join(', ');
        return `${table(['control', 'asset', 'status', 'operate', 'configure', 'respond', 'assure', 'title'], rows)}\nas of ${matrix.asOf}: ${counts}; unowned duties ${matrix.unownedCount} of ${matrix.cells.length * 4}`;
      });
    });
  program
    .command('schedule')
    .description('the responsibility schedule')
    .command('accept')
    .description('accept the catalogue’s defaults for the tenant')
    .option(...TENANT_OPTION)
    .action(async ({ tenant }: { readonly tenant: string }) => {
      await new ApiClient(config).post(`/v1/tenants/${tenant}/schedule/accept`, {}, z.unknown());
      print(output, { accepted: true }, () => 'the responsibility schedule is accepted');
    });
}

async function printWhy(
  { output }: Deps,
  client: ApiClient,
  options: Options,
  query: URLSearchParams,
): Promise<void> {
  const controlId = options.why ?? '';
  if (!query.has('assetId')) query.set('assetId', await onlyAsset(client, options.tenant, controlId));
  query.set('controlId', controlId);
  const why = await client.get(`/v1/tenants/${options.tenant}/matrix/why?${query}`, MatrixWhy);
  print(output, why, () => {
    const duties = why.cell.duties
      .map((duty) => `  ${duty.duty.padEnd(9)} ${duty.party ?? duty.state}: ${duty.because}`)
      .join('\n');
    const steps = why.nextSteps.map(({ party, step }) => `  ${party}: ${step}`).join('\n');
    return `${why.cell.controlId} ${why.cell.title}, on ${why.cell.assetName}: ${why.cell.status}\n${why.objective}\n\nDuties\n${duties}\n\nReasons\n  ${why.reasons.join('\n  ')}\n\nNext steps\n${steps === '' ? '  none' : steps}`;
  });
}

async function assetIdOf(client: ApiClient, tenant: string, wanted: string): Promise<string> {
  return wanted === 'tenant' ? wanted : (await findAsset(client, tenant, wanted)).assetId;
}

/** With one asset there is nothing to choose. @throws CLI_USAGE, CLI_UNKNOWN */
async function onlyAsset(client: ApiClient, tenant: string, controlId: string): Promise<string> {
  const matrix = await client.get(`/v1/tenants/${tenant}/matrix`, Matrix);
  const found = matrix.cells.filter((cell) => cell.controlId === controlId);
  const [only] = found;
  if (only === undefined)
    throw cliErrors.make('CLI_UNKNOWN', { what: 'control in force here', name: controlId });
  if (found.length > 1)
    throw cliErrors.make('CLI_USAGE', {
      because: `${controlId} applies to several assets: name one with --asset`,
    });
  return only.assetId;
}
