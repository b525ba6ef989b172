/** Files for people and auditors, as of an instant and as it was known at another. */
import { createHash } from 'node:crypto';
import { GENESIS } from '@demarc/assurance/exports';
import { Instant, TenantIdParam } from '@demarc/platform/contract/api';
import {
  AS_OF_HEADER,
  DIGEST_HEADER,
  EXPORT_FILES,
  type ExportFile,
  ExportOverview,
  KNOWN_AT_HEADER,
  type TakenFile,
} from '@demarc/platform/contract/assurance/exports';
import { OSCAL_ARCHIVE, OscalFileName, OscalVersion } from '@demarc/platform/contract/assurance/oscal';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { evidenceKeys } from '../../link/assets.ts';
import type { ApiDeps } from '../context.ts';
import { scopeOf } from '../guard.ts';

const Params = z.strictObject({ tenantId: TenantIdParam });
const Query = z.strictObject({ asOf: Instant.optional(), knownAt: Instant.optional() });

const SUMMARIES: Readonly<Record<ExportFile, string>> = {
  'workbook.xlsx': 'The security controls workbook, with formulas',
  'crm.xlsx': 'The customer responsibility matrix, as a workbook',
  'crm.pdf': 'The customer responsibility matrix, on paper',
  'soa.xlsx': 'The statement of applicability, as a workbook',
  'soa.pdf': 'The statement of applicability, on paper',
  'bundle.zip':
    'The evidence bundle: acts, evidence, keys and what follows from them, to be checked anywhere',
};
const TYPES: Readonly<Record<string, string>> = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pdf: 'application/pdf',
  zip: 'application/zip',
  json: 'application/json',
};

export function exportsRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const { exporter } = deps;
  // A server without exports is better than none: it says so in its log, and tries again when one is asked for.
  app.addHook('onReady', () => exporter.start().catch(() => undefined));
  app.addHook('onClose', () => exporter[Symbol.asyncDispose]());

  const made = async (tenant: TenantScope, query: z.infer<typeof Query>, file?: TakenFile) => {
    const now = deps.now();
    const asOfMs = query.asOf === undefined ? now : Date.parse(query.asOf);
    const knownAtMs = query.knownAt === undefined ? Math.max(now, asOfMs) : Date.parse(query.knownAt);
    const facts = await deps.assurance.facts(tenant, { asOfMs, knownAtMs });
    const keys = file === 'bundle.zip' ? await keysOf(tenant, knownAtMs) : [];
    return { facts, ...(await exporter.make({ file, facts, keys })) };
  };
  const keysOf = async (tenant: TenantScope, knownAtMs: number) => [
    ...(await evidenceKeys(deps.store, tenant, knownAtMs)),
    { holder: 'platform', publicKeyPem: deps.platformKeyPem },
  ];

  api.get('/v1/tenants/:tenantId/exports', {
    config: { permission: 'export:read' },
    schema: {
      summary:
        'What the exports of an instant will say: digest, coverage, and the instants to ask the files with',
      params: Params,
      querystring: Query,
      response: { 200: ExportOverview },
    },
    handler: async (request) => {
      const { facts, digest, assetCount, applicable, assessed, coverage } = await made(
        scopeOf(request),
        request.query,
      );
      return {
        tenantId: facts.tenantId,
        asOf: new Date(facts.asOfMs).toISOString(),
        knownAt: new Date(facts.knownAtMs).toISOString(),
        digest,
        assetCount,
        applicable,
        assessed,
        coverage,
        actCount: facts.records.length,
        evidenceCount: facts.evidence.length,
        ledgerHead: facts.records.at(-1)?.hash ?? GENESIS,
      };
    },
  });

  for (const file of EXPORT_FILES)
    api.get(`/v1/tenants/:tenantId/exports/${file}`, {
      config: { permission: 'export:read' },
      schema: { summary: SUMMARIES[file], params: Params, querystring: Query },
      handler: async (request, reply) => {
        const { facts, digest, bytes } = await made(scopeOf(request), request.query, file);
        return sent(reply, { file, digest, bytes, ...facts });
      },
    });
  api.get('/v1/tenants/:tenantId/exports/oscal/:version/:document', {
    config: { permission: 'export:read' },
    schema: {
      summary: `An OSCAL document of the tenant, or all of them as ${OSCAL_ARCHIVE}`,
      params: Params.extend({ version: OscalVersion, document: OscalFileName }),
      querystring: Query,
    },
    handler: async (request, reply) => {
      const { version, document } = request.params;
      const file = `oscal/${version}/${document}` as const;
      const { facts, digest, bytes } = await made(scopeOf(request), request.query, file);
      return sent(reply, { file, digest, bytes, ...facts });
    },
  });
}

function sent(
  reply: FastifyReply,
  {
    file,
    digest,
    bytes,
    tenantId,
    asOfMs,
    knownAtMs,
  }: {
    readonly file: TakenFile;
    readonly digest: string;
    readonly bytes: Uint8Array;
    readonly tenantId: string;
    readonly asOfMs: number;
    readonly knownAtMs: number;
  },
): FastifyReply {
  const asOf = new Date(asOfMs).toISOString();
  const [name = '', type = ''] = (file.split('/').at(-1) ?? file).split('.');
  const download = `demarc-${tenantId}-${name}-${asOf.replaceAll(/[-:]|\.\d+/g, '')}.${type}`;
  return reply
    .type(TYPES[type] ?? 'application/octet-stream')
    .header('content-disposition', `attachment; filename="${download}"`)
    .header('content-digest', `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`)
    .header('cache-control', 'no-store')
    .header(DIGEST_HEADER, digest)
    .header(AS_OF_HEADER, asOf)
    .header(KNOWN_AT_HEADER, new Date(knownAtMs).toISOString())
    .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
