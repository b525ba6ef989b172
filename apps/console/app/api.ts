/** The API as the console talks to it: same origin, session cookie, CSRF token, problem details. */

import type * as z from 'zod';
import { Me, type ProblemBody } from './schemas.ts';

/** What went wrong, as the server said it. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fix: string;
  readonly retryable: boolean;

  constructor(status: number, body: Partial<ProblemBody>) {
    super(body.detail ?? 'The server did not say what went wrong.');
    this.status = status;
    this.code = body.code ?? `HTTP_${status}`;
    this.fix = body.fix ?? 'Try again; if it stays, look at ./demarc status.';
    this.retryable = body.retryable ?? status >= 500;
  }
}

let csrfToken = '';

export async function call<Schema extends z.ZodType>(
  method: string,
  path: string,
  schema: Schema,
  body?: unknown,
): Promise<z.infer<Schema>> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'GET' ? {} : { 'x-demarc-csrf': csrfToken }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw unreachable();
  }
  const text = await response.text();
  if (!response.ok) throw new Problem(response.status, parsed(text));
  return schema.parse(JSON.parse(text));
}

export const get = <Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> =>
  call('GET', path, schema);
export const post = <Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  body: unknown = {},
): Promise<z.infer<Schema>> => call('POST', path, schema, body);

/** A file, with the headers that say what it is. */
export async function getFile(path: string): Promise<{ readonly blob: Blob; readonly headers: Headers }> {
  const response = await fetch(path).catch(() => undefined);
  if (response === undefined) throw unreachable();
  if (!response.ok) throw new Problem(response.status, parsed(await response.text()));
  return { blob: await response.blob(), headers: response.headers };
}

/** Who is signed in; also where the CSRF token comes from. */
export async function whoAmI(): Promise<Me> {
  const me = await get('/v1/me', Me);
  csrfToken = me.csrfToken;
  return me;
}

const unreachable = (): Problem =>
  new Problem(503, {
    code: 'API_UNREACHABLE',
    detail: 'The server does not answer.',
    fix: 'Start it with ./demarc up; this page tries again by itself.',
  });

function parsed(text: string): Partial<ProblemBody> {
  try {
    return JSON.parse(text) as Partial<ProblemBody>;
  } catch {
    return {};
  }
}
