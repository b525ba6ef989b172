/** Snapshots of the matrix: taken by their digest, acknowledged by both parties. */
import { acknowledgeSnapshot, takeSnapshot } from '@demarc/assurance/commands';
import { snapshotsOf, standsAt } from '@demarc/assurance/views/responsibility';
import { TenantIdParam } from '@demarc/platform/contract/api';
import {
  AcknowledgeSnapshot,
  Snapshot,
  TakeSnapshot,
} from '@demarc/platform/contract/assurance/responsibility';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { serverErrors } from '../../errors.ts';
import type { ApiDeps } from '../context.ts';
import { principalOf, scopeOf, voiceOf } from '../guard.ts';
import { AsOf, asOf } from '../requests.ts';
import { spokenFor } from './claim-routes.ts';
import { withNames } from './names.ts';

const Params = z.strictObject({ tenantId: TenantIdParam });

export function snapshotRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const base = '/v1/tenants/:tenantId';
  api.get(`${base}/snapshots`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'Snapshots of the matrix and who acknowledged them, newest first',
      params: Params,
      querystring: z.strictObject(AsOf),
      response: { 200: z.array(Snapshot) },
    },
    handler: async (request) =>
      withNames(
        deps,
        await deps.assurance.look(
          scopeOf(request),
          (evaluation) => snapshotsOf(standsAt(evaluation)),
          asOf(request.query),
        ),
        ({ acknowledgements }) => acknowledgements.map(({ person }) => person),
        (snapshot, nameOf) => ({
          ...snapshot,
          acknowledgements: snapshot.acknowledgements.map((said) => ({
            ...said,
            person: nameOf(said.person),
          })),
        }),
      ),
  });
  api.post(`${base}/snapshots`, {
    config: { permission: 'snapshot:write' },
    schema: {
      summary: 'Keeps what the matrix says at an instant, by its digest',
      params: Params,
      body: TakeSnapshot,
      response: { 200: z.strictObject({ snapshotId: z.string(), digest: z.string() }) },
    },
    handler: async (request) => {
      const speaks = voiceOf(request);
      const party = ['customer', 'provider'].find(speaks);
      const purpose = request.body.purpose ?? (party === undefined ? 'record' : 'agreement');
      if (purpose === 'agreement') spokenFor(request, party);
      // Nothing can be recorded into the millisecond before any more: the same digest can be found again.
      const settledMs = deps.now() - 1;
      const { asOfMs = settledMs, knownAtMs = settledMs } = asOf(request.body);
      if (asOfMs > settledMs || knownAtMs > settledMs)
        throw serverErrors.make('API_REQUEST_INVALID', { because: 'a snapshot is of what has been' });
      const assessment = await deps.assurance.assess(scopeOf(request), { asOfMs, knownAtMs });
      const command = takeSnapshot(assessment, purpose);
      const { accountId } = principalOf(request);
      return {
        ...(await deps.assurance.act(scopeOf(request), command, accountId)),
        digest: assessment.digest,
      };
    },
  });
  api.post(`${base}/snapshots/:snapshotId/acknowledge`, {
    config: { permission: 'snapshot:write' },
    schema: {
      summary: 'Acknowledges a snapshot for a party',
      params: Params.extend({ snapshotId: z.string().min(1).max(128) }),
      body: AcknowledgeSnapshot,
      response: { 200: z.strictObject({ ok: z.boolean() }) },
    },
    handler: async (request) => {
      const party = spokenFor(request, request.body.party);
      const command = acknowledgeSnapshot({ snapshotId: request.params.snapshotId, party });
      await deps.assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });
}
