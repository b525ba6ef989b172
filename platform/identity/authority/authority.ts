/**
 * The platform's own certificate authority: one root on P-256, short-lived client certificates for agents,
 * a server certificate for the link. ASN.1 is @peculiar/x509's work, keys are WebCrypto's.
 *
 * A client certificate names tenant and asset in its SAN as URIs (`urn:demarc:tenant:…`,
 * `urn:demarc:asset:…`); whatever a request's subject claims is ignored.
 */
import 'reflect-metadata';
import {
  createHash,
  createPublicKey,
  X509Certificate as NodeCertificate,
  randomBytes,
  webcrypto,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { identityErrors } from '../errors.ts';

type CryptoKey = webcrypto.CryptoKey;

x509.cryptoProvider.set(webcrypto);

const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const ROOT_DAYS = 3_650;
const SERVER_DAYS = 90;
/**
 * A certificate made now must be valid on a machine whose clock is behind: it is the machine that checks the
 * platform's certificate by its own clock, and a machine that cannot connect cannot say that its clock is wrong.
 */
const BACKDATE_MS = 2 * DAY_MS;

export interface ClientIdentity {
  readonly tenantId: string;
  readonly assetId: string;
}

export interface IssuedCertificate {
  readonly pem: string;
  /** Lower-case hex; how revocation names it. */
  readonly serial: string;
  readonly expiresAtMs: number;
}

export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly expiresAtMs: number;
}

export interface CertificateAuthority {
  readonly certificatePem: string;
  /** SHA-256 of the root in DER, hex: what an enrolment token pins. */
  readonly fingerprint: string;
  /** @throws IDENTITY_CSR_INVALID */
  signClient(
    csrPem: string,
    identity: ClientIdentity,
    seconds: number,
    nowMs: number,
  ): Promise<IssuedCertificate>;
  /** @param keptKey PKCS #8 in PEM: a renewal with the same key leaves pins valid; a new key when left out */
  issueServer(names: readonly string[], nowMs: number, keptKey?: string): Promise<ServerCertificate>;
}

/** Reads the authority from `directory`, or makes it there at first start. @throws IDENTITY_AUTHORITY_DAMAGED */
export async function openAuthority(directory: string, nowMs: number): Promise<CertificateAuthority> {
  const keyFile = join(directory, 'authority-key.pem');
  const certificateFile = join(directory, 'authority.pem');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!existsSync(keyFile) && !existsSync(certificateFile)) await makeRoot(keyFile, certificateFile, nowMs);
  try {
    const key = await importKey(readFileSync(keyFile, 'utf8'));
    const root = new x509.X509Certificate(readFileSync(certificateFile, 'utf8'));
    return authority(root, key);
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw identityErrors.make('IDENTITY_AUTHORITY_DAMAGED', { directory, because }, { cause: error });
  }
}

async function makeRoot(keyFile: string, certificateFile: string, nowMs: number): Promise<void> {
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Demarc platform authority',
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + ROOT_DAYS * DAY_MS),
    signingAlgorithm: CURVE,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  // The key first: a certificate without its key is worth nothing.
  writePrivate(keyFile, await exportKey(keys.privateKey));
  writePrivate(certificateFile, root.toString('pem'));
}

