import { EventPage, type EventSearch } from '@demarc/platform/contract/api';
import type { Command } from 'commander';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { findAsset } from './assets.ts';
import { TENANT_OPTION } from './tenant.ts';

interface Options {
  readonly tenant: string;
  readonly from: string;
  readonly to?: string;
  readonly text?: string;
  readonly class?: readonly string[];
  readonly asset?: string;
  readonly filter?: readonly string[];
  readonly limit: string;
}

export function register(program: Command, { config, output }: Deps): void {
  program
    .command('events')
    .description('events of every source')
    .command('search')
    .description('newest first')
    .option(...TENANT_OPTION)
    .option('--from <time>', 'ISO 8601 instant, or how long ago: 15m, 24h, 7d', '24h')
    .option('--to <time>', 'as --from; now when left out')
    .option('--text <words>', 'words that must all appear')
    .option('--class <uid...>', 'OCSF class uids')
    .option('--asset <asset>', 'id or name')
    .option('--filter <field=value...>', 'OCSF path and value; != for not, ~ for contains')
    .option('--limit <n>', 'at most 1000', '50')
    .action(async (options: Options) => {
      const client = new ApiClient(config);
      const search: EventSearch = {
        from: instantOf(options.from),
        to: options.to === undefined ? new Date(Date.now() + 60_000).toISOString() : instantOf(options.to),
        limit: Number(options.limit),
        ...(options.text === undefined ? {} : { text: options.text }),
        ...(options.class === undefined ? {} : { classUids: options.class.map(Number) }),
        ...(options.asset === undefined
          ? {}
          : { assetId: (await findAsset(client, options.tenant, options.asset)).assetId }),
        ...(options.filter === undefined ? {} : { filters: options.filter.map(filterOf) }),
      };
      const page = await client.post(`/v1/tenants/${options.tenant}/events/search`, search, EventPage);
      print(output, page, () => {
        const rows = page.events.map((event) => [
          new Date(Number(event['time'])).toISOString(),
          String(event['class_uid']),
          String(event['severity_id']),
          String(event['message'] ?? ''),
        ]);
        return `${table(['time (UTC)', 'class', 'severity', 'message'], rows)}\n${page.events.length} of ${page.matchedCount}`;
      });
    });
}

function filterOf(text: string): { field: string; op: 'eq' | 'ne' | 'contains'; value: string } {
  const [, field, operator, value] = /^([\w.]+)(!=|=|~)(.*)$/s.exec(text) ?? [];
  if (field === undefined || value === undefined)
    throw cliErrors.make('CLI_USAGE', {
      because: `"${text}" is not field=value, field!=value or field~value`,
    });
  return { field, op: operator === '=' ? 'eq' : operator === '!=' ? 'ne' : 'contains', value };
}
