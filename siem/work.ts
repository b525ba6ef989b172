/** What the SIEM does without anyone sending anything: decides what waited for time to pass, writes down what it saw. */
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Siem } from './siem.ts';

const TICK_EVERY_MS = 1_000;
const FLUSH_EVERY_MS = 30_000;

export interface WorkOptions {
  tenants(): Promise<readonly TenantScope[]>;
  onError(line: string, error: unknown): void;
}

/** Disposing it writes down what was seen, and waits for what is on its way. */
export function startSiemWork(siem: Siem, options: WorkOptions): AsyncDisposable {
  const tick = repeated(TICK_EVERY_MS, async () => {
    for (const tenant of await options.tenants()) {
      const { linked } = await siem.rulesets.of(tenant);
      if (linked.correlations.length === 0) continue;
      siem.deliveries.hand(tenant, await siem.correlator.tick(tenant, siem.now()));
    }
  });
  const flush = repeated(FLUSH_EVERY_MS, flushed);
  async function flushed(): Promise<void> {
    for (const tenant of await options.tenants()) await siem.fieldsSeen.flush(tenant);
  }

  /** Never twice at once; what fails is tried again at the next turn. */
  function repeated(everyMs: number, work: () => Promise<void>): NodeJS.Timeout {
    let isRunning = false;
    const timer = setInterval(() => {
      if (isRunning) return;
      isRunning = true;
      work()
        .catch((error: unknown) => options.onError('a part of the SIEM could not do its work', error))
        .finally(() => {
          isRunning = false;
        });
    }, everyMs);
    timer.unref();
    return timer;
  }

  return {
    async [Symbol.asyncDispose]() {
      clearInterval(tick);
      clearInterval(flush);
      await siem.deliveries.settled();
      await flushed().catch((error: unknown) => options.onError('what was seen could not be written', error));
    },
  };
}
