/** `demarc response`: orders to machines. What one would do is said with `--dry-run`; each ends by itself. */
import { GivenOrder, ORDER_SECONDS_MAX, OrderList, OrderReply } from '@demarc/platform/contract/api/orders';
import type { Command } from 'commander';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { findAsset } from './assets.ts';
import { TENANT_OPTION } from './tenant.ts';

const SERVICE = 'host-intrusion-detection';
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

interface GiveOptions {
  readonly tenant: string;
  readonly asset: string;
  readonly because: string;
  readonly for: string;
  readonly dryRun?: boolean;
}

export function register(program: Command, deps: Deps): void {
  const response = program
    .command('response')
    .description('orders to machines, for whoever has to respond there; each ends by itself');
  registerList(response, deps);
  const giving = (name: string, description: string): Command =>
    response
      .command(name)
      .description(description)
      .requiredOption('--asset <asset>', 'the machine, by name or id')
      .requiredOption('--because <reason>', 'kept with the order')
      .option('--for <time>', 'until it ends by itself: 30m, 8h, 7d', '1h')
      .option('--dry-run', 'says what it would do, and does nothing')
      .option(...TENANT_OPTION);
  giving('block <range>', 'keep an address or a network out').action((range: string, options: GiveOptions) =>
    give(deps, options, 'block-address', { range }),
  );
  giving('unblock <range>', 'let it in again, and forget what it did').action(
    (range: string, options: GiveOptions) => give(deps, options, 'unblock-address', { range }),
  );
  giving('isolate', 'nobody but the platform and the allow-list may talk to the machine').action(
    (options: GiveOptions) => give(deps, options, 'isolate-host', {}),
  );
  giving('kill <pid> <started-at-ms>', 'end a process and all it started, once').action(
    (pid: string, startedAtMs: string, options: GiveOptions) =>
      give(deps, options, 'kill-process-tree', { pid: Number(pid), startedAtMs: Number(startedAtMs) }),
  );
  giving('lock-account <account>', 'nobody can sign in as this account').action(
    (account: string, options: GiveOptions) => give(deps, options, 'disable-account', { account }),
  );
  registerTakeBack(response, deps);
}

function registerList(response: Command, { config, output }: Deps): void {
  response
    .command('list')
    .description('orders, newest first, and what became of each')
    .option('--asset <asset>', 'only of this machine')
    .option(...TENANT_OPTION)
    .action(async ({ tenant, asset }: { readonly tenant: string; readonly asset?: string }) => {
      const client = new ApiClient(config);
      const of = asset === undefined ? '' : `?assetId=${(await findAsset(client, tenant, asset)).assetId}`;
      const found = await client.get(`/v1/tenants/${tenant}/orders${of}`, OrderList);
      print(output, found, () =>
        table(
          ['order', 'given', 'what', 'machine', 'by', 'state', 'until', 'reason'],
          found.orders.map((order) => [
            order.id,
            order.givenAt,
            [order.title, ...Object.values(order.what).map(String)].join(' '),
            order.assetId,
            `${order.by} (${order.party})`,
            order.takenBack === null ? order.state : 'taken back',
            order.until,
            order.because,
          ]),
        ),
      );
    });
}

function registerTakeBack(response: Command, { config, output }: Deps): void {
  response
    .command('take-back <order>')
    .description('the machine undoes it')
    .requiredOption('--because <reason>', 'kept with the order')
    .option(...TENANT_OPTION)
    .action(
      async (order: string, { tenant, because }: { readonly tenant: string; readonly because: string }) => {
        const path = `/v1/tenants/${tenant}/orders/${encodeURIComponent(order)}/take-back`;
        const taken = await new ApiClient(config).post(path, { because }, GivenOrder);
        print(output, taken, () => `taken back: ${taken.title}`);
      },
    );
}

async function give(
  { config, output }: Deps,
  { tenant, asset, because, dryRun = false, for: lasting }: GiveOptions,
  kind: string,
  what: Readonly<Record<string, unknown>>,
): Promise<void> {
  const client = new ApiClient(config);
  const { assetId } = await findAsset(client, tenant, asset);
  const order = { assetId, serviceId: SERVICE, kind, what, because, seconds: secondsOf(lasting), dryRun };
  const reply = await client.post(`/v1/tenants/${tenant}/orders`, order, OrderReply);
  print(output, reply, () =>
    reply.order === null ? `would: ${reply.effect}` : `${reply.effect}\norder ${reply.order.id}`,
  );
}

/** @throws CLI_USAGE */
function secondsOf(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNITS[unit] ?? 0);
  if (count === undefined || seconds < 1 || seconds > ORDER_SECONDS_MAX)
    throw cliErrors.make('CLI_USAGE', { because: `--for ${text} is no time such as 30m, 8h or 7d` });
  return seconds;
}
