/** The platform's own evidence key: what the server observes is signed like what an agent observes. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface EvidenceKey {
  /** SPKI; what intake and bundles check the platform's evidence with. */
  readonly publicKeyPem: string;
  /** Base64. */
  sign(bytes: Uint8Array): string;
}

/** Reads the key from `directory`, or makes it there at first start; only the platform's starter may read it. */
export function openEvidenceKey(directory: string): EvidenceKey {
  const file = join(directory, 'evidence-key.pem');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    // Half a key file would make the next start fail.
    writeFileSync(`${file}.new`, pem, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  const privateKey = createPrivateKey(readFileSync(file));
  return {
    publicKeyPem: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString(),
    sign: (bytes) => sign('sha256', bytes, privateKey).toString('base64'),
  };
}
