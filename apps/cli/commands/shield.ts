/** `demarc shield`: what stands before a machine until a vulnerability is patched. */
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { findAsset } from './assets.ts';
import { TENANT_OPTION } from './tenant.ts';

const Shield = z.object({
  id: z.string(),
  assetId: z.string(),
  vulnerability: z.string(),
  state: z.string(),
  preventsAt: z.string().nullable(),
  expiresAt: z.string(),
  against: z.record(z.string(), z.unknown()),
  history: z.array(z.object({ at: z.string(), action: z.string(), by: z.string(), because: z.string() })),
});
type Shield = z.infer<typeof Shield>;

interface OpenOptions {
  readonly tenant: string;
  readonly asset: string;
  readonly because: string;
  readonly attacks?: string;
  readonly port?: string;
  readonly soakHours: string;
}

export function register(program: Command, { config, output }: Deps): void {
  const shield = program
    .command('shield')
    .description('stands before a machine until a vulnerability is patched: watches first, then prevents');
  shield
    .command('list')
    .description('shields, newest first, those that are over among them')
    .option('--asset <asset>', 'only of this machine')
    .option(...TENANT_OPTION)
    .action(async ({ tenant, asset }: { readonly tenant: string; readonly asset?: string }) => {
      const client = new ApiClient(config);
      const of = asset === undefined ? '' : `?assetId=${(await findAsset(client, tenant, asset)).assetId}`;
      const found = await client.get(
        `/v1/tenants/${tenant}/shields${of}`,
        z.object({ shields: z.array(Shield), more: z.boolean() }),
      );
      print(output, found, () =>
        table(
          ['shield', 'vulnerability', 'state', 'prevents from', 'machine', 'last'],
          found.shields.map((each) => [
            each.id,
            each.vulnerability,
            each.state,
            each.preventsAt ?? '',
            each.assetId,
            each.history.at(-1)?.because ?? '',
          ]),
        ),
      );
    });
  shield
    .command('open <vulnerability>')
    .description('for a CVE or an advisory; it watches first')
    .requiredOption('--asset <asset>', 'the machine, by name or id')
    .requiredOption('--because <reason>', 'kept with it')
    .option('--attacks <kinds>', 'kinds of attack, as ms17-010,double-pulsar')
    .option('--port <port>', 'or a port: tcp/445')
    .option('--soak-hours <hours>', 'how long it watches before it prevents', '24')
    .option(...TENANT_OPTION)
    .action(async (vulnerability: string, options: OpenOptions) => {
      const client = new ApiClient(config);
      const { assetId } = await findAsset(client, options.tenant, options.asset);
      const body = {
        assetId,
        vulnerability,
        against: againstOf(options),
        because: options.because,
        soakSeconds: Math.round(Number(options.soakHours) * 3_600),
      };
      const opened = await client.post(`/v1/tenants/${options.tenant}/shields`, body, Shield);
      print(output, opened, () => saidOf(opened));
    });
  for (const [name, path, description] of [
    ['prevent', 'prevent', 'makes it prevent before its time of watching is over'],
    ['was-wrong', 'was-wrong', 'it stood in an honest user’s way: it watches again'],
    ['withdraw', 'withdraw', 'takes it away, as when the patch is verified'],
  ] as const)
    shield
      .command(`${name} <shield>`)
      .description(description)
      .requiredOption('--because <reason>', 'kept with it')
      .option(...TENANT_OPTION)
      .action(
        async (id: string, { tenant, because }: { readonly tenant: string; readonly because: string }) => {
          const at = `/v1/tenants/${tenant}/shields/${encodeURIComponent(id)}/${path}`;
          const changed = await new ApiClient(config).post(at, { because }, Shield);
          print(output, changed, () => saidOf(changed));
        },
      );
}

/** @throws CLI_USAGE */
function againstOf({ attacks, port }: Pick<OpenOptions, 'attacks' | 'port'>): object {
  if ((attacks === undefined) === (port === undefined))
    throw cliErrors.make('CLI_USAGE', { because: 'name one of --attacks and --port' });
  if (attacks !== undefined) return { what: 'attacks', kinds: attacks.split(',').map((kind) => kind.trim()) };
  const [, protocol, number] = /^(tcp|udp)\/(\d{1,5})$/.exec(port ?? '') ?? [];
  if (protocol === undefined)
    throw cliErrors.make('CLI_USAGE', { because: `--port ${port} is not written as tcp/445` });
  return { what: 'port', protocol, port: Number(number) };
}

function saidOf({ id, vulnerability, state, preventsAt }: Shield): string {
  return `shield ${id} for ${vulnerability}: ${state}${preventsAt === null ? '' : `, prevents from ${preventsAt}`}`;
}
