/** Claims and operating-model decisions. Who speaks for which party is checked here; what a party may do, in the commands. */
import {
  acceptClaim,
  type Command,
  claimErrors,
  declineClaim,
  disputeClaim,
  endClaim,
  proposeClaim,
  recordDecision,
  withdrawDispute,
} from '@demarc/assurance/commands';
import { claimsOf, questionsOf, standsAt } from '@demarc/assurance/views/responsibility';
import { TenantIdParam } from '@demarc/platform/contract/api';
import {
  Claim,
  Claimed,
  Decided,
  ProposeClaim,
  Question,
  RecordDecision,
  Saying,
  SayToClaim,
} from '@demarc/platform/contract/assurance/responsibility';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { ApiDeps } from '../context.ts';
import { principalOf, scopeOf, voiceOf } from '../guard.ts';
import { AsOf, asOf } from '../requests.ts';
import { withNames } from './names.ts';

const Params = z.strictObject({ tenantId: TenantIdParam });
const Done = z.strictObject({ ok: z.boolean() });
const PARTIES = ['customer', 'provider', 'ams'];
const REASON_MISSING = 'no reason given';

export function claimRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const base = '/v1/tenants/:tenantId';
  api.get(`${base}/claims`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'Claims on duties, newest first, with what the caller may say to each',
      params: Params,
      querystring: z.strictObject(AsOf),
      response: { 200: z.array(Claim) },
    },
    handler: async (request) =>
      withNames(
        deps,
        await deps.assurance.look(
          scopeOf(request),
          (evaluation) => claimsOf(standsAt(evaluation), voiceOf(request)),
          asOf(request.query),
        ),
        ({ history }) => history.map(({ by }) => by),
        (claim, nameOf) => ({
          ...claim,
          history: claim.history.map((said) => ({ ...said, by: nameOf(said.by) })),
        }),
      ),
  });
  api.post(`${base}/claims`, {
    config: { permission: 'claim:write' },
    schema: {
      summary: 'Proposes that a party has duties; it has them once it has accepted',
      params: Params,
      body: ProposeClaim,
      response: { 200: Claimed },
    },
    handler: async (request) => {
      const { proposer, from, to, ...proposal } = request.body;
      const command = proposeClaim({
        ...proposal,
        proposer: spokenFor(request, proposer),
        ...(from === undefined ? {} : { fromMs: Date.parse(from) }),
        ...(to === undefined ? {} : { toMs: Date.parse(to) }),
      });
      return deps.assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
  api.post(`${base}/claims/:claimId/:saying`, {
    config: { permission: 'claim:write' },
    schema: {
      summary: 'Accepts, declines, disputes or ends a claim, or withdraws a dispute, for a party',
      params: Params.extend({ claimId: z.string().min(1).max(128), saying: Saying }),
      body: SayToClaim,
      response: { 200: Done },
    },
    handler: async (request) => {
      const { claimId, saying } = request.params;
      const { reason, at } = request.body;
      const claim = await deps.assurance.look(scopeOf(request), ({ world: { standing } }) => {
        const found = standing.claims.get(claimId);
        if (found === undefined) throw claimErrors.make('CLAIM_UNKNOWN', { claimId });
        return { party: found.party, proposer: found.proposer ?? found.party };
      });
      const party = spokenFor(
        request,
        request.body.party ?? (saying === 'end' ? claim.proposer : claim.party),
      );
      const said = { claimId, party, reason: reason === '' ? REASON_MISSING : reason };
      const COMMANDS: Readonly<Record<typeof saying, Command>> = {
        accept: acceptClaim(said),
        decline: declineClaim(said),
        dispute: disputeClaim(said),
        withdraw: withdrawDispute(said),
        end: endClaim({ ...said, ...(at === undefined ? {} : { atMs: Date.parse(at) }) }),
      };
      await deps.assurance.act(scopeOf(request), COMMANDS[saying], principalOf(request).accountId);
      return { ok: true };
    },
  });
  api.get(`${base}/decisions`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'The questions of the operating model and the answers that hold',
      params: Params,
      querystring: z.strictObject(AsOf),
      response: { 200: z.array(Question) },
    },
    handler: async (request) =>
      withNames(
        deps,
        await deps.assurance.look(
          scopeOf(request),
          (evaluation) => questionsOf(deps.assurance.catalogue, standsAt(evaluation)),
          asOf(request.query),
        ),
        ({ answers }) => answers.map(({ by }) => by),
        (question, nameOf) => ({
          ...question,
          answers: question.answers.map((answer) => ({ ...answer, by: nameOf(answer.by) })),
        }),
      ),
  });
  api.post(`${base}/decisions/:decisionId`, {
    config: { permission: 'claim:write' },
    schema: {
      summary: 'Answers a question; an answer that names another party proposes a claim to it',
      params: Params.extend({ decisionId: z.string().regex(/^OM-\d{2}$/) }),
      body: RecordDecision,
      response: { 200: Decided },
    },
    handler: async (request) => {
      // How an estate is run is for whose it is to decide; what others are to do in it they accept or not.
      spokenFor(request, 'customer');
      const { from, to, party, ...answer } = request.body;
      const command = recordDecision({
        ...answer,
        decisionId: request.params.decisionId,
        ...(party === undefined ? {} : { party }),
        speaksFor: party !== undefined && voiceOf(request)(party) ? [party] : [],
        ...(from === undefined ? {} : { fromMs: Date.parse(from) }),
        ...(to === undefined ? {} : { toMs: Date.parse(to) }),
      });
      return deps.assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
}

/** The party, or the first that the caller speaks for. @throws CLAIM_VOICE_MISSING */
export function spokenFor(request: FastifyRequest, party: string | undefined): string {
  const speaks = voiceOf(request);
  const found = party ?? PARTIES.find(speaks) ?? 'customer';
  if (!speaks(found)) throw claimErrors.make('CLAIM_VOICE_MISSING', { partyId: found });
  return found;
}
