import { writeFileSync } from 'node:fs';
import { HANDOVER_SIDES, Handover, HandoverList } from '@demarc/platform/contract/assurance/handover';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { TENANT_OPTION } from './tenant.ts';

interface TenantOption {
  readonly tenant: string;
}
interface ItemOptions extends TenantOption {
  readonly item?: readonly string[];
}
interface SettleOptions extends ItemOptions {
  readonly taker?: string;
  readonly acceptRiskUntil?: string;
}
interface SignOptions extends TenantOption {
  readonly side: string;
  readonly party?: string;
}

const ITEM_OPTION = [
  '--item <item...>',
  'such as "VMS-09 operate"; all that it can be where left out',
] as const;

export function register(program: Command, deps: Deps): void {
  const handover = program
    .command('handover')
    .description('what changes hands when a service begins or ends');
  reading(handover, deps);
  settling(handover, deps);
}

function reading(handover: Command, { config, output }: Deps): void {
  handover
    .command('list')
    .description('hand-overs, those that wait for somebody first')
    .option(...TENANT_OPTION)
    .action(async ({ tenant }: TenantOption) => {
      const list = await new ApiClient(config).get(`/v1/tenants/${tenant}/handovers`, HandoverList);
      print(output, list, () =>
        table(
          ['hand-over', 'service', 'direction', 'state', 'effective', 'open', 'signed'],
          list.handovers.map((found) => [
            found.handoverId,
            found.serviceId,
            found.direction,
            found.state,
            found.effectiveAt,
            String(found.open.length),
            found.signatures.map(({ party }) => party).join(' '),
          ]),
        ),
      );
    });
  handover
    .command('show <handover>')
    .description('items, takers, checklist, signatures and the digest of the record')
    .option(...TENANT_OPTION)
    .option('--as-of <instant>', 'as it was then')
    .action(async (wanted: string, { tenant, asOf }: TenantOption & { readonly asOf?: string }) => {
      const client = new ApiClient(config);
      const query = asOf === undefined ? '' : `?asOf=${encodeURIComponent(instantOf(asOf))}`;
      const path = `${await pathOf(client, tenant, wanted)}${query}`;
      const found = await client.get(path, Handover);
      print(output, found, () => shown(found));
    });
  handover
    .command('certificate <handover>')
    .description('the certificate as PDF; the same record is the same bytes')
    .option(...TENANT_OPTION)
    .requiredOption('--out <file>', 'where to write it')
    .action(async (wanted: string, { tenant, out }: TenantOption & { readonly out: string }) => {
      const client = new ApiClient(config);
      const bytes = await client.download(`${await pathOf(client, tenant, wanted)}/certificate`);
      writeFileSync(out, bytes);
      print(output, { file: out, bytes: bytes.length }, () => `${out}: ${bytes.length} bytes`);
    });
}

