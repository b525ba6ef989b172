/** Passwords: scrypt with parameters that travel with the hash, so that they can be raised later. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { identityErrors } from './errors.ts';

/** N·r·128 = 128 MiB and half a second to a second of a core a try (RFC 7914; OWASP's minimum is N=2^17, r=8, p=1). */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 192 * 1_048_576 } as const;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const CHARACTERS_MIN = 12;
const CHARACTERS_MAX = 1_024;
const COMMON = [
  'password',
  'passwort',
  '123456789012',
  'qwertyuiop',
  'demarcdemarc',
  'administrator',
  'letmein',
];

/** @throws IDENTITY_PASSWORD_WEAK */
export async function hashPassword(password: string): Promise<string> {
  const folded = password.toLowerCase();
  const weak =
    password.length < CHARACTERS_MIN ||
    password.length > CHARACTERS_MAX ||
    COMMON.some((common) => folded.startsWith(common) && folded.length < common.length + 5) ||
    new Set(password).size < 4;
  if (weak) throw identityErrors.make('IDENTITY_PASSWORD_WEAK', { charactersMin: CHARACTERS_MIN });
  const salt = randomBytes(SALT_BYTES);
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${(await derive(password, salt, COST)).toString('base64url')}`;
}

/** `undefined` for an account that does not exist takes as long as a wrong password. */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = (stored ?? NOBODY).split('$');
  if (scheme !== 'scrypt' || salt === undefined || key === undefined) return false;
  const cost = { N: Number(N), r: Number(r), p: Number(p), maxmem: COST.maxmem };
  const derived = await derive(password.slice(0, CHARACTERS_MAX), Buffer.from(salt, 'base64url'), cost);
  const expected = Buffer.from(key, 'base64url');
  return derived.length === expected.length && timingSafeEqual(derived, expected) && stored !== undefined;
}

/** The hash of nothing anybody knows, with the same cost. */
const NOBODY = `scrypt$${COST.N}$${COST.r}$${COST.p}$${randomBytes(SALT_BYTES).toString('base64url')}$${randomBytes(KEY_BYTES).toString('base64url')}`;

function derive(
  password: string,
  salt: Buffer,
  cost: typeof COST | { N: number; r: number; p: number; maxmem: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, cost, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
