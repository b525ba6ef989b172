import {
  CancellationSimulation,
  type DutyGroup,
  type Outlook,
  PurchaseSimulation,
  type RiskOutlook,
} from '@demarc/platform/contract/assurance/handover';
import type { Command } from 'commander';
import { ApiClient } from '../client.ts';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { runningEntitlement, wantedOf } from './service.ts';
import { TENANT_OPTION } from './tenant.ts';

interface BuyOptions {
  readonly tenant: string;
  readonly tier: string;
  readonly asset?: readonly string[];
  readonly group?: string;
  readonly everything?: boolean;
}
interface CancelOptions {
  readonly tenant: string;
  readonly at?: string;
  readonly taker?: string;
  readonly acceptRiskUntil?: string;
}

export function register(program: Command, { config, output }: Deps): void {
  const simulate = program.command('simulate').description('what an act would do; nothing is done');
  simulate
    .command('buy <service>')
    .description('what would move, what stays with you, what is missing, and what it would be worth')
    .option(...TENANT_OPTION)
    .option('--tier <tier>', 'the tier', 'managed')
    .option('--asset <asset...>', 'id or name; every enrolled machine where nothing is named')
    .option('--group <group>', 'the machines of a group, also those to come')
    .option('--everything', 'everything of its type that there is or will be')
    .action(async (serviceId: string, options: BuyOptions) => {
      const client = new ApiClient(config);
      const body = { serviceId, tier: options.tier, ...(await wantedOf(client, options)) };
      const path = `/v1/tenants/${options.tenant}/simulations/purchase`;
      const simulation = await client.post(path, body, PurchaseSimulation);
      print(output, simulation, () => purchaseText(simulation));
    });
  simulate
    .command('cancel <entitlement>')
    .description('what would come back to whom, what would be nobody’s from when, and what it would cost')
    .option(...TENANT_OPTION)
    .option('--at <instant>', 'when it would end, such as 2027-01-31T00:00:00Z or +30d; its notice, or now')
    .option('--taker <party>', 'supposed to take all that is open')
    .option('--accept-risk-until <instant>', 'or supposed to be accepted until then that nobody does')
    .action(async (wanted: string, options: CancelOptions) => {
      const client = new ApiClient(config);
      const { tenant, at, taker, acceptRiskUntil } = options;
      const body = {
        entitlementId: await runningEntitlement(client, tenant, wanted),
        ...(at === undefined ? {} : { endsAt: instantOf(at) }),
        ...(taker === undefined ? {} : { taker }),
        ...(acceptRiskUntil === undefined ? {} : { riskAcceptedUntil: instantOf(acceptRiskUntil) }),
      };
      const path = `/v1/tenants/${tenant}/simulations/cancellation`;
      const simulation = await client.post(path, body, CancellationSimulation);
      print(output, simulation, () => cancellationText(simulation));
    });
}

function purchaseText(simulation: PurchaseSimulation): string {
  const { title, tier, assets, promised } = simulation;
  const missing = simulation.prerequisites.filter(({ met }) => !met).map(({ text }) => text);
  const first = promised.filter(({ required }) => required).map(({ rule }) => rule);
  return sections([
    [`${title}, ${tier}, for ${assets.total} asset(s)`, ''],
    [
      `Moves with the first passing evidence (${first.join(' or ')})`,
      groupsText(simulation.moves.groups, 'nothing moves'),
    ],
    ['Would not move', groupsText(simulation.stays, '')],
    [
      'You keep',
      simulation.keeps
        .map(
          ({ controlId, duties, keeps }) =>
            `${controlId}  ${duties.join(', ') || 'no duty'}${keeps === null ? '' : `; ${keeps}`}`,
        )
        .join('\n'),
    ],
    ['You see to first', missing.join('\n')],
    ['Nobody’s afterwards, too', countText(simulation.unowned.total)],
    ['Disputed', countText(simulation.contested.total)],
    ['Outlook', outlookText(simulation.outlook)],
    ['Risks that would change', risksText(simulation.risks.shown)],
  ]);
}

function cancellationText(simulation: CancellationSimulation): string {
  const { title, tier, assets, endsAt, items, blockedBy } = simulation;
  return sections([
    [`${title}, ${tier}, on ${assets.total} asset(s), ends ${endsAt}`, ''],
    ['Comes back', groupsText(simulation.moves.groups, 'nothing comes back')],
    [
      `Nobody’s from ${endsAt}`,
      simulation.unowned.total === 0
        ? `none with the takers chosen; ${simulation.unownedWithoutTakers.lines.total} without them`
        : `${simulation.unowned.total} of ${simulation.unownedWithoutTakers.lines.total} that would be without takers`,
    ],
    [
      'The hand-over',
      table(
        ['duty', 'title', 'state', 'taker'],
        items.map((item) => [
          item.itemId,
          item.title,
          item.state,
          item.taker ?? item.riskAcceptedUntil ?? '',
        ]),
      ),
    ],
    ['Keeps it from being confirmed', blockedBy.join('\n')],
    ['Outlook', outlookText(simulation.outlook)],
    ['Risks that would change', risksText(simulation.risks.shown)],
  ]);
}

/** What there is nothing to say of is left out. */
function sections(parts: readonly (readonly [title: string, text: string])[]): string {
  const [[head] = [''], ...rest] = parts;
  return [
    head,
    ...rest.filter(([, text]) => text !== '').map(([title, text]) => `${title}\n${indented(text)}`),
  ].join('\n\n');
}

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');
const countText = (total: number): string => (total === 0 ? '' : `${total} duties`);

function groupsText(
  { total, shown }: { readonly total: number; readonly shown: readonly DutyGroup[] },
  none: string,
): string {
  if (total === 0) return none;
  const rows = shown.map(({ controlId, duty, from, to, assetCount, title, because }) => [
    controlId,
    duty,
    from === to ? from : `${from} → ${to}`,
    String(assetCount),
    from === to ? because : title,
  ]);
  const more = total > shown.length ? `\nand ${total - shown.length} more` : '';
  return `${table(['control', 'duty', 'who', 'assets', ''], rows)}${more}`;
}

const percent = (share: number | null): string => (share === null ? '–' : `${(share * 100).toFixed(1)} %`);

function outlookText(outlook: readonly Outlook[]): string {
  return table(
    ['', 'score', 'coverage', 'holds', 'assessed'],
    outlook.map(({ says, score, coverage, satisfied, assessed, applicable }) => [
      says,
      percent(score),
      percent(coverage),
      `${satisfied} of ${applicable}`,
      `${assessed} of ${applicable}`,
    ]),
  );
}

function risksText(risks: readonly RiskOutlook[]): string {
  const changing = risks.filter(({ residual }) => new Set(residual).size > 1);
  if (changing.length === 0) return 'none';
  return table(
    ['risk', 'inherent', 'residual', 'title'],
    changing.map(({ riskId, inherent, residual, title }) => [
      riskId,
      String(inherent),
      residual.join(' → '),
      title,
    ]),
  );
}
