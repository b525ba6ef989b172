/** The state store: one pool, one dialect, and the one way to work for a tenant. */
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { TenantScope } from '../tenancy/tenancy.ts';

export type PostgresConnection =
  | {
      readonly kind: 'socket';
      readonly directory: string;
      readonly port: number;
      readonly database: string;
      readonly user: string;
      readonly password: string;
    }
  | { readonly kind: 'url'; readonly url: string };

// biome-ignore lint/suspicious/noExplicitAny: each owner of tables brings its own schema type.
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyDatabase = any;

/** Runs `work` in one transaction as the tenant's role; nothing of another tenant can be seen or written. */
export type InTenant = <T>(tenant: TenantScope, work: (db: Kysely<AnyDatabase>) => Promise<T>) => Promise<T>;

export interface PostgresStore extends AsyncDisposable {
  /** As the server's own role: platform tables only. Tenant tables answer with no rows here. */
  readonly db: Kysely<AnyDatabase>;
  readonly inTenant: InTenant;
}

const POOL_MAX = 16;
const STATEMENT_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** bigint and count() as numbers: nothing we count passes 2^53, and a silent string breaks arithmetic. */
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8
      ? Number
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

export function openPostgres(options: {
  readonly connection: PostgresConnection;
  readonly poolMax?: number;
}): PostgresStore {
  const pool = new pg.Pool({
    ...clientConfig(options.connection),
    max: options.poolMax ?? POOL_MAX,
    types,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
  });
  // An idle connection that the engine's restart broke: the pool replaces it, a crash would replace us.
  pool.on('error', () => undefined);
  // The pool listens to idle ones only; one at work when the engine dies tells its query, and would end us.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<AnyDatabase>({ dialect: new PostgresDialect({ pool }) });
  const inTenant: InTenant = (tenant, work) =>
    db.transaction().execute(async (transaction) => {
      // SET LOCAL ROLE and the tenant in one round trip: it is half of what a short transaction waits for.
      await sql`SELECT set_config('demarc.tenant_id', ${tenant.tenantId}, true), set_config('role', 'demarc_tenant', true)`.execute(
        transaction,
      );
      return work(transaction);
    });
  return { db, inTenant, [Symbol.asyncDispose]: () => db.destroy() };
}

export function clientConfig(connection: PostgresConnection): pg.ClientConfig {
  if (connection.kind === 'url') return { connectionString: connection.url };
  return {
    host: connection.directory,
    port: connection.port,
    database: connection.database,
    user: connection.user,
    password: connection.password,
  };
}
