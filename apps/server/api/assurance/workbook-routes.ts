/** The workbook, exceptions, implementation standards: what people write beside what evidence says. */
import {
  addComment,
  annotateControls,
  approveException,
  approveNotApplicable,
  assignStandard,
  previewDecision,
  publishStandard,
  requestException,
  retireStandard,
  revokeException,
  revokeNotApplicable,
  withdrawStandard,
} from '@demarc/assurance/commands';
import { exceptionsView } from '@demarc/assurance/views/exceptions';
import { standardsView } from '@demarc/assurance/views/standards';
import { workbookControl, workbookView } from '@demarc/assurance/views/workbook';
import {
  AnnotateControls,
  ApprovedNotApplicable,
  ApproveException,
  ApproveNotApplicable,
  AssignStandard,
  CommentOnControl,
  DecidePreview,
  DecisionPreview,
  Exceptions,
  PublishedStandard,
  PublishStandard,
  type RecordScope,
  RequestException,
  RequestedException,
  RetireStandard,
  Revoke,
  Standards,
  WithdrawStandard,
  Workbook,
  WorkbookControl,
  Written,
} from '@demarc/platform/contract/assurance/workbook';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { ApiDeps } from '../context.ts';
import { principalOf, scopeOf } from '../guard.ts';
import { AsOfQuery, asOf, BASE, Done, Params } from '../requests.ts';
import { personOf } from './person.ts';

const ScopeQuery = AsOfQuery.extend({
  assetId: z.string().min(1).max(128).optional(),
  groupId: z.string().min(1).max(128).optional(),
});
const ControlParams = Params.extend({ controlId: z.string().regex(/^[A-Z]{3}-\d{2}$/) });
const ApprovalParams = Params.extend({ approvalId: z.string().min(1).max(128) });
const ExceptionParams = Params.extend({ exceptionId: z.string().min(1).max(128) });

const scopeOfQuery = ({ assetId, groupId }: z.infer<typeof ScopeQuery>): RecordScope =>
  assetId !== undefined
    ? { kind: 'asset', assetId }
    : groupId !== undefined
      ? { kind: 'group', groupId }
      : { kind: 'tenant' };

