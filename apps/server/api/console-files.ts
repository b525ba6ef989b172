/**
 * The built console, read into memory at start: the checkout may be readable by root alone, and the server is
 * not root when it answers.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { ApiDeps } from './context.ts';

const FILES_BYTES_MAX = 67_108_864; // 64 MiB
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

export function readConsole(): ApiDeps['console'] {
  const root = fileURLToPath(new URL('../../console/dist/', import.meta.url));
  const files = new Map<
    string,
    { readonly type: string; readonly body: Buffer; readonly immutable: boolean }
  >();
  if (!existsSync(root)) return files;
  let bytes = 0;
  for (const name of globSync('**/*.*', { cwd: root })) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const body = readFileSync(join(root, name));
    bytes += body.length;
    if (bytes > FILES_BYTES_MAX) throw new Error('the built console is larger than expected');
    // Vite names what is below assets/ by its content.
    files.set(`/${name}`, { type, body, immutable: name.startsWith('assets/') });
  }
  return files;
}

const NOT_BUILT =
  '<!doctype html><title>Demarc</title><p>The console is not built. Next step: <code>./demarc up</code> builds it.';

export function consoleRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const index = deps.console.get('/index.html');
  for (const [path, file] of deps.console) {
    app.get(path, {
      config: { open: true, rateLimit: false },
      schema: { hide: true },
      handler: async (_request, reply) =>
        reply
          .type(file.type)
          .header('cache-control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
          .send(file.body),
    });
  }
  // Pages have paths of their own in the browser; the API's own 404s stay problem details.
  for (const path of ['/', '/first', '/sign-in', '/t/*']) {
    app.get(path, {
      config: { open: true },
      schema: { hide: true },
      handler: async (_request, reply) =>
        reply
          .code(index === undefined ? 503 : 200)
          .type('text/html; charset=utf-8')
          .header('cache-control', 'no-cache')
          .send(index?.body ?? NOT_BUILT),
    });
  }
}
