/** What people vouch for, and what auditors look at. */
import { randomBytes } from 'node:crypto';
import {
  type AuditDeps,
  auditHistory,
  auditLedger,
  auditPopulation,
  auditRecord,
  auditSample,
} from '@demarc/assurance/audit';
import { Instant, TenantIdParam } from '@demarc/platform/contract/api';
import {
  Attest,
  Attested,
  AuditAccess,
  AuditEvidence,
  AuditLedger,
  AuditPopulation,
  AuditRecord,
  AuditSample,
  SAMPLE_MAX,
} from '@demarc/platform/contract/assurance/evidence';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { keysOfTenant } from '../../link/assets.ts';
import type { ApiDeps } from '../context.ts';
import { principalOf, scopeOf } from '../guard.ts';

const Params = z.strictObject({ tenantId: TenantIdParam });
const AsOf = { asOf: Instant.optional(), knownAt: Instant.optional() };
const ControlId = z.string().regex(/^[A-Z]{3}-\d{2}$/);

const asOfOf = ({
  asOf,
  knownAt,
}: {
  readonly asOf?: string | undefined;
  readonly knownAt?: string | undefined;
}) => ({
  ...(asOf === undefined ? {} : { asOfMs: Date.parse(asOf) }),
  ...(knownAt === undefined ? {} : { knownAtMs: Date.parse(knownAt) }),
});

export function evidenceRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const base = '/v1/tenants/:tenantId';
  const audit: AuditDeps = {
    assurance: deps.assurance,
    inTenant: deps.store.inTenant,
    keysOf: (tenant) => keysOfTenant(deps.store, tenant),
    platformKeyPem: deps.platformKeyPem,
  };

  api.post(`${base}/attestations`, {
    config: { permission: 'attestation:write' },
    schema: {
      summary: 'Vouches for a rule that asks for a record, an attestation or a report, until an instant',
      params: Params,
      body: Attest,
      response: { 200: Attested },
    },
    handler: async (request) => {
      const { until, report, ...given } = request.body;
      const { accountId, name } = principalOf(request);
      return deps.assurance.attest(scopeOf(request), {
        ...given,
        untilMs: Date.parse(until),
        person: name,
        accountId,
        ...(report === undefined ? {} : { report }),
      });
    },
  });
  api.get(`${base}/audit/population`, {
    config: { permission: 'export:read' },
    schema: {
      summary: 'Which assets a question is about, which it is not and why, and how each stands',
      params: Params,
      querystring: z.strictObject({ ...AsOf, controlId: ControlId.optional() }),
      response: { 200: AuditPopulation },
    },
    handler: async (request) =>
      auditPopulation(audit, scopeOf(request), asOfOf(request.query), request.query.controlId),
  });
  api.get(`${base}/audit/evidence`, {
    config: { permission: 'export:read' },
    schema: {
      summary: 'Evidence of one rule on one asset, newest first, each signature verified now',
      params: Params,
      querystring: z.strictObject({
        assetId: z.string().min(1).max(128),
        rule: z.string().regex(/^[A-Z]{3}-\d{2}\.\d{1,2}$/),
        limit: z.coerce.number().int().min(1).max(500).default(50),
      }),
      response: { 200: z.array(AuditEvidence).max(500) },
    },
    handler: async (request) => auditHistory(audit, scopeOf(request), request.query),
  });
  api.get(`${base}/audit/evidence/:uid`, {
    config: { permission: 'export:read' },
    schema: {
      summary: 'One piece of evidence with its raw record',
      params: Params.extend({ uid: z.string().min(1).max(128) }),
      response: { 200: AuditRecord },
    },
    handler: async (request) => auditRecord(audit, scopeOf(request), request.params.uid),
  });
  api.get(`${base}/audit/sample`, {
    config: { permission: 'export:read' },
    schema: {
      summary:
        'n assets drawn from a frozen population, with the digests of their evidence; the seed draws them again',
      params: Params,
      querystring: z.strictObject({
        ...AsOf,
        controlId: ControlId,
        n: z.coerce.number().int().min(1).max(SAMPLE_MAX).default(10),
        seed: z.string().min(1).max(64).optional(),
      }),
      response: { 200: AuditSample },
    },
    handler: async (request) => {
      const { controlId, n, seed = randomBytes(8).toString('hex') } = request.query;
      return auditSample(audit, scopeOf(request), asOfOf(request.query), { controlId, n, seed });
    },
  });
  api.get(`${base}/audit/ledger`, {
    config: { permission: 'export:read' },
    schema: {
      summary: 'Every act, newest first, with who signed and whether the chain holds',
      params: Params,
      querystring: z.strictObject({
        before: z.coerce.number().int().min(1).optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      response: { 200: AuditLedger },
    },
    handler: async (request) => auditLedger(audit, scopeOf(request), request.query),
  });
  api.get(`${base}/audit/access`, {
    config: { permission: 'export:read' },
    schema: {
      summary: 'Who of the provider looked at this tenant’s data, by minute',
      params: Params,
      querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).default(200) }),
      response: { 200: AuditAccess },
    },
    handler: async (request) => ({
      entries: await deps.access.read(scopeOf(request), request.query.limit),
      lostCount: deps.access.lostCount,
    }),
  });
}
