/** From what one source tried on one target to what it is called. */
import { type Detection, type DetectionKind, detection } from '../detection.ts';
import type { NetworkDetectionPolicy } from '../policy.ts';
import { ANSWER_MS_MAX, type Pair, type Probe } from './pair.ts';
import type { Technique } from './techniques.ts';

/** Of the ports asked, as many may turn out to be open and unused before it is no scan but a client that waits. */
const IDLE_SHARE_MAX = 2 / 3;

const KIND_OF: Readonly<Record<Exclude<Technique, 'syn'>, DetectionKind>> = {
  null: 'null-scan',
  xmas: 'xmas-scan',
  fin: 'fin-scan',
  'syn-fin': 'syn-fin-scan',
  ack: 'ack-scan',
  maimon: 'maimon-scan',
  udp: 'udp-scan',
  protocol: 'protocol-scan',
};

/** @returns what is to be said of the pair now, by what was tried last */
export function judgePair(
  pair: Pair,
  technique: Technique,
  nowMs: number,
  policy: NetworkDetectionPolicy,
): Detection | undefined {
  const { scans } = policy;
  const threshold = thresholdOf(technique, scans);
  const kind = kindOf(technique, pair);
  // Thousands of ports follow the ones that were enough: they are not looked through again each time.
  if (pair.probes.size < threshold || isSaid(pair, kind, nowMs, policy)) return undefined;
  const fast = pair
    .since(nowMs - scans.windowSeconds * 1_000, technique)
    .filter((probe) => isInVain(probe, nowMs));
  if (fast.length >= threshold && isScan(fast)) return say(pair, kind, fast, nowMs);
  if (
    [...(pair.said?.keys() ?? [])].some((said) => said !== 'slow-scan') ||
    pair.probes.size < scans.slowPorts
  )
    return undefined;
  const slow = pair.since(nowMs - scans.slowWindowSeconds * 1_000).filter((probe) => isInVain(probe, nowMs));
  const first = slow[0]?.atMs ?? nowMs;
  if (slow.length < scans.slowPorts || nowMs - first < scans.windowSeconds * 1_000 || !isScan(slow))
    return undefined;
  return say(pair, 'slow-scan', slow, nowMs);
}

function isSaid(
  pair: Pair,
  kind: DetectionKind,
  nowMs: number,
  { repeatSeconds }: NetworkDetectionPolicy,
): boolean {
  // One port in 15 s goes on for as long as it likes: the slow kind is said as seldom as the others.
  return [kind, 'slow-scan' as const].some((said) => nowMs - pair.saidAtMs(said) < repeatSeconds * 1_000);
}

function thresholdOf(technique: Technique, scans: NetworkDetectionPolicy['scans']): number {
  if (technique === 'protocol') return scans.protocols;
  return ['null', 'xmas', 'fin', 'syn-fin'].includes(technique) ? scans.oddPorts : scans.ports;
}

/**
 * A packet in the middle of a connection that was opened before anyone looked is not told from an ACK probe until
 * it is refused, or nothing follows it.
 */
function isInVain({ technique, state, atMs }: Probe, nowMs: number): boolean {
  if (technique !== 'ack' && technique !== 'maimon') return true;
  return state === 'refused' || nowMs - atMs >= ANSWER_MS_MAX;
}

function isScan(probes: readonly Probe[]): boolean {
  return probes.filter(({ state }) => state === 'idle').length <= probes.length * IDLE_SHARE_MAX;
}

function kindOf(technique: Technique, pair: Pair): DetectionKind {
  if (technique !== 'syn') return KIND_OF[technique];
  return pair.isByHand ? 'syn-scan' : 'connect-scan';
}

function say(pair: Pair, kind: DetectionKind, probes: readonly Probe[], nowMs: number): Detection {
  pair.say(kind, nowMs);
  const of = (state: Probe['state']): number => probes.filter((probe) => probe.state === state).length;
  const what = kind === 'protocol-scan' ? 'protocols' : 'ports';
  const firstAtMs = probes.reduce((first, { atMs }) => Math.min(first, atMs), nowMs);
  const seconds = ((nowMs - firstAtMs) / 1_000).toFixed(1);
  return detection({
    kind,
    firstAtMs,
    lastAtMs: nowMs,
    sources: [pair.source],
    targets: [pair.target],
    ports: probes.map(({ port }) => port),
    portCount: probes.length,
    evidence: {
      probes: pair.total,
      unanswered: of('pending'),
      refused: Math.max(of('refused'), Math.min(pair.refusals, probes.length)),
      withdrawn: of('withdrawn'),
      connectedWithoutData: of('idle'),
    },
    because: `${pair.source} asked ${probes.length} ${what} of ${pair.target} in ${seconds} s and used none of them`,
    sourceIsProved: pair.isProved,
  });
}
