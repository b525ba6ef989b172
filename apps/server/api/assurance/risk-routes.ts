/** The risk register, its appetite, and the plan of action. */
import {
  closeRisk,
  openPoamItem,
  recordRisk,
  reviewRisk,
  setAppetite,
  updatePoamItem,
} from '@demarc/assurance/commands';
import { poamView } from '@demarc/assurance/views/exceptions';
import { risksView } from '@demarc/assurance/views/risks';
import {
  CloseRisk,
  OpenedPoamItem,
  OpenPoamItem,
  Poam,
  RecordedRisk,
  RecordRisk,
  ReviewRisk,
  RiskIdParam,
  Risks,
  SetAppetite,
  UpdatePoamItem,
} from '@demarc/platform/contract/assurance/workbook';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { ApiDeps } from '../context.ts';
import { principalOf, scopeOf } from '../guard.ts';
import { AsOfQuery, asOf, BASE, Done, Params } from '../requests.ts';
import { personOf } from './person.ts';

const RiskParams = Params.extend({ riskId: RiskIdParam });
const PoamParams = Params.extend({ poamId: z.string().min(1).max(128) });

export function riskRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const { assurance } = deps;

  api.get(`${BASE}/risks`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'The risk register: inherent and residual, what moved it, the heat map',
      params: Params,
      querystring: AsOfQuery,
      response: { 200: Risks },
    },
    handler: async (request) => {
      const at = asOf(request.query);
      const assessment = await assurance.assess(scopeOf(request), at);
      // The history is of what is known now; for what was known earlier nothing is said about since when.
      const aboveSince =
        request.query.knownAt === undefined
          ? await assurance.aboveAppetiteSince(scopeOf(request), { asOfMs: assessment.asOfMs })
          : new Map<string, number>();
      return risksView(assessment, { aboveSince });
    },
  });
  api.post(`${BASE}/risks`, {
    config: { permission: 'risk:write' },
    schema: {
      summary: 'Records a risk, or a new version of a known one',
      params: Params,
      body: RecordRisk,
      response: { 200: RecordedRisk },
    },
    handler: async (request) => {
      const { reviewAt, ...risk } = request.body;
      const command = recordRisk({ ...risk, reviewAtMs: Date.parse(reviewAt) });
      return assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
  api.post(`${BASE}/risks/:riskId/review`, {
    config: { permission: 'risk:write' },
    schema: {
      summary: 'Somebody looked at a risk and decided; the next review has a date',
      params: RiskParams,
      body: ReviewRisk,
      response: { 200: Done },
    },
    handler: async (request) => {
      const { note, reviewAt, person } = request.body;
      const command = reviewRisk({
        riskId: request.params.riskId,
        note,
        person: personOf(request, person),
        reviewAtMs: Date.parse(reviewAt),
      });
      await assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });
  api.post(`${BASE}/risks/:riskId/close`, {
    config: { permission: 'risk:write' },
    schema: { summary: 'Closes a risk', params: RiskParams, body: CloseRisk, response: { 200: Done } },
    handler: async (request) => {
      const { reason, person } = request.body;
      const command = closeRisk({
        riskId: request.params.riskId,
        reason,
        person: personOf(request, person),
      });
      await assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });
  api.post(`${BASE}/appetite`, {
    config: { permission: 'risk:write' },
    schema: {
      summary: 'Sets the appetite: residual risk above it wants a decision',
      params: Params,
      body: SetAppetite,
      response: { 200: Done },
    },
    handler: async (request) => {
      const { score, reason, person } = request.body;
      const command = setAppetite({ score, reason, person: personOf(request, person) });
      await assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });

  api.get(`${BASE}/poam`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'The plan of action and milestones',
      params: Params,
      querystring: AsOfQuery,
      response: { 200: Poam },
    },
    handler: async (request) => poamView(await assurance.assess(scopeOf(request), asOf(request.query))),
  });
  api.post(`${BASE}/poam`, {
    config: { permission: 'risk:write' },
    schema: {
      summary: 'Opens an item for a finding: an owner, a due date, milestones',
      params: Params,
      body: OpenPoamItem,
      response: { 200: OpenedPoamItem },
    },
    handler: async (request) => {
      const { dueAt, milestones, ...item } = request.body;
      const command = openPoamItem({
        ...item,
        dueAtMs: Date.parse(dueAt),
        milestones: milestones.map((each) => ({ title: each.title, dueAtMs: Date.parse(each.dueAt) })),
      });
      return assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
  api.post(`${BASE}/poam/:poamId`, {
    config: { permission: 'risk:write' },
    schema: {
      summary: 'How an item stands',
      params: PoamParams,
      body: UpdatePoamItem,
      response: { 200: Done },
    },
    handler: async (request) => {
      const { status, note, person } = request.body;
      const command = updatePoamItem({
        poamId: request.params.poamId,
        status,
        note,
        person: personOf(request, person),
      });
      await assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });
}
