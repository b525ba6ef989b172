/** Accounts of integration tests: real ones, but for what it costs to check their password. */
import { randomBytes, scryptSync } from 'node:crypto';
import type { Principal } from '@demarc/platform/identity';
import type { PostgresStore } from '@demarc/platform/stores';
import { keepAccount, signIn } from './accounts.ts';

const PASSWORD = 'four words that do not belong';
/** The parameters travel with the hash: these take a millisecond, where those of a person take a second. */
const COST = { N: 1_024, r: 8, p: 1 } as const;

/** @returns the session's cookie */
export async function signInAs(
  store: PostgresStore,
  { nowMs, ...account }: { email: string; name: string; grants: Principal['grants']; nowMs: number },
): Promise<string> {
  const salt = randomBytes(16);
  const key = scryptSync(PASSWORD, salt, 32, COST);
  const passwordHash = `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
  await keepAccount(store, { ...account, passwordHash });
  return cookieOf(store, account.email, nowMs);
}

/** For somebody who has been here before. */
export async function cookieOf(store: PostgresStore, email: string, nowMs: number): Promise<string> {
  return `demarc_session=${await signIn(store, email, PASSWORD, nowMs)}`;
}
