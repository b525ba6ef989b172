/** Makes a key, proves a token, gets a certificate. The token pins the platform's authority at first contact. */
import { mkdirSync } from 'node:fs';
import { makeRequest } from '@demarc/platform/identity/request';
import { EnrollReply, type EnrollRequest, LINK_PATHS } from '@demarc/platform/link';
import { agentErrors } from './errors.ts';
import { hostFacts, type Identity, saveIdentity } from './identity.ts';
import { fingerprintOf, type LinkReply, openSession, request } from './link.ts';

/** @throws AGENT_TOKEN_MALFORMED, AGENT_SERVER_NOT_TRUSTED, AGENT_REFUSED */
export async function enroll(directory: string, server: string, token: string): Promise<Identity> {
  const [, secret, fingerprint] = /^([\w-]{40,64})\.([0-9a-f]{64})$/.exec(token.trim()) ?? [];
  if (secret === undefined || fingerprint === undefined) throw agentErrors.make('AGENT_TOKEN_MALFORMED', {});
  const authority = await fetchAuthority(server, fingerprint);
  const { key, csr } = await makeRequest();
  const { hostname, machineId, os } = hostFacts();
  const body: EnrollRequest = { token: secret, csr, hostname, machineId, os };
  const session = await openSession(server, { ca: authority });
  try {
    const reply = await request(session, 'POST', LINK_PATHS.enroll, Buffer.from(JSON.stringify(body)));
    const accepted = EnrollReply.parse(acceptedJson(reply));
    const identity: Identity = {
      server,
      assetId: accepted.assetId,
      tenantId: accepted.tenantId,
      authority,
      certificate: accepted.certificate,
      key,
      earlierKeys: [],
    };
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    saveIdentity(directory, identity);
    return identity;
  } finally {
    session.destroy();
  }
}

async function fetchAuthority(server: string, fingerprint: string): Promise<string> {
  const session = await openSession(server, { trustAnyone: true });
  try {
    const reply = await request(session, 'GET', LINK_PATHS.authority, undefined);
    const pem = reply.body.toString('utf8');
    if (reply.status !== 200 || !isTrusted(pem, fingerprint))
      throw agentErrors.make('AGENT_SERVER_NOT_TRUSTED', { server });
    return pem;
  } finally {
    session.destroy();
  }
}

function isTrusted(pem: string, fingerprint: string): boolean {
  try {
    return fingerprintOf(pem) === fingerprint;
  } catch {
    return false;
  }
}

/** The body of a good reply. @throws AGENT_REFUSED with what the server said */
export function acceptedJson(reply: LinkReply): unknown {
  let body: unknown;
  try {
    body = JSON.parse(reply.body.toString('utf8'));
  } catch {
    body = {};
  }
  if (reply.status === 200) return body;
  const { code, detail } = body as { readonly code?: string; readonly detail?: string };
  throw agentErrors.make('AGENT_REFUSED', {
    code: code ?? String(reply.status),
    detail: detail ?? 'it gave no reason',
  });
}