export function workbookRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const { assurance } = deps;

  api.get(`${BASE}/workbook`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'The security controls workbook: each control over all assets, with score and coverage',
      params: Params,
      querystring: ScopeQuery,
      response: { 200: Workbook },
    },
    handler: async (request) =>
      workbookView(
        await assurance.assess(scopeOf(request), asOf(request.query)),
        scopeOfQuery(request.query),
      ),
  });
  api.get(`${BASE}/workbook/controls/:controlId`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'One control of the workbook, with its assets and everything written about it',
      params: ControlParams,
      querystring: ScopeQuery,
      response: { 200: WorkbookControl },
    },
    handler: async (request) =>
      workbookControl(
        await assurance.assess(scopeOf(request), asOf(request.query)),
        request.params.controlId,
        scopeOfQuery(request.query),
      ),
  });
  api.post(`${BASE}/workbook/annotations`, {
    config: { permission: 'workbook:write' },
    schema: {
      summary: 'Writes beside many controls at once; no status is other for it',
      params: Params,
      body: AnnotateControls,
      response: { 200: Written },
    },
    handler: async (request) => {
      const { reviewAt, ...annotation } = request.body;
      const command = annotateControls({
        ...annotation,
        reviewAtMs: reviewAt === undefined ? undefined : Date.parse(reviewAt),
      });
      return assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
  api.post(`${BASE}/workbook/comments`, {
    config: { permission: 'workbook:write' },
    schema: {
      summary: 'Comments on a control, or on a control on one asset',
      params: Params,
      body: CommentOnControl,
      response: { 200: z.strictObject({ commentId: z.string() }) },
    },
    handler: async (request) => {
      const command = addComment({ ...request.body, person: personOf(request, request.body.person) });
      return assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
  api.post(`${BASE}/workbook/preview`, {
    // It writes nothing, but what it works out is only of use to those who may decide.
    config: { permission: 'exception:request' },
    schema: {
      summary: 'What a decision would do to statuses, score and risks; writes nothing',
      params: Params,
      body: DecidePreview,
      response: { 200: DecisionPreview },
    },
    handler: async (request) =>
      assurance.act(scopeOf(request), previewDecision(request.body), principalOf(request).accountId),
  });
  api.post(`${BASE}/workbook/not-applicable`, {
    config: { permission: 'workbook:write' },
    schema: {
      summary: 'Approves, until a review, that controls are not applicable',
      params: Params,
      body: ApproveNotApplicable,
      response: { 200: ApprovedNotApplicable },
    },
    handler: async (request) => {
      const { reviewAt, person, ...decision } = request.body;
      const command = approveNotApplicable({
        ...decision,
        person: personOf(request, person),
        reviewAtMs: Date.parse(reviewAt),
      });
      const { approvalIds } = await assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { approvalIds: [...approvalIds] };
    },
  });
  api.post(`${BASE}/workbook/not-applicable/:approvalId/revoke`, {
    config: { permission: 'workbook:write' },
    schema: {
      summary: 'The controls are applicable again from now on',
      params: ApprovalParams,
      body: Revoke,
      response: { 200: Done },
    },
    handler: async (request) => {
      const command = revokeNotApplicable({ ...request.body, approvalId: request.params.approvalId });
      await assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });

  api.get(`${BASE}/exceptions`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'Exceptions and not-applicable approvals: waiting, running, running out, over',
      params: Params,
      querystring: AsOfQuery,
      response: { 200: Exceptions },
    },
    handler: async (request) => exceptionsView(await assurance.assess(scopeOf(request), asOf(request.query))),
  });
  api.post(`${BASE}/exceptions`, {
    config: { permission: 'exception:request' },
    schema: {
      summary: 'Asks for an exception; nothing is accepted before somebody else approves it',
      params: Params,
      body: RequestException,
      response: { 200: RequestedException },
    },
    handler: async (request) => {
      const { expiresAt, person, ...asked } = request.body;
      const command = requestException({
        ...asked,
        person: personOf(request, person),
        expiresAtMs: Date.parse(expiresAt),
      });
      return assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
  api.post(`${BASE}/exceptions/:exceptionId/approve`, {
    config: { permission: 'exception:approve' },
    schema: {
      summary: 'Approves an exception that somebody else asked for',
      params: ExceptionParams,
      body: ApproveException,
      response: { 200: Done },
    },
    handler: async (request) => {
      const command = approveException({
        exceptionId: request.params.exceptionId,
        person: personOf(request, request.body.person),
      });
      await assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });
  api.post(`${BASE}/exceptions/:exceptionId/revoke`, {
    config: { permission: 'exception:approve' },
    schema: {
      summary: 'Refuses an exception that waits, ends one that runs',
      params: ExceptionParams,
      body: Revoke,
      response: { 200: Done },
    },
    handler: async (request) => {
      const command = revokeException({ ...request.body, exceptionId: request.params.exceptionId });
      await assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });

  api.get(`${BASE}/standards`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'Implementation standards, who carries which, and where assets have drifted from theirs',
      params: Params,
      querystring: AsOfQuery,
      response: { 200: Standards },
    },
    handler: async (request) => standardsView(await assurance.assess(scopeOf(request), asOf(request.query))),
  });
  api.post(`${BASE}/standards`, {
    config: { permission: 'inventory:write' },
    schema: {
      summary: 'Publishes a version of a standard; it never changes after that',
      params: Params,
      body: PublishStandard,
      response: { 200: PublishedStandard },
    },
    handler: async (request) => {
      const { endsAt, ...standard } = request.body;
      const toMs = endsAt === undefined ? {} : { toMs: Date.parse(endsAt) };
      return assurance.act(
        scopeOf(request),
        publishStandard({ ...standard, ...toMs }),
        principalOf(request).accountId,
      );
    },
  });
  api.post(`${BASE}/standards/assign`, {
    config: { permission: 'inventory:write' },
    schema: {
      summary: 'Assigns a version to scopes; what they had before is withdrawn',
      params: Params,
      body: AssignStandard,
      response: { 200: z.strictObject({ assigned: z.int() }) },
    },
    handler: async (request) => {
      const { endsAt, ...assignment } = request.body;
      const command = assignStandard({
        ...assignment,
        toMs: endsAt === undefined ? undefined : Date.parse(endsAt),
      });
      return assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
  api.post(`${BASE}/standards/withdraw`, {
    config: { permission: 'inventory:write' },
    schema: {
      summary: 'A scope carries a standard no more',
      params: Params,
      body: WithdrawStandard,
      response: { 200: Done },
    },
    handler: async (request) => {
      await assurance.act(scopeOf(request), withdrawStandard(request.body), principalOf(request).accountId);
      return { ok: true };
    },
  });
  api.post(`${BASE}/standards/retire`, {
    config: { permission: 'inventory:write' },
    schema: {
      summary: 'Retires a version; assets that carry it are without a current standard',
      params: Params,
      body: RetireStandard,
      response: { 200: Done },
    },
    handler: async (request) => {
      await assurance.act(scopeOf(request), retireStandard(request.body), principalOf(request).accountId);
      return { ok: true };
    },
  });
}
