import { PublishedStandard, PublishStandard, Standards } from '@demarc/platform/contract/assurance/workbook';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import { laterOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import {
  ASSET_OPTION,
  type AsOfOptions,
  asOfQuery,
  GROUP_OPTION,
  reading,
  readRecord,
  type ScopeOptions,
  scopesOf,
} from './records.ts';
import { TENANT_OPTION } from './tenant.ts';

export function register(program: Command, deps: Deps): void {
  const standard = program
    .command('standard')
    .description('implementation standards: published in versions, assigned to assets');
  registerList(standard, deps);
  registerPublish(standard, deps);
  registerAssign(standard, deps);
}

function registerList(standard: Command, { config, output }: Deps): void {
  reading(standard.command('list'))
    .description('standards, the assets that carry them, and where those have drifted')
    .action(async (options: AsOfOptions) => {
      const found = await new ApiClient(config).get(
        `/v1/tenants/${options.tenant}/standards?${asOfQuery(options)}`,
        Standards,
      );
      print(output, found, () => {
        const standards = table(
          ['standard', 'state', 'assets', 'controls', 'assigned to', 'title'],
          found.standards.map((each) => [
            `${each.standardId}@${each.version}`,
            each.retired ? 'retired' : 'in force',
            String(each.assetCount),
            String(each.controls.length),
            each.assignedTo.map(({ scopeName }) => scopeName).join(', '),
            each.title,
          ]),
        );
        const assets = table(
          ['asset', 'standard', 'state', 'drift', 'controls that do not hold'],
          found.assets.map((each) => [
            each.assetName,
            each.standard ?? 'none',
            each.state,
            `${each.drift.length}/${each.controlCount}`,
            each.drift.map(({ controlId, status }) => `${controlId} ${status}`).join(', '),
          ]),
        );
        return `${standards}\n\n${assets}\n\nas of ${found.asOf}: ${found.withoutCount} of ${found.assetCount} assets without a current standard`;
      });
    });
}

function registerPublish(standard: Command, { config, output }: Deps): void {
  standard
    .command('publish <file>')
    .description('publish a version from a YAML or JSON file; it never changes after that')
    .option(...TENANT_OPTION)
    .action(async (file: string, { tenant }: { readonly tenant: string }) => {
      const body = readRecord(file, PublishStandard);
      const done = await new ApiClient(config).post(
        `/v1/tenants/${tenant}/standards`,
        body,
        PublishedStandard,
      );
      print(
        output,
        done,
        () => `published ${done.standard}; assign it: ./demarc standard assign ${done.standard}`,
      );
    });
  standard
    .command('retire <standard>')
    .description('retire a version, as id@version; its assets are without a current one')
    .option(...TENANT_OPTION)
    .requiredOption('--reason <text>', 'why')
    .action(async (name: string, options: { readonly tenant: string; readonly reason: string }) => {
      const body = { ...versionOf(name), reason: options.reason };
      await new ApiClient(config).post(`/v1/tenants/${options.tenant}/standards/retire`, body, z.unknown());
      print(output, { retired: name }, () => `retired ${name}`);
    });
}

function registerAssign(standard: Command, { config, output }: Deps): void {
  standard
    .command('assign <standard>')
    .description('assign a version, as id@version; what the scope had before is withdrawn')
    .option(...TENANT_OPTION)
    .option(...ASSET_OPTION)
    .option(...GROUP_OPTION)
    .option('--until <instant>', 'when the assignment ends: an instant, or 365d')
    .action(async (name: string, options: ScopeOptions & { readonly until?: string }) => {
      const client = new ApiClient(config);
      const body = {
        ...versionOf(name),
        scopes: await scopesOf(client, options),
        endsAt: options.until === undefined ? undefined : laterOf(options.until),
      };
      const done = await client.post(
        `/v1/tenants/${options.tenant}/standards/assign`,
        body,
        z.strictObject({ assigned: z.int() }),
      );
      print(output, done, () => `assigned ${name} to ${done.assigned} scope(s)`);
    });
  standard
    .command('withdraw <standard-id>')
    .description('a scope carries a standard no more')
    .option(...TENANT_OPTION)
    .option(...ASSET_OPTION)
    .option(...GROUP_OPTION)
    .requiredOption('--reason <text>', 'why')
    .action(async (standardId: string, options: ScopeOptions & { readonly reason: string }) => {
      const client = new ApiClient(config);
      const scopes = await scopesOf(client, options);
      for (const scope of scopes)
        await client.post(
          `/v1/tenants/${options.tenant}/standards/withdraw`,
          { standardId, scope, reason: options.reason },
          z.unknown(),
        );
      print(
        output,
        { withdrawn: scopes.length },
        () => `withdrew ${standardId} from ${scopes.length} scope(s)`,
      );
    });
}

/** @throws CLI_USAGE */
function versionOf(name: string): { readonly standardId: string; readonly version: string } {
  const [standardId, version, more] = name.split('@');
  if (standardId === undefined || version === undefined || version === '' || more !== undefined)
    throw cliErrors.make('CLI_USAGE', { because: `"${name}" is not of the form id@version` });
  return { standardId, version };
}
