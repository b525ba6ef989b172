import {
  Claim,
  Claimed,
  Decided,
  Question,
  type SAYINGS,
  type ScopeShape,
} from '@demarc/platform/contract/assurance/responsibility';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { findInventoryAsset } from './inventory.ts';
import { TENANT_OPTION } from './tenant.ts';

interface ScopeOptions {
  readonly tenant: string;
  readonly asset?: string;
  readonly group?: string;
  readonly from?: string;
  readonly to?: string;
}
interface ProposeOptions extends ScopeOptions {
  readonly control: readonly string[];
  readonly duty: readonly string[];
  readonly party: string;
  readonly carveOut?: boolean;
  readonly contract?: boolean;
  readonly reason: string;
  readonly proposer?: string;
}
interface SayOptions {
  readonly tenant: string;
  readonly party?: string;
  readonly reason?: string;
  readonly at?: string;
}
interface DecideOptions extends ScopeOptions {
  readonly answer: string;
  readonly party?: string;
  readonly duty: readonly string[];
}

const SAID: Readonly<Record<(typeof SAYINGS)[number], readonly [says: string, done: string]>> = {
  accept: ['accept a claim, for the party that it names', 'accepted'],
  decline: ['decline a claim, for the party that it names', 'declined'],
  dispute: ['dispute a claim: its duties are contested from now on', 'disputed'],
  withdraw: ['withdraw a dispute, for the party that disputed', 'not disputed any more'],
  end: ['end a claim, for the party that proposed it or the customer', 'ended'],
};

export function register(program: Command, deps: Deps): void {
  registerClaim(program, deps);
  registerDecision(program, deps);
}

function registerClaim(program: Command, { config, output }: Deps): void {
  const claim = program
    .command('claim')
    .description('who says that a party has duties, and what they say to it');
  claim
    .command('list')
    .description('claims, newest first')
    .option(...TENANT_OPTION)
    .action(async ({ tenant }: { readonly tenant: string }) => {
      const claims = await new ApiClient(config).get(`/v1/tenants/${tenant}/claims`, z.array(Claim));
      print(output, claims, () =>
        table(
          ['claim', 'state', 'party', 'duties', 'controls', 'about', 'from', 'to', 'can be said'],
          claims.map((each) => [
            each.claimId,
            each.state,
            each.kind === 'carve-out' ? `${each.party} (keeps)` : each.party,
            each.duties.join(' '),
            each.controls.join(' '),
            each.about,
            each.from,
            each.to ?? '',
            each.says.map(({ saying, party }) => `${saying} (${party})`).join(' '),
          ]),
        ),
      );
    });
  claim
    .command('propose')
    .description('propose that a party has duties; it has them once it has accepted')
    .option(...TENANT_OPTION)
    .requiredOption('--control <control...>', 'ids, `area:…`, or `*` for every control')
    .requiredOption('--party <party>', 'provider, customer, ams, or a registered party')
    .option('--duty <duty...>', 'operate, configure, respond, assure', ['operate'])
    .option('--asset <asset>', 'about one asset: id or name')
    .option('--group <group>', 'about the assets of a group')
    .option('--carve-out', 'the party keeps these duties although a service would take them')
    .option('--contract', 'it is in a contract')
    .option('--reason <text>', 'kept in the ledger', '')
    .option('--proposer <party>', 'on whose behalf')
    .option('--from <instant>', 'from then on')
    .option('--to <instant>', 'until then')
    .action(async (options: ProposeOptions) => {
      const client = new ApiClient(config);
      const body = {
        controls: options.control,
        duties: options.duty,
        party: options.party,
        scope: await scopeOf(client, options),
        kind: options.carveOut === true ? 'carve-out' : 'assign',
        source: options.contract === true ? 'contract' : 'override',
        reason: options.reason,
        ...(options.proposer === undefined ? {} : { proposer: options.proposer }),
        ...dates(options),
      };
      const made = await client.post(`/v1/tenants/${options.tenant}/claims`, body, Claimed);
      print(output, made, () => `claim ${made.claimId} is ${made.accepted ? 'accepted' : 'proposed'}`);
    });
  for (const [saying, [description, done]] of Object.entries(SAID))
    claim
      .command(`${saying} <claim>`)
      .description(description)
      .option(...TENANT_OPTION)
      .option('--party <party>', 'for which party')
      .option('--reason <text>', 'kept in the ledger')
      .option('--at <instant>', 'of an end: when')
      .action(async (claimId: string, options: SayOptions) => {
        const body = {
          ...(options.party === undefined ? {} : { party: options.party }),
          ...(options.reason === undefined ? {} : { reason: options.reason }),
          ...(options.at === undefined ? {} : { at: instantOf(options.at) }),
        };
        const path = `/v1/tenants/${options.tenant}/claims/${encodeURIComponent(claimId)}/${saying}`;
        await new ApiClient(config).post(path, body, z.unknown());
        print(output, { claimId, saying }, () => `claim ${claimId} is ${done}`);
      });
}

