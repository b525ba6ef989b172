import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { identityOfCertificate, openAuthority } from './authority/authority.ts';
import { makeRequest } from './authority/request.ts';
import { can, type Principal } from './permissions.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');
const assetId = '0b5f6d0e-8c1f-4e0e-9f0a-3f6f1b1d2c3d';

async function withAuthority(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-authority-'));
  try {
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test('a signed request becomes a certificate that names tenant and asset', () =>
  withAuthority(async (directory) => {
    const authority = await openAuthority(directory, NOW);
    const { csr } = await makeRequest();
    const issued = await authority.signClient(csr, { assetId, tenantId: 'acme' }, 60, NOW);
    const certificate = new X509Certificate(issued.pem);
    const root = new X509Certificate(authority.certificatePem);
    if (!certificate.verify(root.publicKey)) throw new Error('the root did not sign it');
    const identity = identityOfCertificate(issued.pem);
    if (identity?.assetId !== assetId || identity.tenantId !== 'acme' || identity.serial !== issued.serial) {
      throw new Error(`read back: ${JSON.stringify(identity)}`);
    }
  }));

test('the authority is the same after a restart, and its key is private', (t: TestContext) =>
  withAuthority(async (directory) => {
    const first = await openAuthority(directory, NOW);
    t.assert.equal((await openAuthority(directory, NOW)).fingerprint, first.fingerprint);
    t.assert.equal(statSync(join(directory, 'authority-key.pem')).mode & 0o777, 0o600);
  }));

test('a request whose signature is broken is refused', (t: TestContext) =>
  withAuthority(async (directory) => {
    const authority = await openAuthority(directory, NOW);
    const { csr } = await makeRequest();
    const lines = csr.split('\n');
    const last = lines.findLastIndex((line) => line !== '' && !line.startsWith('-'));
    const line = lines[last] ?? '';
    lines[last] = line.slice(0, 4) + (line.charAt(4) === 'A' ? 'B' : 'A') + line.slice(5);
    await t.assert.rejects(authority.signClient(lines.join('\n'), { assetId, tenantId: 'acme' }, 60, NOW), {
      code: 'IDENTITY_CSR_INVALID',
    });
  }));

test('a grant for one tenant is worth nothing in another', (t: TestContext) => {
  const of = (role: Principal['grants'][number]['role'], tenantId: string | null): Principal => ({
    accountId: 'a',
    name: 'n',
    email: 'e',
    grants: [{ role, tenantId }],
  });
  t.assert.equal(can(of('tenant-administrator', 'acme'), 'service:buy', 'acme'), true);
  t.assert.equal(can(of('tenant-administrator', 'acme'), 'service:buy', 'other'), false);
  t.assert.equal(can(of('viewer', 'acme'), 'service:buy', 'acme'), false);
  t.assert.equal(can(of('provider-administrator', null), 'service:buy', 'any'), true);
  t.assert.equal(can(of('tenant-administrator', 'acme'), 'platform:read', undefined), false);
});
