/** Bearer secrets: 256 random bits for whoever holds one, their SHA-256 for whoever keeps it. */
import { createHash, randomBytes } from 'node:crypto';

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** A fast hash is right here: 256 bits cannot be guessed, so nothing has to be slow. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
