/** What every service instance says of its health → whether the security services watch themselves. Pure. */
import type { SourceFinding } from '@demarc/assurance/sources';
import type { Asset, PlatformStatus } from '@demarc/platform/contract/api';

const NAMED_MAX = 10;

/** MGT-13.1: the platform's own parts, and every room that is at work on an asset of the tenant. */
export function healthFinding(
  parts: PlatformStatus['parts'],
  assets: readonly Asset[],
  { nowMs, silentAfterMs }: { readonly nowMs: number; readonly silentAfterMs: number },
): SourceFinding {
  const instances = [
    ...parts.map(({ name, health }) => ({ name, state: health.state, because: health.because })),
    ...assets
      .filter(({ state }) => state !== 'revoked')
      .flatMap(({ name, rooms, lastSeenAt }) => {
        // What is not bought does not run, and is no instance.
        const running = rooms.filter(({ health }) => health.state !== 'stopped');
        const silent = lastSeenAt === null || nowMs - Date.parse(lastSeenAt) > silentAfterMs;
        return running.map(({ serviceId, health }) => ({
          name: `${serviceId} on ${name}`,
          state: silent ? ('failed' as const) : health.state,
          because: silent ? `it has said nothing since ${lastSeenAt ?? 'ever'}` : health.because,
        }));
      }),
  ];
  const bad = instances.filter(({ state }) => state !== 'healthy' && state !== 'starting');
  const starting = instances.filter(({ state }) => state === 'starting');
  const raw = {
    instances: instances.length,
    healthy: instances.length - bad.length - starting.length,
    unhealthy: bad
      .slice(0, 100)
      .map(({ name, state, because }) => ({ name, state, because: because.slice(0, 200) })),
    starting: starting.slice(0, 100).map(({ name }) => name),
  };
  const finding = (result: SourceFinding['result'], because: string): SourceFinding => ({
    rule: 'MGT-13.1',
    assetId: 'tenant',
    result,
    because: because.slice(0, 1_000),
    raw,
  });
  if (instances.length === 0) return finding('error', 'There is no service instance to look at.');
  if (bad.length > 0)
    return finding(
      'fail',
      `${bad.length} of ${instances.length} are not healthy: ${bad
        .slice(0, NAMED_MAX)
        .map(({ name, state, because }) => `${name} is ${state} (${because})`)
        .join('; ')}`,
    );
  if (starting.length > 0)
    return finding(
      'error',
      `${starting.length} of ${instances.length} are starting: ${starting[0]?.name ?? ''}`,
    );
  return finding('pass', `Each of ${instances.length} service instances reports healthy.`);
}
