/** `demarc rule` and `demarc finding`: what the running platform asks of events, and what it found. */
import { EventPage, type EventSearch } from '@demarc/platform/contract/api';
import {
  FindingDetails,
  RULE_FILES_MAX,
  RuleDetails,
  RuleList,
  RuleOverlay,
  RulesImported,
} from '@demarc/platform/contract/detection';
import { DETECTION_FINDING } from '@demarc/platform/ocsf';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { EXIT } from '../exit-codes.ts';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { readRulePath } from '../sigma/rule-files.ts';
import { TENANT_OPTION } from './tenant.ts';

interface TenantOption {
  readonly tenant: string;
}
interface ListOptions extends TenantOption {
  readonly state?: string;
  readonly never?: boolean;
}

/** Of one request; the API takes 8 MiB. */
const IMPORT_CHARACTERS_MAX = 4_000_000;

export function register(program: Command, { config, output }: Deps): void {
  const client = (): ApiClient => new ApiClient(config);
  const base = (tenant: string): string => `/v1/tenants/${tenant}`;
  const rule = program.command('rule').description('detection rules of a tenant');

  rule
    .command('list')
    .description('every rule: loaded, switched off or refused, how often it fired, and whether it can')
    .option(...TENANT_OPTION)
    .option('--state <state>', 'loaded, disabled or refused')
    .option('--never', 'only those that can never fire')
    .action(async ({ tenant, state, never }: ListOptions) => {
      const list = await client().get(`${base(tenant)}/rules`, RuleList);
      const rules = list.rules.filter(
        (found) =>
          (state === undefined || found.state === state) && (never !== true || found.reach === 'never'),
      );
      print(output, { ...list, rules }, () =>
        table(
          ['rule', 'level', 'state', 'from', 'fired', 'title', 'because'],
          rules.map((found) => [
            found.ruleId,
            found.level,
            found.state,
            found.origin,
            String(found.firedCount),
            found.title,
            found.because ?? found.reachBecause ?? '',
          ]),
        ),
      );
    });

  rule
    .command('show')
    .description('one rule: its text, its versions, what was changed of it')
    .argument('<rule>', 'its id')
    .option(...TENANT_OPTION)
    .action(async (ruleId: string, { tenant }: TenantOption) => {
      const found = await client().get(`${base(tenant)}/rules/${encodeURIComponent(ruleId)}`, RuleDetails);
      print(output, found, () => found.text);
    });

  rule
    .command('import')
    .description('brings rule files in; a file of the same name becomes its next version')
    .argument('<path>', 'a rule file, or a directory of them')
    .option(...TENANT_OPTION)
    .option('--dry-run', 'only says what would be loaded and what refused')
    .action(async (path: string, { tenant, dryRun }: TenantOption & { readonly dryRun?: boolean }) => {
      const done: RulesImported[] = [];
      for (const files of parts(readRulePath(path)))
        done.push(
          await client().post(
            `${base(tenant)}/rules/import`,
            { files, dryRun: dryRun === true },
            RulesImported,
          ),
        );
      const sum = (name: 'newCount' | 'changedCount' | 'unchangedCount' | 'refusedCount'): number =>
        done.reduce((total, part) => total + part[name], 0);
      const rules = done.flatMap((part) => part.rules);
      const imported = {
        rules,
        newCount: sum('newCount'),
        changedCount: sum('changedCount'),
        unchangedCount: sum('unchangedCount'),
        refusedCount: sum('refusedCount'),
      };
      print(output, imported, () =>
        [
          ...rules
            .filter(({ outcome }) => outcome === 'refused')
            .map(({ file, line, because }) => `${file}:${line}: ${because ?? ''}`),
          `${imported.newCount} new, ${imported.changedCount} changed, ${imported.unchangedCount} unchanged, ${imported.refusedCount} refused`,
        ].join('\n'),
      );
      if (imported.refusedCount > 0) process.exitCode = EXIT.failed;
    });

  rule
    .command('remove')
    .description('takes a rule file of the tenant’s own away; its versions are kept')
    .argument('<file>', 'its name, as imported')
    .option(...TENANT_OPTION)
    .action(async (file: string, { tenant }: TenantOption) => {
      const done = await client().post(
        `${base(tenant)}/rules/remove`,
        { file },
        z.object({ ok: z.boolean() }),
      );
      print(output, done, () => `${file} was removed`);
    });

  for (const [word, enabled] of [
    ['disable', false],
    ['enable', true],
  ] as const) {
    rule
      .command(word)
      .description(enabled ? 'switches a rule on again' : 'switches a rule off, for this tenant')
      .argument('<rule>', 'its id')
      .option(...TENANT_OPTION)
      .requiredOption('--reason <text>', 'why; kept with the change')
      .action(async (ruleId: string, { tenant, reason }: TenantOption & { readonly reason: string }) => {
        const path = `${base(tenant)}/rules/${encodeURIComponent(ruleId)}`;
        const { overlay } = await client().get(path, RuleDetails);
        const body = {
          enabled,
          level: overlay.level,
          threshold: overlay.threshold,
          exceptions: overlay.exceptions.map(({ title, reason: why, detection, until }) => ({
            title,
            reason: why,
            detection,
            ...(until === undefined ? {} : { until }),
          })),
          reason,
          basedOn: overlay.version,
        };
        const set = await client().put(`${path}/overlay`, body, RuleOverlay);
        print(output, set, () => `${ruleId} is ${set.enabled ? 'on' : 'off'}`);
      });
  }

  const finding = program.command('finding').description('what the rules found');
  finding
    .command('list')
    .description('newest first')
    .option(...TENANT_OPTION)
    .option('--from <time>', 'ISO 8601 instant, or how long ago: 15m, 24h, 7d', '24h')
    .option('--rule <id>', 'only of this rule')
    .option('--limit <n>', 'at most 1000', '50')
    .action(
      async ({
        tenant,
        from,
        rule: ruleId,
        limit,
      }: TenantOption & { readonly from: string; readonly rule?: string; readonly limit: string }) => {
        const search: EventSearch = {
          from: instantOf(from),
          to: new Date(Date.now() + 60_000).toISOString(),
          classUids: [DETECTION_FINDING],
          limit: Number(limit),
          ...(ruleId === undefined
            ? {}
            : { filters: [{ field: 'finding_info.analytic.uid', op: 'eq', value: ruleId }] }),
        };
        const page = await client().post(`${base(tenant)}/events/search`, search, EventPage);
        print(output, page, () =>
          table(
            ['time (UTC)', 'severity', 'finding', 'message'],
            page.events.map((event) => [
              new Date(Number(event['time'])).toISOString(),
              String(event['severity_id']),
              String((event['metadata'] as { readonly uid?: unknown } | undefined)?.uid ?? ''),
              String(event['message'] ?? ''),
            ]),
          ),
        );
      },
    );
  finding
    .command('show')
    .description('one finding: the rule, the events, and which test decided')
    .argument('<finding>', 'its uid')
    .option(...TENANT_OPTION)
    .action(async (uid: string, { tenant }: TenantOption) => {
      const found = await client().get(`${base(tenant)}/findings/${encodeURIComponent(uid)}`, FindingDetails);
      print(output, found, () => JSON.stringify(found, undefined, 2));
    });
}

type File = ReturnType<typeof readRulePath>[number];

/** Within what one request may hold. */
function parts(files: readonly File[]): readonly (readonly File[])[] {
  const cut: File[][] = [[]];
  let characters = 0;
  for (const file of files) {
    characters += file.text.length;
    const isFull = (cut.at(-1)?.length ?? 0) >= RULE_FILES_MAX || characters > IMPORT_CHARACTERS_MAX;
    if (isFull) {
      cut.push([]);
      characters = file.text.length;
    }
    cut.at(-1)?.push(file);
  }
  return cut;
}
