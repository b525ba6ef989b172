/** A probe of a closed port, from outside: was it dropped, and was that seen? */
import { CANARY } from '../compile/compile.ts';
import { type CanaryFacts, canaryEvidence } from '../evidence.ts';
import { verdictOf } from '../oracle/oracle.ts';
import type { HostFirewallPolicy } from '../policy.ts';
import type { CanarySeen } from './sensor.ts';
import { PROBE, sendProbe } from './tun.ts';

/** Later than this, drops are not told in time. */
export const CANARY_BOUND_MS = 10_000;
/** Ports that few open: of these the first that the policy closes is probed. */
const CANDIDATES = [2_323, 4_444, 6_667, 12_345, 31_337, 47_808, 54_321, 65_000] as const;
const SYN = 2;

export class Canary {
  readonly #waiting = new Map<number, (seen: CanarySeen) => void>();

  seen(seen: CanarySeen): void {
    this.#waiting.get(seen.sourcePort)?.(seen);
  }

  /**
   * @param policy that is in force; undefined when it is not known, then the port that is kept for this is probed
   * @param blind why what rules log is not read at the moment
   */
  async probe(
    policy: HostFirewallPolicy | undefined,
    contexts: ReadonlySet<string>,
    blind: string | undefined,
    signal: AbortSignal,
  ): Promise<ReturnType<typeof canaryEvidence>> {
    const port = (policy === undefined ? undefined : closedPort(policy, contexts)) ?? CANARY.port;
    const facts = { boundMs: CANARY_BOUND_MS, port, returnedAfterMs: undefined, droppedBy: undefined };
    if (blind !== undefined)
      return canaryEvidence({ ...facts, obstacle: `What rules log cannot be read: ${blind}` });
    try {
      const startedAtMs = performance.now();
      using probe = sendProbe(CANARY.interface, port);
      const seen = await this.#answer(probe.sourcePort, signal);
      const returned: Partial<CanaryFacts> =
        seen === undefined ? {} : { returnedAfterMs: performance.now() - startedAtMs, droppedBy: seen.id };
      return canaryEvidence({ ...facts, ...returned });
    } catch (error) {
      return canaryEvidence({ ...facts, obstacle: error instanceof Error ? error.message : String(error) });
    }
  }

  async #answer(sourcePort: number, signal: AbortSignal): Promise<CanarySeen | undefined> {
    const { promise, resolve } = Promise.withResolvers<CanarySeen | undefined>();
    const timer = setTimeout(() => resolve(undefined), CANARY_BOUND_MS);
    const stop = (): void => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    this.#waiting.set(sourcePort, resolve);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      this.#waiting.delete(sourcePort);
    }
  }
}

/** Where the policy itself must drop the probe: then nothing but the policy is what is tested. */
export function closedPort(policy: HostFirewallPolicy, contexts: ReadonlySet<string>): number | undefined {
  if (policy.mode === 'tap' || !policy.log.drops) return undefined;
  return CANDIDATES.find(
    (destinationPort) =>
      verdictOf(
        policy,
        {
          atMs: Date.now(),
          bytes: 40,
          direction: 'in',
          family: 4,
          source: PROBE.source,
          destination: PROBE.destination,
          protocol: 6,
          sourcePort: 40_000,
          destinationPort,
          tcpFlags: SYN,
          interfaceName: CANARY.interface,
        },
        'new',
        Date.now(),
        contexts,
      ).verdict === 'drop',
  );
}
