/**
 * The roles of the state store. `demarc_owner` owns the tables and runs migrations; `demarc_server` is the
 * server's login and cannot bypass row-level security; `demarc_tenant` is what a transaction for one tenant
 * becomes.
 */
import type pg from 'pg';

const ATTRIBUTES = {
  demarc_owner: 'LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE',
  demarc_server: 'LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT',
  demarc_tenant: 'NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE',
} as const;

/** @param admin a user that may make roles */
export async function makeServerRoles(admin: pg.Client, serverPassword: string): Promise<void> {
  await makeRole(admin, 'demarc_server', serverPassword);
  await makeRole(admin, 'demarc_tenant');
  await admin.query('GRANT demarc_tenant TO demarc_server');
}

export async function makeRole(
  admin: pg.Client,
  name: keyof typeof ATTRIBUTES,
  password?: string,
): Promise<void> {
  // Role names and attributes are the literals above; a password cannot be a parameter here, so it is quoted.
  const secret = password === undefined ? '' : ` PASSWORD ${admin.escapeLiteral(password)}`;
  const { rowCount } = await admin.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  // A role that lacks an attribute may be told so by a superuser alone (ALTER ROLE, PostgreSQL 15): an existing
  // one gets its password only, and what it may do is looked at afterwards.
  if (rowCount === 0) await admin.query(`CREATE ROLE ${name} ${ATTRIBUTES[name]}${secret}`);
  else if (secret !== '') await admin.query(`ALTER ROLE ${name}${secret}`);
}
