import {
  ApprovedNotApplicable,
  DecisionPreview,
  Workbook,
  WorkbookControl,
  type WorkbookRow,
  Written,
} from '@demarc/platform/contract/assurance/workbook';
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
  dayOf,
  designOf,
  GROUP_OPTION,
  PERSON_OPTION,
  percent,
  populationAsset,
  reading,
  type ScopeOptions,
  scopesOf,
} from './records.ts';
import { TENANT_OPTION } from './tenant.ts';

interface WorkbookOptions extends AsOfOptions {
  readonly asset?: string;
  readonly group?: string;
  readonly area?: string;
  readonly status?: string;
}
interface AnnotateOptions extends ScopeOptions {
  readonly applied?: string;
  readonly rationale?: string;
  readonly example?: string;
  readonly configuration?: string;
  readonly hld?: readonly string[];
  readonly lld?: readonly string[];
  readonly review?: string;
}
interface NotApplicableOptions extends ScopeOptions {
  readonly reason?: string;
  readonly review?: string;
  readonly person?: string;
  readonly preview?: boolean;
}

export function register(program: Command, deps: Deps): void {
  registerWorkbook(program, deps);
  const control = program
    .command('control')
    .description('what people write beside a control, and decide about it');
  registerReading(control, deps);
  registerWriting(control, deps);
  registerNotApplicable(control, deps);
}

function registerWorkbook(program: Command, { config, output }: Deps): void {
  reading(program.command('workbook'))
    .description('the security controls workbook: status, score and coverage of each control')
    .option('--asset <asset>', 'of one asset only')
    .option('--group <group>', 'of one group only')
    .option('--area <area>', 'of one area only')
    .option('--status <status>', 'those in this status only')
    .action(async (options: WorkbookOptions) => {
      const client = new ApiClient(config);
      const query = asOfQuery(options);
      if (options.asset !== undefined)
        query.set('assetId', await populationAsset(client, options.tenant, options.asset));
      if (options.group !== undefined) query.set('groupId', options.group);
      const book = await client.get(`/v1/tenants/${options.tenant}/workbook?${query}`, Workbook);
      const rows = book.rows.filter(
        ({ area, status }) =>
          (options.area === undefined || area === options.area) &&
          (options.status === undefined || status === options.status),
      );
      print(output, { ...book, rows }, () => {
        const areas = table(
          ['area', 'score', 'coverage', 'holds', 'applicable'],
          book.areas.map(({ area, score }) => [
            area,
            percent(score.score),
            percent(score.coverage),
            String(score.counts.satisfied),
            String(score.applicable),
          ]),
        );
        return `${table(HEADINGS, rows.map(cellsOf))}\n\n${areas}\n\nas of ${book.asOf}: score ${percent(book.total.score)} with ${percent(book.total.coverage)} of ${book.total.applicable} cells ever assessed, over ${book.assetCount} asset(s)`;
      });
    });
}

const HEADINGS = [
  'control',
  'status',
  'holds',
  'worth',
  'score',
  'coverage',
  'applied',
  'review',
  'operated by',
  'title',
];

function cellsOf(row: WorkbookRow): readonly string[] {
  const operators = row.owners.find(({ duty }) => duty === 'operate')?.shares ?? [];
  return [
    row.controlId,
    row.status,
    `${row.score.counts.satisfied}/${row.score.applicable}`,
    String(row.worth),
    percent(row.score.score),
    percent(row.score.coverage),
    row.applied === null ? '' : row.applied ? (row.contradicted ? 'yes?' : 'yes') : 'no',
    `${dayOf(row.reviewAt)}${row.reviewOverdue ? '!' : ''}`,
    operators.map(({ party, state }) => party ?? state.toUpperCase()).join(', '),
    row.title,
  ];
}

function registerReading(control: Command, { config, output }: Deps): void {
  reading(control.command('show <control>'))
    .description('one control: its assets, texts, comments, exceptions')
    .action(async (controlId: string, options: AsOfOptions) => {
      const found = await new ApiClient(config).get(
        `/v1/tenants/${options.tenant}/workbook/controls/${encodeURIComponent(controlId)}?${asOfQuery(options)}`,
        WorkbookControl,
      );
      print(output, found, () => {
        const { row } = found;
        const texts = [
          ['Rationale', row.rationale],
          ['Example', row.example],
          ['Configuration', row.configuration],
        ].flatMap(([name, text]) => (text === '' ? [] : [`${name}: ${text}`]));
        const cells = table(
          ['asset', 'status', 'observed', 'because'],
          found.cells.map((cell) => [
            cell.assetName,
            cell.status,
            cell.observedAt ?? 'never',
            cell.notApplicableBecause ?? cell.because[0] ?? '',
          ]),
        );
        const comments = found.comments.map(({ at, by, text }) => `${at} ${by}: ${text}`);
        return [
          `${row.controlId} ${row.title}: ${row.status}, score ${percent(row.score.score)}, coverage ${percent(row.score.coverage)}`,
          row.objective,
          ...texts,
          '',
          cells,
          ...(comments.length === 0 ? [] : ['', ...comments]),
        ].join('\n');
      });
    });
}

