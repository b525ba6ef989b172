/** Accounts and sessions: the session layer, from which tenant scopes come. */
import { randomUUID, timingSafeEqual } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  hashPassword,
  hashToken,
  identityErrors,
  newToken,
  type Principal,
  verifyPassword,
} from '@demarc/platform/identity';
import type { PostgresStore } from '@demarc/platform/stores';
import { sql } from 'kysely';
import { FIRST_TENANT } from './tenants.ts';

export const SESSION_IDLE_MS = 12 * 3_600_000;
const SESSION_LIFE_MS = 7 * 86_400_000;
const FIRST_LINK_LIFE_MS = 24 * 3_600_000;
/** From this many failures on, each one locks the account for longer. */
const FAILURES_FREE = 5;
const LOCK_MS_MAX = 900_000;
const TOUCH_EVERY_MS = 60_000;

export interface Session {
  readonly principal: Principal;
  readonly csrfToken: string;
}

interface AccountRow {
  readonly account_id: string;
  readonly email: string;
  readonly name: string;
  readonly password_hash: string;
  readonly failed_count: number;
  readonly locked_until_ms: number;
}

/** @throws IDENTITY_SIGN_IN_REFUSED; the same, and as slow, whichever half was wrong */
export async function signIn(
  store: PostgresStore,
  email: string,
  password: string,
  nowMs: number,
): Promise<string> {
  const { rows } =
    await sql<AccountRow>`SELECT * FROM server_account WHERE email = ${email.toLowerCase()}`.execute(
      store.db,
    );
  const account = rows[0];
  const right = await verifyPassword(password, account?.password_hash);
  if (account === undefined) throw identityErrors.make('IDENTITY_SIGN_IN_REFUSED', {});
  if (!right || account.locked_until_ms > nowMs) {
    const failures = account.failed_count + 1;
    const lockMs =
      failures < FAILURES_FREE ? 0 : Math.min(LOCK_MS_MAX, 1_000 * 2 ** (failures - FAILURES_FREE));
    await sql`UPDATE server_account SET failed_count = ${failures}, locked_until_ms = ${Math.max(account.locked_until_ms, nowMs + lockMs)}
      WHERE account_id = ${account.account_id}`.execute(store.db);
    throw identityErrors.make('IDENTITY_SIGN_IN_REFUSED', {});
  }
  await sql`UPDATE server_account SET failed_count = 0, locked_until_ms = 0 WHERE account_id = ${account.account_id}`.execute(
    store.db,
  );
  return startSession(store, account.account_id, nowMs);
}

async function startSession(store: PostgresStore, accountId: string, nowMs: number): Promise<string> {
  const token = newToken();
  await sql`DELETE FROM server_session WHERE used_at_ms < ${nowMs - SESSION_IDLE_MS} OR created_at_ms < ${nowMs - SESSION_LIFE_MS}`.execute(
    store.db,
  );
  await sql`INSERT INTO server_session (token_hash, account_id, csrf_token, created_at_ms, used_at_ms)
    VALUES (${hashToken(token)}, ${accountId}, ${newToken()}, ${nowMs}, ${nowMs})`.execute(store.db);
  return token;
}

export async function endSession(store: PostgresStore, token: string): Promise<void> {
  await sql`DELETE FROM server_session WHERE token_hash = ${hashToken(token)}`.execute(store.db);
}

