import {
  OpenedPoamItem,
  Poam,
  RecordedRisk,
  RecordRisk,
  Risks,
} from '@demarc/platform/contract/assurance/workbook';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import { laterOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import {
  type AsOfOptions,
  asOfQuery,
  dayOf,
  numberOf,
  PERSON_OPTION,
  populationAsset,
  reading,
  readRecord,
} from './records.ts';
import { TENANT_OPTION } from './tenant.ts';

interface RecordOptions {
  readonly tenant: string;
  readonly file?: string;
  readonly id?: string;
  readonly title?: string;
  readonly scenario?: string;
  readonly threat?: string;
  readonly likelihood?: string;
  readonly impact?: string;
  readonly control?: readonly string[];
  readonly treatment?: string;
  readonly owner?: string;
  readonly review?: string;
}
interface PoamOptions {
  readonly tenant: string;
  readonly asset: string;
  readonly finding: string;
  readonly due: string;
  readonly owner?: string;
  readonly risk?: string;
  readonly milestone?: readonly string[];
}

export function register(program: Command, deps: Deps): void {
  const risk = program.command('risk').description('the risk register, 5×5, inherent and residual');
  registerList(risk, deps);
  registerRecord(risk, deps);
  registerReview(risk, deps);
  registerPoam(program, deps);
}

function registerList(risk: Command, { config, output }: Deps): void {
  reading(risk.command('list'))
    .description('risks, the highest residual first, with what reduced them')
    .action(async (options: AsOfOptions) => {
      const found = await new ApiClient(config).get(
        `/v1/tenants/${options.tenant}/risks?${asOfQuery(options)}`,
        Risks,
      );
      print(output, found, () => {
        const rows = found.risks.map((each) => [
          each.riskId,
          each.state,
          `${each.inherent.likelihood}×${each.inherent.impact}=${each.inherent.score} (${each.inherent.sourceScore})`,
          `${each.residual.likelihood}×${each.residual.impact}=${each.residual.score} (${each.residual.sourceScore})`,
          each.aboveAppetite ? `since ${each.aboveSince ?? 'longer than is kept'}` : '',
          `${each.mitigations.filter(({ takes }) => takes > 0).length}/${each.mitigations.length}`,
          each.treatment,
          each.owner,
          `${dayOf(each.reviewAt)}${each.reviewOverdue ? '!' : ''}`,
          each.title,
        ]);
        return `${table(['risk', 'state', 'inherent (/5)', 'residual (/5)', 'above appetite', 'controls', 'treatment', 'owner', 'review', 'title'], rows)}\n\nas of ${found.asOf}: ${found.aboveCount} above the appetite of ${found.appetite}${found.appetiteSet ? '' : ' (the default)'}`;
      });
    });
}

function registerRecord(risk: Command, { config, output }: Deps): void {
  risk
    .command('record')
    .description('record a risk, or a new version of one; from a YAML or JSON file, or by options')
    .option(...TENANT_OPTION)
    .option('--file <file>', 'with all of it')
    .option('--id <risk>', 'of a known one; a new one when left out')
    .option('--title <text>')
    .option('--scenario <text>')
    .option('--threat <text>')
    .option('--likelihood <1-5>')
    .option('--impact <1-5>')
    .option('--control <control:likelihood|impact:steps...>', 'what reduces it, such as VMS-09:likelihood:1')
    .option('--treatment <treatment>', 'mitigate, transfer, avoid or accept')
    .option('--owner <name>')
    .option('--review <instant>', 'when it is looked at again: an instant, or 90d')
    .action(async (options: RecordOptions) => {
      const body = options.file === undefined ? riskOf(options) : readRecord(options.file, RecordRisk);
      const done = await new ApiClient(config).post(
        `/v1/tenants/${options.tenant}/risks`,
        body,
        RecordedRisk,
      );
      print(output, done, () => `recorded ${done.riskId}`);
    });
}

/** @throws CLI_USAGE */
function riskOf(options: RecordOptions): RecordRisk {
  const { title, scenario, likelihood, impact, owner, review, treatment } = options;
  const parsed = RecordRisk.safeParse({
    riskId: options.id,
    title,
    scenario,
    threat: options.threat,
    likelihood: likelihood === undefined ? undefined : Number(likelihood),
    impact: impact === undefined ? undefined : Number(impact),
    controls: options.control?.map((text) => {
      const [controlId, reduces, steps = '1'] = text.split(':');
      return { controlId, reduces, steps: Number(steps) };
    }),
    treatment,
    owner,
    reviewAt: review === undefined ? undefined : laterOf(review),
  });
  if (parsed.success) return parsed.data;
  throw cliErrors.make('CLI_USAGE', { because: z.prettifyError(parsed.error).slice(0, 500) });
}

function registerReview(risk: Command, { config, output }: Deps): void {
  risk
    .command('review <risk>')
    .description('somebody looked and decided; a risk of the catalogue becomes one’s own')
    .option(...TENANT_OPTION)
    .requiredOption('--note <text>', 'what was decided')
    .requiredOption('--review <instant>', 'the next review: an instant, or 90d')
    .option(...PERSON_OPTION)
    .action(
      async (
        riskId: string,
        options: {
          readonly tenant: string;
          readonly note: string;
          readonly review: string;
          readonly person?: string;
        },
      ) => {
        const { note, review, person, tenant } = options;
        const body = { note, person, reviewAt: laterOf(review) };
        await new ApiClient(config).post(
          `/v1/tenants/${tenant}/risks/${encodeURIComponent(riskId)}/review`,
          body,
          z.unknown(),
        );
        print(
          output,
          { reviewed: riskId },
          () => `reviewed ${riskId}; the next review is due ${body.reviewAt}`,
        );
      },
    );
  risk
    .command('close <risk>')
    .description('the risk is there no more')
    .option(...TENANT_OPTION)
    .requiredOption('--reason <text>', 'why')
    .option(...PERSON_OPTION)
    .action(
      async (
        riskId: string,
        {
          tenant,
          reason,
          person,
        }: { readonly tenant: string; readonly reason: string; readonly person?: string },
      ) => {
        await new ApiClient(config).post(
          `/v1/tenants/${tenant}/risks/${encodeURIComponent(riskId)}/close`,
          { reason, person },
          z.unknown(),
        );
        print(output, { closed: riskId }, () => `closed ${riskId}`);
      },
    );
  risk
    .command('appetite <score>')
    .description('residual risk above this, of 25, wants a decision')
    .option(...TENANT_OPTION)
    .requiredOption('--reason <text>', 'why')
    .option(...PERSON_OPTION)
    .action(
      async (
        text: string,
        {
          tenant,
          reason,
          person,
        }: { readonly tenant: string; readonly reason: string; readonly person?: string },
      ) => {
        const score = numberOf(text, 'the appetite', 1, 25);
        await new ApiClient(config).post(
          `/v1/tenants/${tenant}/appetite`,
          { score, reason, person },
          z.unknown(),
        );
        print(output, { appetite: score }, () => `the appetite is ${score} of 25`);
      },
    );
}

function registerPoam(program: Command, { config, output }: Deps): void {
  const poam = program.command('poam').description('plan of action and milestones');
  reading(poam.command('list'))
    .description('items with their owner, due date and the control as it is')
    .action(async (options: AsOfOptions) => {
      const found = await new ApiClient(config).get(
        `/v1/tenants/${options.tenant}/poam?${asOfQuery(options)}`,
        Poam,
      );
      print(output, found, () =>
        table(
          ['item', 'state', 'due', 'owner', 'control', 'asset', 'control is', 'finding'],
          found.items.map((each) => [
            each.poamId,
            each.status,
            `${dayOf(each.dueAt)}${each.overdue ? '!' : ''}`,
            each.owner,
            each.controlId,
            each.assetName,
            each.controlStatus ?? 'gone',
            each.finding,
          ]),
        ),
      );
    });
  poam
    .command('open <control>')
    .description('open an item for a finding on one asset')
    .option(...TENANT_OPTION)
    .requiredOption('--asset <asset>', 'id or name; `tenant` for the tenant as a whole')
    .requiredOption('--finding <text>', 'what is wrong')
    .requiredOption('--due <instant>', 'an instant, or 30d')
    .option('--owner <party>', 'whoever operates the control when left out')
    .option('--risk <risk>', 'the risk that it is about')
    .option('--milestone <title=instant...>', 'such as "ordered=14d"')
    .action(async (controlId: string, options: PoamOptions) => {
      const client = new ApiClient(config);
      const body = {
        controlId,
        assetId: await populationAsset(client, options.tenant, options.asset),
        finding: options.finding,
        dueAt: laterOf(options.due),
        owner: options.owner,
        riskId: options.risk,
        milestones: (options.milestone ?? []).map((text) => {
          const at = text.lastIndexOf('=');
          if (at < 1)
            throw cliErrors.make('CLI_USAGE', { because: `"${text}" is not of the form title=instant` });
          return { title: text.slice(0, at), dueAt: laterOf(text.slice(at + 1)) };
        }),
      };
      const done = await client.post(`/v1/tenants/${options.tenant}/poam`, body, OpenedPoamItem);
      print(output, done, () => `opened ${done.poamId}, due ${body.dueAt}`);
    });
  poam
    .command('update <item>')
    .description('how an item stands')
    .option(...TENANT_OPTION)
    .requiredOption('--status <status>', 'open, in-progress, done or risk-accepted')
    .option('--note <text>', 'what was done, or why it is accepted', '')
    .option(...PERSON_OPTION)
    .action(
      async (
        poamId: string,
        options: {
          readonly tenant: string;
          readonly status: string;
          readonly note: string;
          readonly person?: string;
        },
      ) => {
        const { tenant, ...body } = options;
        await new ApiClient(config).post(
          `/v1/tenants/${tenant}/poam/${encodeURIComponent(poamId)}`,
          { status: body.status, note: body.note, person: body.person },
          z.unknown(),
        );
        print(output, { updated: poamId }, () => `${poamId} is ${options.status}`);
      },
    );
}
