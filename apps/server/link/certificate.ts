/** The link's own certificate: kept over restarts, so that a pinned key stays valid; renewed in time. */
import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { CertificateAuthority, ServerCertificate } from '@demarc/platform/identity';

const RENEW_BEFORE_MS = 30 * 86_400_000;

export async function linkCertificate(
  authority: CertificateAuthority,
  keysDirectory: string,
  extraNames: readonly string[],
  nowMs: number,
): Promise<ServerCertificate> {
  const file = join(keysDirectory, 'link.json');
  const names = namesOf(extraNames);
  const kept = readKept(file);
  if (
    kept !== undefined &&
    kept.expiresAtMs - nowMs > RENEW_BEFORE_MS &&
    names.every((name) => kept.names.includes(name))
  )
    return kept;
  // The same key: installers that were handed out before pin it.
  const issued = { ...(await authority.issueServer(names, nowMs, kept?.key)), names };
  writeFileSync(`${file}.new`, JSON.stringify(issued), { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  return issued;
}

/**
 * For a server that runs for longer than its certificate lives: the same names and key, later dates. In memory
 * alone, because the server has given up the right to write its keys; the next start does as much again.
 *
 * @returns undefined while the one there is good for long enough
 */
export async function renewedCertificate(
  authority: CertificateAuthority,
  current: ServerCertificate,
  extraNames: readonly string[],
  nowMs: number,
): Promise<ServerCertificate | undefined> {
  if (current.expiresAtMs - nowMs > RENEW_BEFORE_MS) return undefined;
  return authority.issueServer(namesOf(extraNames), nowMs, current.key);
}

function readKept(file: string): (ServerCertificate & { readonly names: readonly string[] }) | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ServerCertificate & {
      readonly names: readonly string[];
    };
  } catch {
    return undefined;
  }
}

/** Every name and address under which this machine may be reached. */
function namesOf(extra: readonly string[]): readonly string[] {
  const addresses = Object.values(networkInterfaces())
    .flat()
    .flatMap((found) =>
      found === undefined || found.address.includes('%') || found.address.startsWith('fe80')
        ? []
        : [found.address],
    );
  return [...new Set(['localhost', '127.0.0.1', '::1', hostname(), ...addresses, ...extra])].sort();
}

/** For `curl --pinnedpubkey`: base64 of the SHA-256 of the key in DER (RFC 7469). */
export function pinOf(certificate: ServerCertificate): string {
  const der = createPublicKey(certificate.certificate).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64');
}
