/** PostgreSQL in a backup: by its own pg_dump and pg_restore, whoever runs it. */
import { execFile } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Secrets } from '@demarc/platform/config/secrets';
import { prepareExternalPostgres } from '@demarc/platform/stores';
import { connectionAs, DATABASE, postgresBinaries, startPostgres } from '@demarc/platform/stores/engines';
import type { CliConfig } from './config.ts';
import { cliErrors } from './errors.ts';

const run = promisify(execFile);
const TOOL_DIRECTORIES = ['/usr/bin', '/usr/local/bin'];
const ROWS_BYTES_MAX = 16_777_216; // of what a tool may print

/** @throws CLI_BACKUP_TOOL_MISSING, CLI_BACKUP_FAILED */
export async function dumpState(config: CliConfig, secrets: Secrets, file: string): Promise<void> {
  await withConnection(config, secrets, (connection) =>
    tool('pg_dump', connection, ['--format=custom', `--file=${file}`]),
  );
}

/** Into a database without tables. @throws CLI_BACKUP_TOOL_MISSING, CLI_BACKUP_FAILED, CLI_RESTORE_NOT_EMPTY */
export async function restoreState(config: CliConfig, secrets: Secrets, file: string): Promise<void> {
  const external = config.settings.DEMARC_POSTGRES_URL;
  const engine =
    external === undefined
      ? await startPostgres({
          dataDirectory: config.paths.postgres,
          socketDirectory: config.paths.postgresSocket,
          logFile: config.paths.logFile('postgres'),
          passwords: secrets.postgres,
        })
      : undefined;
  try {
    if (external !== undefined) await prepareExternalPostgres(external, secrets.postgres.server);
    await withConnection(config, secrets, async (connection) => {
      const owner = external === undefined ? ['--role=demarc_owner'] : [];
      // One transaction: a database that holds tables already is left as it is.
      await tool('pg_restore', connection, [
        '--exit-on-error',
        '--single-transaction',
        // The tables belong to whoever owns the database they come to, not to a role of the one they left.
        '--no-owner',
        ...owner,
        file,
      ]);
    });
  } finally {
    await engine?.stop();
  }
}

interface Connection {
  /** Without the password: arguments are read by others. */
  readonly dbname: string;
  readonly passwordFile: string;
}

async function withConnection(
  config: CliConfig,
  secrets: Secrets,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const { paths, settings } = config;
  const passwordFile = join(paths.run, 'backup.pgpass');
  const external = settings.DEMARC_POSTGRES_URL;
  let dbname: string;
  let password: string;
  if (external === undefined) {
    const { directory, port } = connectionAs({ socketDirectory: paths.postgresSocket }, 'postgres', '') as {
      readonly directory: string;
      readonly port: number;
    };
    dbname = `postgresql:///${DATABASE}?host=${encodeURIComponent(directory)}&port=${port}&user=postgres`;
    password = secrets.postgres.superuser;
  } else {
    const url = new URL(external);
    password = decodeURIComponent(url.password);
    url.password = '';
    dbname = url.href;
  }
  // Colons and backslashes end a field there (PostgreSQL, libpq-pgpass).
  writeFileSync(passwordFile, `*:*:*:*:${password.replace(/[\\:]/g, '\\$&')}\n`, { mode: 0o600 });
  try {
    await work({ dbname, passwordFile });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function tool(
  name: 'pg_dump' | 'pg_restore',
  connection: Connection,
  args: readonly string[],
): Promise<void> {
  const { directory, env } = postgresBinaries();
  // The npm package brings the engine alone; other distributions keep the tools where programs are.
  const looked = [directory, ...TOOL_DIRECTORIES];
  const program = looked.map((where) => join(where, name)).find((path) => existsSync(path));
  if (program === undefined)
    throw cliErrors.make('CLI_BACKUP_TOOL_MISSING', { tool: name, looked: looked.join(', ') });
  try {
    await run(program, [`--dbname=${connection.dbname}`, '--no-password', ...args], {
      env: {
        // Tools of the system find their own libraries; the package's are for what is in the package.
        ...(program.startsWith(directory) ? env : {}),
        PATH: '/usr/bin:/bin',
        PGPASSFILE: connection.passwordFile,
      },
      maxBuffer: ROWS_BYTES_MAX,
    });
  } catch (error) {
    const lines = ((error as { readonly stderr?: string }).stderr ?? '').trim().split('\n');
    const because = (lines.find((line) => line.includes('error:')) ?? lines.at(-1) ?? '').slice(0, 400);
    throw cliErrors.make('CLI_BACKUP_FAILED', { part: 'PostgreSQL', because }, { cause: error });
  }
}