/** Undefined when there is no such session, or it ended by itself. */
export async function sessionOf(
  store: PostgresStore,
  token: string,
  nowMs: number,
): Promise<Session | undefined> {
  const tokenHash = hashToken(token);
  const { rows } = await sql<{
    readonly account_id: string;
    readonly csrf_token: string;
    readonly used_at_ms: number;
    readonly email: string;
    readonly name: string;
  }>`
    SELECT s.account_id, s.csrf_token, s.used_at_ms, a.email, a.name
    FROM server_session s JOIN server_account a USING (account_id)
    WHERE s.token_hash = ${tokenHash} AND s.used_at_ms > ${nowMs - SESSION_IDLE_MS} AND s.created_at_ms > ${nowMs - SESSION_LIFE_MS}`.execute(
    store.db,
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  if (nowMs - row.used_at_ms > TOUCH_EVERY_MS)
    await sql`UPDATE server_session SET used_at_ms = ${nowMs} WHERE token_hash = ${tokenHash}`.execute(
      store.db,
    );
  return { principal: await principalOf(store, row), csrfToken: row.csrf_token };
}

async function principalOf(
  store: PostgresStore,
  row: { readonly account_id: string; readonly email: string; readonly name: string },
): Promise<Principal> {
  const { rows } = await sql<{
    readonly role: Principal['grants'][number]['role'];
    readonly tenant_id: string | null;
  }>`
    SELECT role, tenant_id FROM server_grant WHERE account_id = ${row.account_id}`.execute(store.db);
  return {
    accountId: row.account_id,
    email: row.email,
    name: row.name,
    grants: rows.map(({ role, tenant_id }) => ({ role, tenantId: tenant_id })),
  };
}

interface NewAccount {
  readonly email: string;
  readonly name: string;
  readonly grants: Principal['grants'];
}

async function makeAccount(
  store: PostgresStore,
  account: NewAccount & { readonly password: string },
): Promise<string> {
  return keepAccount(store, { ...account, passwordHash: await hashPassword(account.password) });
}

/** @param account with `passwordHash` as `hashPassword` makes it */
export async function keepAccount(
  store: PostgresStore,
  { passwordHash, ...account }: NewAccount & { readonly passwordHash: string },
): Promise<string> {
  const accountId = randomUUID();
  await store.db.transaction().execute(async (db) => {
    await sql`INSERT INTO server_account (account_id, email, name, password_hash)
      VALUES (${accountId}, ${account.email.toLowerCase()}, ${account.name}, ${passwordHash})`.execute(db);
    for (const { role, tenantId } of account.grants) {
      await sql`INSERT INTO server_grant (account_id, role, tenant_id) VALUES (${accountId}, ${role}, ${tenantId})`.execute(
        db,
      );
    }
  });
  return accountId;
}

/** The one-time link of an installation without accounts. Its token is in memory and in one private file. */
export class FirstAdministrator {
  readonly #store: PostgresStore;
  readonly #file: string;
  readonly #now: () => number;
  #token: { readonly value: string; readonly untilMs: number } | undefined;

  constructor(store: PostgresStore, file: string, now: () => number) {
    this.#store = store;
    this.#file = file;
    this.#now = now;
  }

  /** Makes the link when nobody has an account yet; takes away an old one otherwise. */
  async offer(url: string): Promise<void> {
    const { rows } = await sql`SELECT 1 FROM server_account LIMIT 1`.execute(this.#store.db);
    if (rows.length > 0) return rmSync(this.#file, { force: true });
    // The same link over restarts within its life: the one that was printed goes on working.
    const kept = readToken(this.#file);
    const value = kept ?? newToken();
    this.#token = { value, untilMs: this.#now() + FIRST_LINK_LIFE_MS };
    writeFileSync(this.#file, `${url}/first?token=${value}\n`, { mode: 0o600 });
  }

  /** @throws IDENTITY_FIRST_LINK_INVALID */
  async accept(
    token: string,
    person: { readonly email: string; readonly name: string; readonly password: string },
  ): Promise<string> {
    const offered = this.#token;
    const right = offered !== undefined && offered.untilMs > this.#now() && sameText(offered.value, token);
    if (!right) throw identityErrors.make('IDENTITY_FIRST_LINK_INVALID', {});
    const accountId = await makeAccount(this.#store, {
      ...person,
      // On a new installation one person is provider and first customer; accounts of their own come later.
      grants: [
        { role: 'provider-administrator', tenantId: null },
        { role: 'tenant-administrator', tenantId: FIRST_TENANT.tenantId },
      ],
    });
    this.#token = undefined;
    try {
      // The directory is root's after the server gave up its rights: emptied then, removed at the next start.
      writeFileSync(this.#file, '');
    } catch {
      // The token is gone from memory, which is what makes it worthless.
    }
    return startSession(this.#store, accountId, this.#now());
  }
}

function readToken(file: string): string | undefined {
  try {
    return /token=([\w-]{40,})$/m.exec(readFileSync(file, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(hashToken(a)), Buffer.from(hashToken(b))];
  return timingSafeEqual(left, right);
}

/** Names of accounts by their ids, as the ledger keeps them; ids of what is no account are not in it. */
export async function accountNames(
  store: PostgresStore,
  accountIds: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(accountIds)];
  if (wanted.length === 0) return new Map();
  const { rows } = await sql<{ readonly account_id: string; readonly name: string }>`
    SELECT account_id, name FROM server_account WHERE account_id = ANY(${wanted}::text[])`.execute(store.db);
  return new Map(rows.map(({ account_id: id, name }) => [id, name]));
}