function authority(root: x509.X509Certificate, key: CryptoKey): CertificateAuthority {
  const issue = (
    subject: string,
    publicKey: CryptoKey,
    validity: { readonly from: number; readonly to: number },
    usage: string,
    names: readonly x509.JsonGeneralName[],
  ): Promise<x509.X509Certificate> =>
    buildCertificate({ root, key, subject, publicKey, validity, usage, names });
  return {
    certificatePem: root.toString('pem'),
    fingerprint: createHash('sha256').update(new Uint8Array(root.rawData)).digest('hex'),
    async signClient(csrPem, identity, seconds, nowMs) {
      const publicKey = await publicKeyOf(csrPem);
      const validity = { from: nowMs - BACKDATE_MS, to: nowMs + seconds * SECOND_MS };
      const certificate = await issue(
        `CN=${identity.assetId}`,
        publicKey,
        validity,
        x509.ExtendedKeyUsage.clientAuth,
        [
          { type: 'url', value: `urn:demarc:asset:${identity.assetId}` },
          { type: 'url', value: `urn:demarc:tenant:${identity.tenantId}` },
        ],
      );
      return {
        pem: certificate.toString('pem'),
        serial: serialOf(certificate.toString('pem')),
        expiresAtMs: certificate.notAfter.getTime(),
      };
    },
    async issueServer(names, nowMs, keptKey) {
      const keys =
        keptKey === undefined
          ? await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify'])
          : await pairOf(keptKey);
      const validity = { from: nowMs - BACKDATE_MS, to: nowMs + SERVER_DAYS * DAY_MS };
      const certificate = await issue(
        'CN=Demarc link',
        keys.publicKey,
        validity,
        x509.ExtendedKeyUsage.serverAuth,
        names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name })),
      );
      return {
        certificate: certificate.toString('pem'),
        key: await exportKey(keys.privateKey),
        expiresAtMs: certificate.notAfter.getTime(),
      };
    },
  };
}

async function buildCertificate(options: {
  readonly root: x509.X509Certificate;
  readonly key: CryptoKey;
  readonly subject: string;
  readonly publicKey: CryptoKey;
  readonly validity: { readonly from: number; readonly to: number };
  readonly usage: string;
  readonly names: readonly x509.JsonGeneralName[];
}): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    issuer: options.root.subject,
    subject: options.subject,
    notBefore: new Date(options.validity.from),
    notAfter: new Date(options.validity.to),
    signingAlgorithm: CURVE,
    publicKey: options.publicKey,
    signingKey: options.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([options.usage], true),
      new x509.SubjectAlternativeNameExtension([...options.names], false),
      await x509.AuthorityKeyIdentifierExtension.create(options.root, false),
    ],
  });
}

/** The request's key, once its own signature is checked: whoever sends it holds the private half. */
async function publicKeyOf(csrPem: string): Promise<CryptoKey> {
  try {
    const request = new x509.Pkcs10CertificateRequest(csrPem);
    if (!(await request.verify())) throw new Error('its signature is wrong');
    return await request.publicKey.export(CURVE, ['verify']);
  } catch (error) {
    const because = error instanceof Error ? error.message.slice(0, 200) : 'it cannot be read';
    throw identityErrors.make('IDENTITY_CSR_INVALID', { because }, { cause: error });
  }
}

/** Who a client certificate of ours names; undefined when it names nobody. Does not check the signature. */
export function identityOfCertificate(
  pem: string | Buffer,
): (ClientIdentity & { readonly serial: string }) | undefined {
  const certificate = new NodeCertificate(pem);
  const names = certificate.subjectAltName ?? '';
  const assetId = /URI:urn:demarc:asset:([0-9a-f-]{36})(?:,|$)/.exec(names)?.[1];
  const tenantId = /URI:urn:demarc:tenant:([a-z0-9-]{1,63})(?:,|$)/.exec(names)?.[1];
  if (assetId === undefined || tenantId === undefined) return undefined;
  return { assetId, tenantId, serial: certificate.serialNumber.toLowerCase() };
}

export function serialOf(pem: string): string {
  return new NodeCertificate(pem).serialNumber.toLowerCase();
}

/** 127 random bits, positive and never empty (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** The public half follows from the private one. */
async function pairOf(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const privateKey = await importKey(pem);
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  return { privateKey, publicKey: await webcrypto.subtle.importKey('spki', spki, CURVE, true, ['verify']) };
}

async function exportKey(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

async function importKey(pem: string): Promise<CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  if (der === undefined) throw new Error('the key file is empty');
  return webcrypto.subtle.importKey('pkcs8', der, CURVE, true, ['sign']);
}

function writePrivate(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}
