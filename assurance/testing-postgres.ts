/** What integration tests of this workspace share: an assurance over a real PostgreSQL, with a clock to set and keys to sign with. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { type Evidence, type EvidenceFinding, type ServiceSpec } from '@demarc/platform/contract';
import { type EvidenceKey, signedEvidence } from '@demarc/platform/evidence';
import { migrate, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import { startTestPostgres, type TestPostgres } from '@demarc/platform/stores/testing';
import * as z from 'zod';
import { Assurance, type AssuranceOptions, assuranceMigrations, loadCatalogue } from './assurance.ts';

export const MINUTE_MS = 60_000;
export const START = Date.parse('2026-11-20T12:00:00.000Z');
export const FIM = 'file-integrity-monitoring';

export const fim: ServiceSpec = {
  id: FIM,
  title: 'File integrity monitoring',
  policy: z.strictObject({}),
  emits: [1_001],
  evidences: [
    { rule: 'VMS-09.1', everySeconds: 60, freshForSeconds: 300 },
    { rule: 'VMS-09.2', everySeconds: 900, freshForSeconds: 3_600 },
  ],
};

export function newKey(): EvidenceKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (bytes) => sign('sha256', bytes, privateKey).toString('base64'),
  };
}

/** As an agent makes it, from a finding. */
export function observation(
  key: EvidenceKey,
  assetId: string,
  rule: string,
  result: Evidence['result'],
  observedAtMs: number,
  more: Partial<EvidenceFinding> & { readonly service?: string } = {},
): Evidence {
  const { service = FIM, because = `${rule} ${result}`, raw = { looked: true } } = more;
  return signedEvidence(
    { rule, result, because, raw },
    { service, assetId, observedAtMs, sign: (bytes) => key.sign(bytes) },
  );
}

export interface TestAssurance extends AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly store: PostgresStore;
  readonly platformKey: EvidenceKey;
  /** Another one over the same store, as after a restart. */
  open(changed?: Partial<AssuranceOptions>): Assurance;
}

export async function openTestAssurance(
  options: Pick<AssuranceOptions, 'assets' | 'now'> & Partial<AssuranceOptions>,
): Promise<TestAssurance> {
  const postgres = await startTestPostgres();
  await migrate(postgres.ownerConnection, assuranceMigrations);
  const store = openPostgres({ connection: postgres.connection });
  const platformKey = newKey();
  const opened: Assurance[] = [];
  return {
    postgres,
    store,
    platformKey,
    open(changed = {}) {
      const made = new Assurance({
        inTenant: store.inTenant,
        catalogue: loadCatalogue(),
        services: [fim],
        platformKey,
        freshSecondsMax: 31_536_000,
        onChange: () => undefined,
        ...options,
        ...changed,
      });
      opened.push(made);
      return made;
    },
    async [Symbol.asyncDispose]() {
      for (const made of opened) made[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
    },
  };
}
