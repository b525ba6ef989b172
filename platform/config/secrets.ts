/** The platform's own secrets: made once, kept in files that only the platform's starter may read. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import type { Layout } from './config.ts';
import { configErrors } from './errors.ts';

const Secrets = z.strictObject({
  postgres: z.strictObject({ superuser: z.string(), owner: z.string(), server: z.string() }),
  clickhouse: z.strictObject({ writer: z.string(), reader: z.string() }),
});
export type Secrets = z.infer<typeof Secrets>;

const secret = (): string => randomBytes(32).toString('base64url');

/** Reads the secrets, or makes them at first start. @throws CONFIG_SECRETS_DAMAGED */
export function loadOrMakeSecrets(paths: Layout): Secrets {
  mkdirSync(paths.keys, { recursive: true, mode: 0o700 });
  chmodSync(paths.keys, 0o700);
  if (!existsSync(paths.cliToken)) writeAtomically(paths.cliToken, secret());
  if (!existsSync(paths.secrets)) {
    const made: Secrets = {
      postgres: { superuser: secret(), owner: secret(), server: secret() },
      clickhouse: { writer: secret(), reader: secret() },
    };
    writeAtomically(paths.secrets, JSON.stringify(made));
  }
  try {
    return Secrets.parse(JSON.parse(readFileSync(paths.secrets, 'utf8')));
  } catch (error) {
    throw configErrors.make('CONFIG_SECRETS_DAMAGED', { file: paths.secrets }, { cause: errorName(error) });
  }
}

/** Half a secrets file would lock us out of our own stores. */
function writeAtomically(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** What a parser says quotes what it read. */
function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