function registerDecision(program: Command, { config, output }: Deps): void {
  const decision = program.command('decision').description('the questions of the operating model');
  decision
    .command('list')
    .description('the questions, and the answers that hold')
    .option(...TENANT_OPTION)
    .action(async ({ tenant }: { readonly tenant: string }) => {
      const questions = await new ApiClient(config).get(`/v1/tenants/${tenant}/decisions`, z.array(Question));
      print(output, questions, () =>
        table(
          ['question', 'asks', 'about', 'answer', 'party', 'since', 'state'],
          questions.flatMap(({ decisionId, question, suggested, answers }) =>
            answers.length === 0
              ? [[decisionId, question, '', `(none; suggested: ${suggested})`, '', '', '']]
              : answers.map((answer) => [
                  decisionId,
                  question,
                  answer.about,
                  answer.answer,
                  answer.party ?? '',
                  answer.from,
                  answer.standing,
                ]),
          ),
        ),
      );
    });
  decision
    .command('record <question>')
    .description('answer a question; an answer that names another party proposes a claim to it')
    .option(...TENANT_OPTION)
    .requiredOption('--answer <text>', 'in your words')
    .option('--party <party>', 'who has the duties from it')
    .option('--duty <duty...>', 'operate, configure, respond, assure', ['operate'])
    .option('--asset <asset>', 'about one asset: id or name')
    .option('--group <group>', 'about the assets of a group')
    .option('--from <instant>', 'from then on')
    .option('--to <instant>', 'until then')
    .action(async (decisionId: string, options: DecideOptions) => {
      const client = new ApiClient(config);
      const body = {
        answer: options.answer,
        duties: options.duty,
        scope: await scopeOf(client, options),
        ...(options.party === undefined ? {} : { party: options.party }),
        ...dates(options),
      };
      const path = `/v1/tenants/${options.tenant}/decisions/${encodeURIComponent(decisionId)}`;
      const made = await client.post(path, body, Decided);
      const claimed =
        made.claimId === null
          ? ''
          : `; claim ${made.claimId} on ${options.party ?? ''} is ${made.accepted ? 'accepted' : 'proposed'}`;
      print(output, made, () => `${decisionId} is answered${claimed}`);
    });
}

async function scopeOf(client: ApiClient, { tenant, asset, group }: ScopeOptions): Promise<ScopeShape> {
  if (asset !== undefined && group !== undefined)
    throw cliErrors.make('CLI_USAGE', { because: 'it is about one asset or about one group' });
  if (group !== undefined) return { kind: 'group', groupId: group };
  if (asset === undefined) return { kind: 'tenant' };
  return { kind: 'asset', assetId: (await findInventoryAsset(client, tenant, asset)).assetId };
}

/** Instants to come; a span such as `24h` lies in the past, which the API refuses as a beginning. */
function dates({ from, to }: ScopeOptions): { readonly from?: string; readonly to?: string } {
  return {
    ...(from === undefined ? {} : { from: instantOf(from) }),
    ...(to === undefined ? {} : { to: instantOf(to) }),
  };
}
