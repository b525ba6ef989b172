/** The API: Fastify, schemas from the contract, problem details for every error, OpenAPI 3.1 from the same. */
import { randomUUID } from 'node:crypto';
import { DemarcError, toProblem } from '@demarc/platform/errors';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { serverErrors } from '../errors.ts';
import { evidenceRoutes } from './assurance/evidence-routes.ts';
import { exportsRoutes } from './assurance/exports-routes.ts';
import { frameworkRoutes } from './assurance/framework-routes.ts';
import { handoverRoutes } from './assurance/handover-routes.ts';
import { oscalRoutes } from './assurance/oscal-routes.ts';
import { responsibilityRoutes } from './assurance/responsibility-routes.ts';
import { riskRoutes } from './assurance/risk-routes.ts';
import { workbookRoutes } from './assurance/workbook-routes.ts';
import { consoleRoutes } from './console-files.ts';
import type { ApiDeps } from './context.ts';
import { detectionRoutes } from './detection-routes.ts';
import { guard } from './guard.ts';
import { orderRoutes } from './order-routes.ts';
import { platformRoutes } from './platform-routes.ts';
import { policyRoutes } from './policy-routes.ts';
import { roomRoutes } from './room-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { sourceRoutes } from './source-routes.ts';
import { streamRoute } from './stream-route.ts';
import { tenantRoutes } from './tenant-routes.ts';

const BODY_BYTES_MAX = 1_048_576;
const REQUESTS_PER_MINUTE_MAX = 1_200;

export async function buildApi(deps: ApiDeps): Promise<FastifyInstance> {
  const app = fastify({ bodyLimit: BODY_BYTES_MAX, logger: false, routerOptions: { maxParamLength: 256 } });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => problem(reply, known(error, deps)));
  app.setNotFoundHandler((request, reply) =>
    problem(reply, serverErrors.make('API_NOT_FOUND', { path: request.url.slice(0, 200) })),
  );
  await app.register(cookie);
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // Component and chart libraries place elements with style attributes; no style can load or run anything.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        // The console is served in clear text on loopback.
        upgradeInsecureRequests: null,
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    hsts: false,
  });
  await app.register(rateLimit, {
    max: REQUESTS_PER_MINUTE_MAX,
    timeWindow: '1 minute',
    errorResponseBuilder: (_request, { ttl }) =>
      serverErrors.make('API_TOO_MANY_REQUESTS', { seconds: Math.ceil(ttl / 1_000) }),
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Demarc',
        version: '1',
        description: 'Security services, and who is responsible for what.',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'demarc_session' },
          token: { type: 'http', scheme: 'bearer' },
        },
      },
      security: [{ session: [] }, { token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  guard(app, deps);
  platformRoutes(app, deps);
  sessionRoutes(app, deps);
  detectionRoutes(app, deps);
  tenantRoutes(app, deps);
  exportsRoutes(app, deps);
  workbookRoutes(app, deps);
  riskRoutes(app, deps);
  handoverRoutes(app, deps);
  responsibilityRoutes(app, deps);
  oscalRoutes(app, deps);
  frameworkRoutes(app, deps);
  evidenceRoutes(app, deps);
  sourceRoutes(app, deps);
  orderRoutes(app, deps);
  policyRoutes(app, deps);
  streamRoute(app, deps);
  roomRoutes(app, deps);
  consoleRoutes(app, deps);
  await app.ready();
  return app;
}

function known(error: unknown, deps: ApiDeps): DemarcError {
  if (error instanceof DemarcError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const issue = error.validation[0];
    return serverErrors.make('API_REQUEST_INVALID', {
      because: `${error.validationContext ?? 'request'}${issue?.instancePath ?? ''}: ${issue?.message ?? ''}`,
    });
  }
  const { statusCode, message } = error as { readonly statusCode?: number; readonly message?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return serverErrors.make('API_REQUEST_INVALID', { because: message ?? '' });
  const id = randomUUID();
  deps.log(`api: ${id}`, error);
  return serverErrors.make('API_INTERNAL', { id });
}

function problem(reply: FastifyReply, error: DemarcError): FastifyReply {
  return reply
    .code(error.status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(toProblem(error));
}
