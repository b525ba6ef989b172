/** What is whose: the gaps, what a party still has to do, what the provider owes over all tenants. */
import { Gaps, Mine, Obligations, Stack } from '@demarc/platform/contract/assurance/responsibility';
import type { Command } from 'commander';
import { ApiClient } from '../client.ts';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { register as registerClaims } from './claims.ts';
import { register as registerInventory } from './inventory.ts';
import { register as registerSnapshots } from './snapshots.ts';
import { TENANT_OPTION } from './tenant.ts';

const AS_OF = ['--as-of <instant>', 'as it was then'] as const;
const AS_KNOWN = ['--as-known <instant>', 'by what was known then'] as const;

interface Options {
  readonly tenant: string;
  readonly asOf?: string;
  readonly asKnown?: string;
}

export function register(program: Command, deps: Deps): void {
  registerViews(program, deps);
  registerObligations(program, deps);
  registerClaims(program, deps);
  registerInventory(program, deps);
  registerSnapshots(program, deps);
}

function registerViews(program: Command, { config, output }: Deps): void {
  program
    .command('stack')
    .description('who owns the duties of each layer, and why')
    .option(...TENANT_OPTION)
    .option('--by <what>', 'all, type, group or asset', 'all')
    .option(...AS_OF)
    .option(...AS_KNOWN)
    .action(async (options: Options & { readonly by: string }) => {
      const query = asOfQuery(options);
      query.set('by', options.by);
      const stack = await new ApiClient(config).get(`/v1/tenants/${options.tenant}/stack?${query}`, Stack);
      print(output, stack, () => {
        const names = new Map(stack.columns.map(({ columnId, name }) => [columnId, name]));
        const rows = stack.layers.flatMap(({ title, cells }) =>
          cells.flatMap(({ columnId, shares, dutyCount }) =>
            shares.map(({ party, state, count, because }) => [
              title,
              names.get(columnId) ?? columnId,
              party ?? state.toUpperCase(),
              `${count} of ${dutyCount}`,
              because[0]?.text ?? '',
            ]),
          ),
        );
        return `${table(['layer', 'of', 'owner', 'duties', 'because'], rows)}\nas of ${stack.asOf}: ${stack.unownedCount} of ${stack.dutyCount} duties are nobody’s, ${stack.contestedCount} are contested`;
      });
    });
  program
    .command('mine')
    .description('the duties that a party holds, by the risk that hangs on them, with the next step')
    .option(...TENANT_OPTION)
    .option('--party <party>', 'whose', 'customer')
    .option(...AS_OF)
    .option(...AS_KNOWN)
    .action(async (options: Options & { readonly party: string }) => {
      const query = asOfQuery(options);
      query.set('party', options.party);
      const mine = await new ApiClient(config).get(`/v1/tenants/${options.tenant}/mine?${query}`, Mine);
      print(output, mine, () => {
        const rows = mine.rows.map(({ controlId, assetName, duties, status, risks, residualScore, next }) => [
          controlId,
          assetName,
          duties.join(' '),
          status,
          risks[0] === undefined ? '' : `${residualScore} ${risks[0].riskId}`,
          next === null ? '' : next.party === mine.party ? next.step : `(${next.party}) ${next.step}`,
        ]);
        return `${table(['control', 'asset', 'duties', 'status', 'risk', 'next step'], rows)}\nas of ${mine.asOf}: ${mine.party} holds ${mine.dutyCount} duties, and has the turn in ${mine.todoCount} of ${mine.rows.length + mine.leftOut} cells${leftOut(mine.leftOut)}`;
      });
    });
  program
    .command('gaps')
    .description('what is nobody’s, disputed, waiting, failing, stale or running out; each with one party')
    .option(...TENANT_OPTION)
    .option('--pending-days <days>', 'what waits for longer', '7')
    .option('--soon-days <days>', 'what runs out sooner', '30')
    .option(...AS_OF)
    .option(...AS_KNOWN)
    .action(async (options: Options & { readonly pendingDays: string; readonly soonDays: string }) => {
      const query = asOfQuery(options);
      query.set('pendingDays', options.pendingDays);
      query.set('soonDays', options.soonDays);
      const gaps = await new ApiClient(config).get(`/v1/tenants/${options.tenant}/gaps?${query}`, Gaps);
      print(output, gaps, () => {
        const rows = gaps.rows.map((gap) => [
          gap.kind,
          gap.party,
          gap.controls.length > 3 ? `${gap.controls.length} controls` : gap.controls.join(' '),
          gap.assetCount === 1 ? (gap.assets[0]?.name ?? '') : `${gap.assetCount} assets`,
          gap.since ?? gap.until ?? '',
          `${gap.title}: ${gap.because}`,
        ]);
        const counts = Object.entries(gaps.counts)
          .map(([kind, count]) => `${kind} ${count}`)
          .join(', ');
        return `${table(['gap', 'turn of', 'control', 'asset', 'since/until', 'what'], rows)}\nas of ${gaps.asOf}: ${counts}; ${gaps.neverAssessedCount} cells were never assessed${leftOut(gaps.leftOut)}`;
      });
    });
}

function registerObligations(program: Command, { config, output }: Deps): void {
  program
    .command('obligations')
    .description('what the provider owes over all tenants, and who comes and goes')
    .option(...AS_OF)
    .action(async (options: Pick<Options, 'asOf'>) => {
      const query = asOfQuery(options);
      const board = await new ApiClient(config).get(`/v1/obligations?${query}`, Obligations);
      print(output, board, () => {
        const problems = (rows: Obligations['breaches']): string =>
          table(
            ['control', 'status', 'turn of', 'tenants', 'assets', 'since', 'because'],
            rows.map((row) => [
              row.controlId,
              row.status,
              row.party,
              row.tenants.map(({ tenantId }) => tenantId).join(' '),
              String(row.assetCount),
              row.since ?? '',
              row.because,
            ]),
          );
        const onboarding = board.onboarding.map((row) => [
          row.tenantId,
          row.service,
          `${row.waitingCount} of ${row.assetCount}`,
          `${row.waitingDays} days`,
          row.party,
          row.missing.join('; '),
        ]);
        const offboarding = board.offboarding.map((row) => [
          row.tenantId,
          row.service,
          row.endsAt,
          `${row.remainingDays} days`,
          row.party,
          row.open.join('; '),
        ]);
        return [
          `Ours, in breach\n${problems(board.breaches)}`,
          `Theirs\n${problems(board.theirs)}`,
          `Bought, not operational\n${table(['tenant', 'service', 'waits on', 'for', 'turn of', 'missing'], onboarding)}`,
          `Ending\n${table(['tenant', 'service', 'ends', 'in', 'turn of', 'open'], offboarding)}`,
          `as of ${board.asOf}: ${board.tenants.length} tenants${leftOut(board.tenantsLeftOut + board.leftOut)}`,
        ].join('\n\n');
      });
    });
}

function asOfQuery(options: Pick<Options, 'asOf' | 'asKnown'>): URLSearchParams {
  const query = new URLSearchParams();
  if (options.asOf !== undefined) query.set('asOf', instantOf(options.asOf));
  if (options.asKnown !== undefined) query.set('knownAt', instantOf(options.asKnown));
  return query;
}

const leftOut = (count: number): string => (count === 0 ? '' : `; ${count} more are left out`);