function registerWriting(control: Command, { config, output }: Deps): void {
  control
    .command('annotate <control...>')
    .description('write beside controls; fields that are left out stay as they are')
    .option(...TENANT_OPTION)
    .option(...ASSET_OPTION)
    .option(...GROUP_OPTION)
    .option('--applied <yes|no>', 'whether it is said to be applied')
    .option('--rationale <text>', 'why it is as it is')
    .option('--example <text>', 'an example')
    .option('--configuration <text>', 'how it is configured')
    .option('--hld <document#section...>', 'high-level design')
    .option('--lld <document#section...>', 'low-level design')
    .option('--review <instant>', 'when it is looked at again: an instant, or 90d')
    .action(async (controls: readonly string[], options: AnnotateOptions) => {
      const client = new ApiClient(config);
      if (options.applied !== undefined && !['yes', 'no'].includes(options.applied))
        throw cliErrors.make('CLI_USAGE', { because: '--applied is yes or no' });
      const { rationale, example, configuration, applied, hld, lld, review } = options;
      const body = {
        controls,
        scopes: await scopesOf(client, options),
        rationale,
        example,
        configuration,
        applied: applied === undefined ? undefined : applied === 'yes',
        hld: hld?.map((text) => designOf(text)),
        lld: lld?.map((text) => designOf(text)),
        reviewAt: review === undefined ? undefined : laterOf(review),
      };
      const done = await client.post(`/v1/tenants/${options.tenant}/workbook/annotations`, body, Written);
      print(output, done, () => `${done.written} annotation(s) recorded; no status is other for it`);
    });
  control
    .command('comment <control> <text>')
    .description('comment on a control, or on a control on one asset')
    .option(...TENANT_OPTION)
    .option('--asset <asset>', 'id or name')
    .requiredOption(...PERSON_OPTION)
    .action(
      async (
        controlId: string,
        text: string,
        options: { readonly tenant: string; readonly asset?: string; readonly person: string },
      ) => {
        const client = new ApiClient(config);
        const assetId =
          options.asset === undefined
            ? undefined
            : await populationAsset(client, options.tenant, options.asset);
        const body = { controlId, text, assetId, person: options.person };
        const done = await client.post(
          `/v1/tenants/${options.tenant}/workbook/comments`,
          body,
          z.strictObject({ commentId: z.string() }),
        );
        print(output, done, () => `commented on ${controlId}`);
      },
    );
}

function registerNotApplicable(control: Command, { config, output }: Deps): void {
  control
    .command('not-applicable <control...>')
    .description('approve, until a review, that controls are not applicable')
    .option(...TENANT_OPTION)
    .option(...ASSET_OPTION)
    .option(...GROUP_OPTION)
    .option('--reason <text>', 'why')
    .option('--review <instant>', 'when it ends unless it is renewed: an instant, or 180d')
    .option(...PERSON_OPTION)
    .option('--preview', 'only say what it would do')
    .action(async (controls: readonly string[], options: NotApplicableOptions) => {
      const client = new ApiClient(config);
      const base = `/v1/tenants/${options.tenant}/workbook`;
      const scopes = await scopesOf(client, options);
      if (options.preview === true) {
        const body = { decision: 'not-applicable', controls, scopes };
        const preview = await client.post(`${base}/preview`, body, DecisionPreview);
        print(output, preview, () => preview.says.join('\n'));
        return;
      }
      const { reason, review, person } = options;
      if (reason === undefined || review === undefined)
        throw cliErrors.make('CLI_USAGE', {
          because: 'give --reason and --review, or --preview to see what it would do',
        });
      const body = { controls, scopes, reason, person, reviewAt: laterOf(review) };
      const done = await client.post(`${base}/not-applicable`, body, ApprovedNotApplicable);
      print(
        output,
        done,
        () => `not applicable until ${body.reviewAt}; approval(s) ${done.approvalIds.join(', ')}`,
      );
    });
  control
    .command('applicable <approval>')
    .description('revoke a not-applicable approval')
    .option(...TENANT_OPTION)
    .requiredOption('--reason <text>', 'why')
    .action(async (approvalId: string, options: { readonly tenant: string; readonly reason: string }) => {
      await new ApiClient(config).post(
        `/v1/tenants/${options.tenant}/workbook/not-applicable/${encodeURIComponent(approvalId)}/revoke`,
        { reason: options.reason },
        z.unknown(),
      );
      print(output, { revoked: approvalId }, () => 'applicable again from now on');
    });
}
