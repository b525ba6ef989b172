/** A job as a document, good for now. */
export function jobFor(
  packages: readonly { readonly name: string; readonly from: string | null; readonly to: string }[],
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const now = Date.now();
  return {
    id: 'job-1',
    manager: 'apt',
    packages: packages.map((item) => ({ arch: 'all', ...item })),
    window: { opensAtMs: now - 60_000, closesAtMs: now + 3_600_000 },
    party: 'provider',
    requestedBy: { party: 'provider', person: 'ann' },
    approval: { party: 'provider', person: 'bob', atMs: now - 30_000 },
    lockWaitSeconds: 0,
    secondsPerSet: 5,
    freeBytes: { root: 1, var: 1, boot: 1 },
    ...more,
  };
}
