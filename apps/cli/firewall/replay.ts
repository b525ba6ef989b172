/**
 * A capture under a policy: each packet judged as the host would have judged it, with the connections that this
 * policy lets come to be; what is detected on the way; and who is blocked for it. Streams; memory is bounded.
 */
import { createReadStream } from 'node:fs';
import { contextsOf } from '@demarc/host-firewall/policy';
import { type Detection, NetworkDetector } from '@demarc/host-intrusion-detection/network';
import { type BlockEntry, Blocks } from '@demarc/host-intrusion-detection/network/blocks';
import type { DemarcError } from '@demarc/platform/errors';
import { CaptureReader, type Frame, type Packet, PacketDecoder } from '@demarc/platform/packets';
import { cliErrors } from '../errors.ts';
import { readDetectionPolicy } from './detection-policy.ts';
import { FlowVerdicts } from './flow-verdicts.ts';
import { Judge } from './judge.ts';
import { LocalAddress } from './local.ts';
import { readPolicyFile } from './policy-file.ts';
import type { BlockLine, DetectionLine, ReplayLine, SummaryLine } from './replay-lines.ts';

const PIECE_BYTES = 1_048_576;
/** Blocks end between packets too. */
const EXPIRE_MS = 1_000;
/** What only time tells is told as if nothing came for so long after the last packet. */
const AFTER_MS = 2_000;

export interface Replay {
  readonly policyFile: string;
  readonly detectionFile?: string;
  /** `-` is standard input. */
  readonly captureFile: string;
  readonly local?: readonly string[];
  readonly perPacket: boolean;
}

/**
 * @returns why not all of the file could be read; what could be was told
 * @throws CLI_FILE_UNREADABLE, HFW_POLICY_INVALID, HID_NETWORK_POLICY_INVALID, PACKETS_NOT_A_CAPTURE
 */
export async function replay(
  wanted: Replay,
  tell: (line: ReplayLine) => void,
): Promise<DemarcError | undefined> {
  const policy = readPolicyFile(wanted.policyFile);
  const asked = readDetectionPolicy(wanted.detectionFile);
  const local = wanted.local ?? (wanted.captureFile === '-' ? [] : await inferLocal(wanted.captureFile));
  const detection = {
    ...asked,
    // Whoever the firewall always lets in is never blocked.
    allow: [...asked.allow, ...policy.allowList.map(({ peer }) => peer)],
    protect: asked.protect.length > 0 ? asked.protect : [...(wanted.local ?? [])],
  };
  const judge = new Judge(policy, local, contextsOf(policy, local));
  const verdicts = new FlowVerdicts(wanted.perPacket, tell);
  const detector = new NetworkDetector(detection);
  const blocks = new Blocks(detection);
  const counts = {
    detections: {} as Record<string, number>,
    blocked: 0,
    prolonged: 0,
    spared: 0,
    expired: 0,
    unblocked: 0,
  };
  let [index, fromMs, toMs, expiredAtMs, packetsOfBlocked] = [0, Infinity, -Infinity, -Infinity, 0];

  const tellEntries = (entries: readonly BlockEntry[]): void => {
    for (const entry of entries) {
      counts[entry.action] += 1;
      tell(blockLine(entry, index));
    }
  };
  const take = (found: readonly Detection[]): void => {
    for (const one of found) {
      counts.detections[one.kind] = (counts.detections[one.kind] ?? 0) + 1;
      tell(detectionLine(one, index));
      tellEntries(blocks.decide(one, one.atMs));
    }
  };
  const decoder = new PacketDecoder({
    fragments: 'reassembled',
    onArp: (arp) => take(detector.observeArp(arp)),
  });
  const observe = (packet: Packet): void => {
    fromMs = Math.min(fromMs, packet.atMs);
    toMs = Math.max(toMs, packet.atMs);
    if (packet.atMs - expiredAtMs >= EXPIRE_MS) {
      tellEntries(blocks.expire(packet.atMs));
      expiredAtMs = packet.atMs;
    }
    if (blocks.size > 0 && blocks.blocksOf(packet.source, packet.atMs).length > 0) packetsOfBlocked += 1;
    verdicts.add(index, packet, judge.judge(packet));
    take(detector.observe(packet));
  };

  const problem = await readCapture(wanted.captureFile, (frame) => {
    index += 1;
    const packet = decoder.decode(frame);
    if (packet !== undefined) observe(packet);
  });
  if (problem?.code === 'PACKETS_NOT_A_CAPTURE') throw problem;
  for (let after = 0; after <= AFTER_MS && toMs > 0; after += AFTER_MS / 4)
    take(detector.advance(toMs + after));
  verdicts.end();
  tell(summary());
  return problem;

  function summary(): SummaryLine {
    const { linkDamaged, ipDamaged, transportDamaged, arp, otherProtocols, unknownLinkType, ...seen } =
      decoder.counts;
    const { detections, blocked, prolonged, spared, expired } = counts;
    return {
      kind: 'summary',
      frames: seen.frames,
      packets: seen.packets,
      flows: verdicts.flows,
      from: instant(fromMs),
      to: instant(toMs),
      local,
      localIsInferred: wanted.local === undefined,
      mode: policy.mode,
      verdicts: verdicts.verdicts,
      judged: verdicts.judged,
      rules: verdicts.rules,
      detections,
      blocks: { blocked, prolonged, spared, expired },
      packetsOfBlocked,
      damaged: { linkDamaged, ipDamaged, transportDamaged },
      notJudged: { arp, otherProtocols, unknownLinkType },
      fragments: { seen: seen.fragments, ...decoder.fragmentCounts },
      problem: problem === undefined ? null : { code: problem.code, message: problem.message },
    };
  }
}

async function inferLocal(captureFile: string): Promise<readonly string[]> {
  const decoder = new PacketDecoder();
  const local = new LocalAddress();
  await readCapture(captureFile, (frame) => {
    const packet = decoder.decode(frame);
    if (packet !== undefined) local.count(packet);
  });
  return local.infer();
}

/** @throws CLI_FILE_UNREADABLE */
async function readCapture(file: string, onFrame: (frame: Frame) => void): Promise<DemarcError | undefined> {
  const reader = new CaptureReader();
  const pieces = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: PIECE_BYTES });
  try {
    for await (const piece of pieces) {
      reader.push(piece as Buffer, onFrame);
      if (reader.problem !== undefined) break;
    }
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw cliErrors.make('CLI_FILE_UNREADABLE', { file, because: error.message }, { cause: error });
  }
  return reader.end();
}

function detectionLine(
  { kind, atMs, firstAtMs, lastAtMs, ...found }: Detection,
  packet: number,
): DetectionLine {
  return {
    kind: 'detection',
    detection: kind,
    packet,
    at: instant(atMs) ?? '',
    firstAt: instant(firstAtMs) ?? '',
    lastAt: instant(lastAtMs) ?? '',
    ...found,
  };
}

function blockLine({ action, atMs, range, untilMs, by, because }: BlockEntry, packet: number): BlockLine {
  const until = untilMs === undefined ? null : instant(untilMs);
  return { kind: 'block', action, packet, at: instant(atMs) ?? '', range, until, by, because };
}

/** What the format can say at all: a damaged time is none. */
function instant(atMs: number): string | null {
  return Math.abs(atMs) <= 8.64e15 ? new Date(atMs).toISOString() : null;
}
