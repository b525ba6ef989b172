/** The OSCAL documents of a tenant, one by one or all together, as of any instant. */
import {
  documentsOf,
  importOscal,
  oscalArchive,
  oscalBytes,
  oscalDocument,
  oscalErrors,
} from '@demarc/assurance/oscal';
import {
  ImportOscal,
  OSCAL_ARCHIVE,
  OSCAL_IMPORT_BYTES_MAX,
  OscalFileName,
  OscalImported,
  OscalVersion,
} from '@demarc/platform/contract/assurance/oscal';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiDeps } from '../context.ts';
import { principalOf, scopeOf } from '../guard.ts';
import { AsOfQuery, asOf, BASE, Params } from './workbook-requests.ts';

export function oscalRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();

  api.get(`${BASE}/exports/oscal/:version/:document`, {
    config: { permission: 'export:read' },
    schema: {
      summary: `An OSCAL document of the tenant, or all of them as ${OSCAL_ARCHIVE}`,
      params: Params.extend({ version: OscalVersion, document: OscalFileName }),
      querystring: AsOfQuery,
    },
    handler: async (request, reply) => {
      const { version, document } = request.params;
      const name = documentsOf(version).find((each) => `${each}.json` === document);
      if (name === undefined && document !== OSCAL_ARCHIVE)
        throw oscalErrors.make('OSCAL_DOCUMENT_UNKNOWN', { document, version });
      const assessment = await deps.assurance.assess(scopeOf(request), asOf(request.query));
      const bytes =
        name === undefined
          ? oscalArchive(assessment, version)
          : oscalBytes(oscalDocument(assessment, version, name));
      return reply
        .type(name === undefined ? 'application/zip' : 'application/json')
        .header('content-disposition', `attachment; filename="${document}"`)
        .send(bytes);
    },
  });
  api.post(`${BASE}/oscal/import`, {
    bodyLimit: OSCAL_IMPORT_BYTES_MAX,
    config: { permission: 'oscal:import' },
    schema: {
      summary: 'Takes what OSCAL documents say and the ledger lacks; accepts nothing on anybody’s behalf',
      params: Params,
      body: ImportOscal,
      response: { 200: OscalImported },
    },
    handler: async (request) => {
      const { files, dryRun } = request.body;
      const { added, differs, left, controlsDiffer, ...rest } = await deps.assurance.act(
        scopeOf(request),
        importOscal(files, { dryRun }),
        principalOf(request).accountId,
      );
      return {
        added: [...added],
        differs: [...differs],
        left: [...left],
        controlsDiffer: [...controlsDiffer],
        dryRun,
        ...rest,
      };
    },
  });
}
