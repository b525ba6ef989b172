/** The API as the command line talks to it: the local platform's token, or DEMARC_URL and DEMARC_TOKEN. */
import { readFileSync } from 'node:fs';
import { DemarcError, type ProblemDetails } from '@demarc/platform/errors';
import type * as z from 'zod';
import type { CliConfig } from './config.ts';
import { cliErrors } from './errors.ts';
import { apiUrl } from './platform.ts';

const TIMEOUT_MS = 60_000;

export class ApiClient {
  readonly #url: string;
  readonly #token: string;

  constructor(config: CliConfig) {
    this.#url = config.settings.DEMARC_URL ?? apiUrl(config);
    this.#token = config.settings.DEMARC_TOKEN ?? localToken(config);
  }

  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
    return this.#call('GET', path, undefined, schema);
  }

  post<Schema extends z.ZodType>(path: string, body: unknown, schema: Schema): Promise<z.infer<Schema>> {
    return this.#call('POST', path, body, schema);
  }

  put<Schema extends z.ZodType>(path: string, body: unknown, schema: Schema): Promise<z.infer<Schema>> {
    return this.#call('PUT', path, body, schema);
  }

  delete<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
    return this.#call('DELETE', path, undefined, schema);
  }

  /** A file, as it is. @throws CLI_API_UNREACHABLE, or what the API answered */
  async download(path: string): Promise<Buffer> {
    return Buffer.from(await (await this.#answer('GET', path, undefined)).arrayBuffer());
  }

  async #call<Schema extends z.ZodType>(
    method: string,
    path: string,
    body: unknown,
    schema: Schema,
  ): Promise<z.infer<Schema>> {
    return schema.parse(await (await this.#answer(method, path, body)).json());
  }

  /** @throws CLI_API_UNREACHABLE, or what the API answered */
  async #answer(method: string, path: string, body: unknown): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${this.#url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw cliErrors.make('CLI_API_UNREACHABLE', { url: this.#url }, { cause: error });
    }
    if (response.ok) return response;
    const problem = asProblem(await response.text());
    if (problem === undefined) throw cliErrors.make('CLI_API_UNREACHABLE', { url: this.#url });
    const { code, detail: message, fix, status, retryable } = problem;
    throw new DemarcError({ code, message, fix, status, retryable, details: {} });
  }
}

function localToken(config: CliConfig): string {
  try {
    return readFileSync(config.paths.cliToken, 'utf8').trim();
  } catch (error) {
    throw cliErrors.make(
      'CLI_NOT_RUNNING',
      { dataDirectory: config.settings.DEMARC_DATA_DIR },
      { cause: error },
    );
  }
}

function asProblem(text: string): ProblemDetails | undefined {
  try {
    const value = JSON.parse(text) as ProblemDetails;
    return typeof value.code === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
