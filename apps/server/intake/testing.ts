/** For tests of the API: an intake that no one sends to. */

import type { PostgresStore } from '@demarc/platform/stores';
import { type Administration, administration, baseEvent, Intake } from '@demarc/siem/intake';

export interface QuietIntake extends AsyncDisposable {
  readonly intake: Intake;
  readonly sources: Administration;
}

export function quietIntake(store: PostgresStore, directory: string, now: () => number): QuietIntake {
  const intake = new Intake({
    directory,
    listen: { http: { host: '127.0.0.1', port: 8_424 } },
    server: { certificate: '', key: '', expiresAtMs: 0 },
    authorityPem: 'PEM',
    normalise: baseEvent,
    carry: async () => {
      throw new Error('nothing is sent here');
    },
    spoolBytesMax: 16_777_216,
    freeBytesMin: 0,
    now,
    monotonic: () => performance.now(),
    log: () => undefined,
  });
  const sources = administration({
    intake,
    inTenant: store.inTenant,
    secretKey: Buffer.alloc(32),
    publicHost: 'siem.example',
    issue: async () => ({ certificate: 'C', privateKey: 'K', fingerprint: 'f'.repeat(64) }),
    now,
  });
  return { intake, sources, [Symbol.asyncDispose]: () => intake[Symbol.asyncDispose]() };
}
