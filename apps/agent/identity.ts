/** Who this machine is to the platform: made by enrolment, kept in one private file. */
import { createPrivateKey, createPublicKey, sign, verify, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { join } from 'node:path';
import type { OsFamily } from '@demarc/platform/contract';
import type { HostIdentity } from '@demarc/platform/contract/agent';
import * as z from 'zod';
import { agentErrors } from './errors.ts';
import { readState, writeState } from './files.ts';

const EARLIER_KEYS_MAX = 4;

const Identity = z.strictObject({
  server: z.url(),
  assetId: z.uuid(),
  tenantId: z.string(),
  authority: z.string(),
  certificate: z.string(),
  key: z.string(),
  /** Public keys of before, newest first: what this machine signed for itself with them still holds. */
  earlierKeys: z.array(z.string()).max(EARLIER_KEYS_MAX).default([]),
});
export type Identity = z.infer<typeof Identity>;

const fileOf = (directory: string): string => join(directory, 'identity.json');

/** @throws AGENT_NOT_ENROLLED */
export function loadIdentity(directory: string): Identity {
  const identity = Identity.safeParse(readState(fileOf(directory)));
  if (!identity.success) throw agentErrors.make('AGENT_NOT_ENROLLED', { directory });
  return identity.data;
}

export function saveIdentity(directory: string, identity: Identity): void {
  writeState(fileOf(directory), identity);
}

export function certificateExpiresAtMs(identity: Identity): number {
  return new X509Certificate(identity.certificate).validToDate.getTime();
}

/** Signatures by the key of the client certificate: the server knows the public half by the certificate. */
export function signerOf(identity: Identity) {
  const key = createPrivateKey(identity.key);
  const publicKey = createPublicKey(key);
  const earlier = identity.earlierKeys.map((pem) => createPublicKey(pem));
  return {
    sign: (bytes: Uint8Array): string => sign('sha256', bytes, key).toString('base64'),
    verify: (bytes: Uint8Array, signature: string): boolean =>
      [publicKey, ...earlier].some((each) => verify('sha256', bytes, each, Buffer.from(signature, 'base64'))),
  };
}

/** The same machine with a new key and certificate. */
export function renewedIdentity(identity: Identity, key: string, certificate: string): Identity {
  const old = createPublicKey(createPrivateKey(identity.key)).export({ type: 'spki', format: 'pem' });
  return {
    ...identity,
    key,
    certificate,
    earlierKeys: [old.toString(), ...identity.earlierKeys].slice(0, EARLIER_KEYS_MAX),
  };
}

export function hostFacts(): {
  readonly hostname: string;
  readonly machineId: string;
  readonly os: HostIdentity['os'];
} {
  const release_ = osRelease();
  return {
    hostname: hostname(),
    machineId: machineId(),
    os: {
      name: release_['NAME'] ?? 'Linux',
      version: release_['VERSION_ID'] ?? '',
      kernel: release(),
      family: familyOf(`${release_['ID'] ?? ''} ${release_['ID_LIKE'] ?? ''}`),
    },
  };
}

const FAMILY_IDS: Readonly<Record<string, OsFamily>> = {
  debian: 'debian',
  ubuntu: 'debian',
  rhel: 'rhel',
  fedora: 'rhel',
  centos: 'rhel',
  amzn: 'rhel',
  suse: 'suse',
  sles: 'suse',
  alpine: 'alpine',
  arch: 'arch',
};

/** @param ids ID, then what it is like, of os-release(5), separated by spaces */
export function familyOf(ids: string): OsFamily {
  for (const id of ids.split(' ')) {
    const family = FAMILY_IDS[id];
    if (family !== undefined) return family;
  }
  return 'other';
}

function osRelease(): Readonly<Record<string, string>> {
  try {
    const pairs = readFileSync('/etc/os-release', 'utf8').matchAll(/^([A-Z_]+)="?([^"\n]*)"?$/gm);
    return Object.fromEntries([...pairs].map(([, name = '', value = '']) => [name, value]));
  } catch {
    return {};
  }
}

/** machine-id(5); a container without one is known by its host name. */
function machineId(): string {
  try {
    const id = readFileSync('/etc/machine-id', 'utf8').trim();
    if (/^[0-9a-f]{32}$/.test(id)) return id;
  } catch {
    // Falls through.
  }
  return `host-${hostname()}`.slice(0, 64);
}
