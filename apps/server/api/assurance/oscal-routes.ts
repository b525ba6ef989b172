/** OSCAL documents that are brought; those that are taken away are exports. */
import { importOscal } from '@demarc/assurance/oscal';
import {
  ImportOscal,
  OSCAL_IMPORT_BYTES_MAX,
  OscalImported,
} from '@demarc/platform/contract/assurance/oscal';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiDeps } from '../context.ts';
import { principalOf, scopeOf } from '../guard.ts';
import { BASE, Params } from '../requests.ts';

export function oscalRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();

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
