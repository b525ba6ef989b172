/**
 * A PostgreSQL that somebody else runs: the URL's user owns the tables, and the server's own roles are made
 * by it, or were made for us by its administrator.
 */
import pg from 'pg';
import { DemarcError } from '../errors/errors.ts';
import { storesErrors } from './errors.ts';
import { makeServerRoles } from './postgres-roles.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const STORE = 'PostgreSQL';

/** As the server's login, for the same database. @param url with the owner's user and password */
export function asServer(url: string, password: string): string {
  const changed = new URL(url);
  changed.username = 'demarc_server';
  changed.password = encodeURIComponent(password);
  return changed.href;
}

/**
 * Makes the roles where the URL's user may, and refuses a server role that could see past its tenant.
 *
 * @param url DEMARC_POSTGRES_URL; its user owns, or may make, the tables
 * @throws STORES_EXTERNAL_UNREACHABLE, STORES_EXTERNAL_UNUSABLE
 */
export async function prepareExternalPostgres(url: string, serverPassword: string): Promise<void> {
  const owner = await connected(url);
  try {
    const { rows } = await owner.query<{ makes: boolean; creates: boolean }>(
      `SELECT rolsuper OR rolcreaterole AS makes,
              has_schema_privilege(current_user, 'public', 'CREATE') AS creates
         FROM pg_roles WHERE rolname = current_user`,
    );
    if (rows[0]?.creates !== true) throw unusable('its user may not make tables in the schema public');
    if (rows[0].makes) {
      await makeServerRoles(owner, serverPassword);
      await owner.query('GRANT USAGE ON SCHEMA public TO demarc_server, demarc_tenant');
    }
  } catch (error) {
    if (error instanceof DemarcError) throw error;
    throw unusable(said(error), error);
  } finally {
    await owner.end();
  }
  await checkServerRole(asServer(url, serverPassword));
}

async function checkServerRole(url: string): Promise<void> {
  let server: pg.Client;
  try {
    server = await connected(url);
  } catch (error) {
    throw unusable(`its role demarc_server does not work: ${said(error)}`, error);
  }
  try {
    const { rows } = await server.query<{ above: boolean; becomes: boolean; sees: boolean }>(
      `SELECT rolsuper OR rolbypassrls AS above,
              coalesce((SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles
                         WHERE rolname = 'demarc_tenant'), false) AS becomes,
              has_schema_privilege(current_user, 'public', 'USAGE') AS sees
         FROM pg_roles WHERE rolname = current_user`,
    );
    const role = rows[0];
    if (role?.above !== false)
      throw unusable('its role demarc_server is a superuser or may bypass row-level security');
    if (!role.becomes) throw unusable('its role demarc_server is not a member of a role demarc_tenant');
    if (!role.sees) throw unusable('its role demarc_server may not use the schema public');
  } finally {
    await server.end();
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw storesErrors.make(
      'STORES_EXTERNAL_UNREACHABLE',
      { store: STORE, setting: 'DEMARC_POSTGRES_URL', because: said(error) },
      { cause: error },
    );
  }
}

function unusable(because: string, cause?: unknown): DemarcError {
  return storesErrors.make(
    'STORES_EXTERNAL_UNUSABLE',
    { store: STORE, setting: 'DEMARC_POSTGRES_URL', because },
    { cause },
  );
}

function said(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : String(error);
}