function settling(handover: Command, { config, output }: Deps): void {
  const post = async (wanted: string, tenant: string, act: string, body: unknown, said: string) => {
    const client = new ApiClient(config);
    const path = `${await pathOf(client, tenant, wanted)}/${act}`;
    const answer = await client.post(path, body, z.record(z.string(), z.union([z.string(), z.number()])));
    print(
      output,
      answer,
      () =>
        `${said}: ${Object.entries(answer)
          .map(([name, value]) => `${name} ${value}`)
          .join(', ')}`,
    );
  };
  const itemsOf = ({ item }: ItemOptions) => (item === undefined ? {} : { items: item });
  handover
    .command('settle <handover>')
    .description('name who takes returned duties (proposed until they accept), or accept that nobody does')
    .option(...TENANT_OPTION)
    .option(...ITEM_OPTION)
    .option('--taker <party>', 'provider, customer, ams, or a registered party')
    .option('--accept-risk-until <instant>', 'nobody takes them until then, and the tenant accepts that')
    .action(async (wanted: string, options: SettleOptions) => {
      const { tenant, taker, acceptRiskUntil } = options;
      if ((taker === undefined) === (acceptRiskUntil === undefined))
        throw cliErrors.make('CLI_USAGE', { because: 'Name a --taker or a date to --accept-risk-until.' });
      const body = {
        ...itemsOf(options),
        ...(taker === undefined ? {} : { taker }),
        ...(acceptRiskUntil === undefined ? {} : { riskAcceptedUntil: instantOf(acceptRiskUntil) }),
      };
      await post(wanted, tenant, 'settle', body, 'duties');
    });
  handover
    .command('accept <handover>')
    .description('take what was proposed to a party that you speak for')
    .option(...TENANT_OPTION)
    .option(...ITEM_OPTION)
    .action((wanted: string, options: ItemOptions) =>
      post(wanted, options.tenant, 'accept', itemsOf(options), 'duties'),
    );
  handover
    .command('check <handover>')
    .description('tick items of the checklist')
    .option(...TENANT_OPTION)
    .option('--item <item...>', 'such as "credentials"; all of them where left out')
    .action((wanted: string, options: ItemOptions) =>
      post(wanted, options.tenant, 'check', itemsOf(options), 'checklist'),
    );
  handover
    .command('sign <handover>')
    .description('sign for one side; the other side is signed by somebody else')
    .option(...TENANT_OPTION)
    .requiredOption('--side <side>', HANDOVER_SIDES.join(' or '))
    .option('--party <party>', 'of that side; the first one that you speak for')
    .action((wanted: string, { tenant, side, party }: SignOptions) =>
      post(
        wanted,
        tenant,
        'sign',
        { side, ...(party === undefined ? {} : { party }) },
        `signed, ${side} side`,
      ),
    );
}

/** By id or by the start of it. @throws CLI_UNKNOWN, CLI_AMBIGUOUS */
async function pathOf(client: ApiClient, tenant: string, wanted: string): Promise<string> {
  const { handovers } = await client.get(`/v1/tenants/${tenant}/handovers`, HandoverList);
  const ids = handovers.map(({ handoverId }) => handoverId);
  const found = ids.filter((id) => id === wanted || (wanted.length >= 4 && id.startsWith(wanted)));
  const [only] = found;
  if (only === undefined) throw cliErrors.make('CLI_UNKNOWN', { what: 'hand-over', name: wanted });
  if (found.length > 1)
    throw cliErrors.make('CLI_AMBIGUOUS', { what: 'hand-over', name: wanted, candidates: found.join(', ') });
  return `/v1/tenants/${tenant}/handovers/${only}`;
}

function shown(found: Handover): string {
  const items = table(
    ['item', 'from', 'to', 'state', 'agreed by'],
    found.items.map((item) => [
      item.itemId,
      item.from,
      item.taker ?? (item.riskAcceptedUntil === null ? '' : `nobody until ${item.riskAcceptedUntil}`),
      item.state,
      item.acceptedBy ?? item.settledBy ?? '',
    ]),
  );
  const checklist = found.checklist
    .map(({ itemId, text, checkedBy }) => `[${checkedBy === null ? ' ' : 'x'}] ${itemId}: ${text}`)
    .join('\n');
  const signatures = HANDOVER_SIDES.map((side) => {
    const signed = found.signatures.find((each) => each.side === side);
    return `${side}: ${signed === undefined ? `open (${found.sides[side].join(' or ')})` : `${signed.person} for ${signed.party}, ${signed.at}`}`;
  }).join('\n');
  return [
    `${found.title}, ${found.tier}: ${found.direction}, ${found.state}`,
    `effective ${found.effectiveAt}; operational on ${found.operationalCount} of ${found.assets.total} asset(s)${found.endConfirmed ? '; the end is confirmed' : ''}`,
    `\n${items}\n\n${checklist}\n\n${signatures}`,
    `\nSHA-256 ${found.digest}, last changed ${found.changedAt}`,
  ].join('\n');
}
