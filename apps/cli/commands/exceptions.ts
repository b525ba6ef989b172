import {
  DecisionPreview,
  Exceptions,
  RequestedException,
} from '@demarc/platform/contract/assurance/workbook';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import { laterOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { type AsOfOptions, asOfQuery, dayOf, PERSON_OPTION, populationAsset, reading } from './records.ts';
import { TENANT_OPTION } from './tenant.ts';

interface RequestOptions {
  readonly tenant: string;
  readonly asset?: string;
  readonly group?: string;
  readonly reason?: string;
  readonly until?: string;
  readonly compensating?: readonly string[];
  readonly risk?: string;
  readonly person?: string;
  readonly preview?: boolean;
}

export function register(program: Command, deps: Deps): void {
  const exception = program
    .command('exception')
    .description('accepted for a while, by somebody else than who asked; never green');
  registerList(exception, deps);
  registerRequest(exception, deps);
  registerDecisions(exception, deps);
}

function registerList(exception: Command, { config, output }: Deps): void {
  reading(exception.command('list'))
    .description('exceptions and not-applicable approvals: waiting, running, over')
    .action(async (options: AsOfOptions) => {
      const found = await new ApiClient(config).get(
        `/v1/tenants/${options.tenant}/exceptions?${asOfQuery(options)}`,
        Exceptions,
      );
      print(output, found, () => {
        const exceptions = table(
          [
            'exception',
            'state',
            'until',
            'controls',
            'scope',
            'cells that do not hold',
            'asked',
            'approved',
            'reason',
          ],
          found.exceptions.map((each) => [
            each.exceptionId,
            each.phase,
            dayOf(each.until),
            each.controls.join(' '),
            each.scopeName,
            `${each.cells.count - each.cells.counts.satisfied - each.cells.counts['not-applicable']} of ${each.cells.count}`,
            each.requester,
            each.approver ?? 'nobody yet',
            each.reason,
          ]),
        );
        const approvals = table(
          ['not applicable', 'state', 'review', 'control', 'scope', 'cells', 'approver', 'reason'],
          found.notApplicable.map((each) => [
            each.approvalId,
            each.phase,
            dayOf(each.reviewAt),
            each.controlId,
            each.scopeName,
            String(each.cellCount),
            each.approver,
            each.reason,
          ]),
        );
        return `Exceptions\n${exceptions}\n\nNot applicable\n${approvals}\n\nas of ${found.asOf}`;
      });
    });
}

function registerRequest(exception: Command, { config, output }: Deps): void {
  exception
    .command('request <control...>')
    .description('ask; a control, `area:NAME` or `*`')
    .option(...TENANT_OPTION)
    .option('--asset <asset>', 'id or name; everything when left out')
    .option('--group <group>', 'id of a group')
    .option('--reason <text>', 'why')
    .option('--until <instant>', 'when it ends: an instant, or 90d; a year at the most')
    .option('--compensating <control...>', 'controls that hold meanwhile')
    .option('--risk <risk>', 'the risk that is taken')
    .option(...PERSON_OPTION)
    .option('--preview', 'only say what it would be about')
    .action(async (controls: readonly string[], options: RequestOptions) => {
      const client = new ApiClient(config);
      const base = `/v1/tenants/${options.tenant}`;
      const scope =
        options.asset !== undefined
          ? {
              kind: 'asset' as const,
              assetId: await populationAsset(client, options.tenant, options.asset),
            }
          : options.group !== undefined
            ? { kind: 'group' as const, groupId: options.group }
            : { kind: 'tenant' as const };
      if (options.preview === true) {
        const body = { decision: 'exception', controls, scopes: [scope] };
        const preview = await client.post(`${base}/workbook/preview`, body, DecisionPreview);
        print(output, preview, () => preview.says.join('\n'));
        return;
      }
      const { reason, until, risk, person, compensating = [] } = options;
      if (reason === undefined || until === undefined)
        throw cliErrors.make('CLI_USAGE', {
          because: 'give --reason and --until, or --preview to see what it would be about',
        });
      const body = {
        controls,
        scope,
        reason,
        person,
        compensatingControls: compensating,
        riskId: risk,
        expiresAt: laterOf(until),
      };
      const asked = await client.post(`${base}/exceptions`, body, RequestedException);
      print(
        output,
        asked,
        () =>
          `requested ${asked.exceptionId} until ${body.expiresAt}; somebody else approves it: ./demarc exception approve ${asked.exceptionId} --person NAME`,
      );
    });
}

function registerDecisions(exception: Command, { config, output }: Deps): void {
  const path = (tenant: string, id: string, act: string): string =>
    `/v1/tenants/${tenant}/exceptions/${encodeURIComponent(id)}/${act}`;
  exception
    .command('approve <exception>')
    .description('approve what somebody else asked for')
    .option(...TENANT_OPTION)
    .option(...PERSON_OPTION)
    .action(async (id: string, options: { readonly tenant: string; readonly person?: string }) => {
      await new ApiClient(config).post(
        path(options.tenant, id, 'approve'),
        { person: options.person },
        z.unknown(),
      );
      print(output, { approved: id }, () => `approved ${id}; the status stays what evidence says`);
    });
  exception
    .command('revoke <exception>')
    .description('refuse what waits, end what runs')
    .option(...TENANT_OPTION)
    .requiredOption('--reason <text>', 'why')
    .action(async (id: string, options: { readonly tenant: string; readonly reason: string }) => {
      await new ApiClient(config).post(
        path(options.tenant, id, 'revoke'),
        { reason: options.reason },
        z.unknown(),
      );
      print(output, { revoked: id }, () => `revoked ${id}`);
    });
}
