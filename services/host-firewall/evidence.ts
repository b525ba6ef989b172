/** Facts of one host → what they prove about the host firewall. Silence is never compliance. */
import type { EvidenceFinding } from '@demarc/platform/contract';

export interface RuleFacts {
  /** SHA-256 of the rules as they were confirmed; undefined while none are. */
  readonly confirmedDigest: string | undefined;
  /** The same of what the kernel has now; undefined when our table is not there. */
  readonly presentDigest: string | undefined;
  readonly mode: 'tap' | 'inline';
  readonly defaultIn: 'allow' | 'deny';
  /** Why the policy that is asked for is not the one in force. */
  readonly notInForce: string | undefined;
  /** The kernel’s rules had been changed and were put back just now. */
  readonly wasPutBack: boolean;
}

/** VMS-07.1: the rules in the kernel are those that were confirmed, and they close what nobody opened. */
export function rulesEvidence(facts: RuleFacts): EvidenceFinding {
  const { confirmedDigest, presentDigest, mode, defaultIn, notInForce, wasPutBack } = facts;
  const raw = {
    confirmedDigest: confirmedDigest ?? null,
    presentDigest: presentDigest ?? null,
    mode,
    defaultIn,
    wasPutBack,
  };
  const finding = (result: EvidenceFinding['result'], because: string): EvidenceFinding => ({
    rule: 'VMS-07.1',
    result,
    because: because.slice(0, 1_000),
    raw,
  });
  if (confirmedDigest === undefined)
    return finding(
      'error',
      `No rules were confirmed yet${notInForce === undefined ? '' : `: ${notInForce}`}.`,
    );
  if (presentDigest !== confirmedDigest) {
    const what = presentDigest === undefined ? 'removed' : 'changed';
    const after = wasPutBack ? 'they were put back' : 'they could not be put back';
    return finding('fail', `Somebody else ${what} the rules in the kernel; ${after}.`);
  }
  if (notInForce !== undefined)
    return finding('fail', `The policy that is asked for is not in force: ${notInForce}`);
  if (mode === 'tap') return finding('fail', 'The firewall watches only (tap mode): nothing is dropped.');
  if (defaultIn === 'allow')
    return finding('fail', 'The firewall lets in what no rule denies: it is not closed by default.');
  return finding('pass', 'The rules in the kernel are those that were confirmed, closed by default.');
}

export interface CanaryFacts {
  /** From the probe to the moment its drop was told; undefined when it never was. */
  readonly returnedAfterMs: number | undefined;
  readonly boundMs: number;
  readonly port: number;
  /** The rule that dropped it; `:canary` is the agent's own. */
  readonly droppedBy: string | undefined;
  /** Why it could not be sent at all. */
  readonly obstacle?: string | undefined;
}

/** VMS-07.2: a probe of a closed port is dropped, and seen to be. */
export function canaryEvidence(facts: CanaryFacts): EvidenceFinding {
  const { returnedAfterMs, boundMs, port, droppedBy, obstacle } = facts;
  const raw = { returnedAfterMs: returnedAfterMs ?? null, boundMs, port, droppedBy: droppedBy ?? null };
  const finding = (result: EvidenceFinding['result'], because: string): EvidenceFinding => ({
    rule: 'VMS-07.2',
    result,
    because: because.slice(0, 1_000),
    raw,
  });
  if (obstacle !== undefined) return finding('error', obstacle);
  if (returnedAfterMs === undefined || returnedAfterMs > boundMs)
    return finding('fail', `A probe of port ${port} was not seen to be dropped within ${boundMs} ms.`);
  const took = Math.round(returnedAfterMs);
  return droppedBy === ':canary'
    ? finding('pass', `A probe of the port that is kept closed for it was dropped and seen after ${took} ms.`)
    : finding(
        'pass',
        `A probe of closed port ${port} was dropped by ${droppedBy} and seen after ${took} ms.`,
      );
}
