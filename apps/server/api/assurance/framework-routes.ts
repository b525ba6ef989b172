/** Control frameworks that a tenant brings: looked at before they are taken, mapped, shown, removed. */
import { Frameworks, type Upload } from '@demarc/assurance/frameworks';
import {
  FRAMEWORK_BODY_BYTES_MAX,
  FrameworkCoverage,
  FrameworkId,
  FrameworkPreview,
  Frameworks as FrameworksReply,
  ImportedFramework,
  ImportedMapping,
  ImportFramework,
  ImportMapping,
  MappingPreview,
  PreviewFramework,
  SAMPLE_MAX,
} from '@demarc/platform/contract/assurance/frameworks';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type * as z from 'zod';
import type { ApiDeps } from '../context.ts';
import { principalOf, scopeOf } from '../guard.ts';
import { AsOfQuery, asOf, BASE, Done, Params } from '../requests.ts';

const OneParams = Params.extend({ frameworkId: FrameworkId });

export function frameworkRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const frameworks = new Frameworks({ inTenant: deps.store.inTenant, assurance: deps.assurance });
  const bodyLimit = FRAMEWORK_BODY_BYTES_MAX;

  api.get(`${BASE}/frameworks`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'Control frameworks, built in and brought, and what maps them to each other',
      params: Params,
      querystring: AsOfQuery,
      response: { 200: FrameworksReply },
    },
    handler: async (request) => {
      const { frameworks: found, mappings } = await frameworks.list(scopeOf(request), asOf(request.query));
      return {
        frameworks: found.map(({ importedAtMs, digest, ...framework }) => ({
          ...framework,
          importedAt: importedAtMs === undefined ? null : new Date(importedAtMs).toISOString(),
          digest: digest ?? null,
        })),
        mappings: [...mappings],
      };
    },
  });
  api.get(`${BASE}/frameworks/:frameworkId/coverage`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'Each control of a framework: which of ours answer it, whether they hold, and who has them',
      params: OneParams,
      querystring: AsOfQuery,
      response: { 200: FrameworkCoverage },
    },
    handler: async (request) => {
      const { frameworkId } = request.params;
      const { coverage, assessment } = await frameworks.coverage(
        scopeOf(request),
        frameworkId,
        asOf(request.query),
      );
      return {
        frameworkId,
        asOf: new Date(assessment.asOfMs).toISOString(),
        knownAt: new Date(assessment.knownAtMs).toISOString(),
        counts: { ...coverage.counts },
        mappedCount: coverage.mappedCount,
        rows: coverage.rows.map(({ status, mapped, ...row }) => ({
          ...row,
          status: status ?? null,
          mapped: mapped.map((each) => ({ ...each, owners: [...each.owners] })),
        })),
      };
    },
  });
  api.post(`${BASE}/frameworks/preview`, {
    bodyLimit,
    config: { permission: 'framework:write' },
    schema: {
      summary: 'What a file holds and what is wrong with it; nothing is written',
      params: Params,
      body: PreviewFramework,
      response: { 200: FrameworkPreview },
    },
    handler: async (request) => {
      const { items, problems, ...read } = await frameworks.preview(uploadOf(request.body));
      return { ...read, count: items.length, problems: [...problems], sample: items.slice(0, SAMPLE_MAX) };
    },
  });
  api.post(`${BASE}/frameworks`, {
    bodyLimit,
    config: { permission: 'framework:write' },
    schema: {
      summary: 'Takes a framework, or a new version of a known one; the ledger keeps its digest',
      params: Params,
      body: ImportFramework,
      response: { 200: ImportedFramework },
    },
    handler: async (request) => {
      const { frameworkId, title, version } = request.body;
      const upload = { ...uploadOf(request.body), frameworkId, title, version };
      return frameworks.import(scopeOf(request), upload, principalOf(request).accountId);
    },
  });
  api.delete(`${BASE}/frameworks/:frameworkId`, {
    config: { permission: 'framework:write' },
    schema: {
      summary: 'Removes a framework with its texts and mappings; the ledger keeps that it was there',
      params: OneParams,
      response: { 200: Done },
    },
    handler: async (request) => {
      await frameworks.remove(scopeOf(request), request.params.frameworkId, principalOf(request).accountId);
      return { ok: true };
    },
  });
  api.post(`${BASE}/framework-mappings/preview`, {
    bodyLimit,
    config: { permission: 'framework:write' },
    schema: {
      summary: 'What a mapping holds and which of its controls neither side has; nothing is written',
      params: Params,
      body: ImportMapping,
      response: { 200: MappingPreview },
    },
    handler: async (request) => {
      const { sourceFrameworkId, targetFrameworkId } = request.body;
      const upload = { ...uploadOf(request.body), sourceFrameworkId, targetFrameworkId };
      const {
        items,
        problems,
        title: _t,
        version: _v,
        ...read
      } = await frameworks.previewMapping(scopeOf(request), upload);
      return { ...read, count: items.length, problems: [...problems], sample: items.slice(0, SAMPLE_MAX) };
    },
  });
  api.post(`${BASE}/framework-mappings`, {
    bodyLimit,
    config: { permission: 'framework:write' },
    schema: {
      summary: 'Takes a mapping between two frameworks, in place of an earlier one of the two',
      params: Params,
      body: ImportMapping,
      response: { 200: ImportedMapping },
    },
    handler: async (request) => {
      const { sourceFrameworkId, targetFrameworkId } = request.body;
      const upload = { ...uploadOf(request.body), sourceFrameworkId, targetFrameworkId };
      return frameworks.importMapping(scopeOf(request), upload, principalOf(request).accountId);
    },
  });
}

function uploadOf({ format, contentBase64, sheet, columns }: z.infer<typeof PreviewFramework>): Upload {
  const chosen = Object.entries(columns ?? {}).filter(
    (each): each is [string, string] => each[1] !== undefined,
  );
  return { format, bytes: Buffer.from(contentBase64, 'base64'), sheet, columns: Object.fromEntries(chosen) };
}
