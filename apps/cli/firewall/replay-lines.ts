/** What a replay says, line by line: one shape for each kind of event, JSON for programs and words for people. */
import type { Verdict } from '@demarc/host-firewall/verdict';
import type { Detection } from '@demarc/host-intrusion-detection/network';
import type { BlockEntry } from '@demarc/host-intrusion-detection/network/blocks';
import type { DecodeCounts } from '@demarc/platform/packets';

/** Of a flow, or of one packet; a flow whose packets are judged differently has a line for each judgement. */
export interface VerdictLine extends Omit<Verdict, 'logged'> {
  readonly kind: 'verdict';
  /** The first one judged so, counted from 1 as Wireshark does. */
  readonly packet: number;
  readonly at: string;
  readonly lastAt: string;
  readonly direction: 'in' | 'out';
  readonly protocol: number;
  readonly source: string;
  readonly sourcePort: number | null;
  readonly destination: string;
  readonly destinationPort: number | null;
  readonly packets: number;
  readonly bytes: number;
}

export interface DetectionLine extends Omit<Detection, 'kind' | 'atMs' | 'firstAtMs' | 'lastAtMs'> {
  readonly kind: 'detection';
  readonly detection: string;
  readonly packet: number;
  readonly at: string;
  readonly firstAt: string;
  readonly lastAt: string;
}

export interface BlockLine {
  readonly kind: 'block';
  readonly action: BlockEntry['action'];
  readonly packet: number;
  readonly at: string;
  readonly range: string;
  readonly until: string | null;
  readonly by: BlockEntry['by'];
  readonly because: string;
}

export interface SummaryLine {
  readonly kind: 'summary';
  readonly frames: number;
  readonly packets: number;
  readonly flows: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly local: readonly string[];
  /** From the capture, because nobody said. */
  readonly localIsInferred: boolean;
  readonly mode: 'tap' | 'inline';
  /** Of packets. */
  readonly verdicts: { readonly accept: number; readonly drop: number };
  readonly judged: { readonly accept: number; readonly drop: number };
  /** Packets decided by each rule or allow-list entry, and by none of them. */
  readonly rules: Readonly<Record<string, number>>;
  readonly detections: Readonly<Record<string, number>>;
  readonly blocks: {
    readonly blocked: number;
    readonly prolonged: number;
    readonly spared: number;
    readonly expired: number;
  };
  /** Packets that came after their source was blocked: they would not have come. */
  readonly packetsOfBlocked: number;
  readonly damaged: Pick<DecodeCounts, 'linkDamaged' | 'ipDamaged' | 'transportDamaged'>;
  readonly notJudged: Pick<DecodeCounts, 'arp' | 'otherProtocols' | 'unknownLinkType'>;
  readonly fragments: {
    readonly seen: number;
    readonly reassembled: number;
    readonly refused: number;
    readonly abandoned: number;
  };
  /** Why not all of the file could be read. */
  readonly problem: { readonly code: string; readonly message: string } | null;
}

export type ReplayLine = VerdictLine | DetectionLine | BlockLine | SummaryLine;

export function forPeople(line: ReplayLine): string {
  switch (line.kind) {
    case 'verdict': {
      const end = (address: string, port: number | null): string =>
        port === null ? address : `${address} port ${port}`;
      const judged =
        line.verdict === line.judged ? line.verdict : `${line.verdict} (tap; inline: ${line.judged})`;
      return `${line.at}  ${judged}  ${line.direction} ${end(line.source, line.sourcePort)} → ${end(line.destination, line.destinationPort)}, protocol ${line.protocol}, ${line.packets} packets: ${line.because}`;
    }
    case 'detection':
      return `${line.at}  detected  ${line.title} (${line.technique}): ${line.because}`;
    case 'block':
      return `${line.at}  ${line.action}  ${line.range}${line.until === null ? '' : ` until ${line.until}`}: ${line.because}`;
    case 'summary':
      return [
        `${line.packets} packets in ${line.flows} flows: ${line.judged.accept} accepted, ${line.judged.drop} dropped${line.mode === 'tap' ? ' (in mode inline)' : ''}`,
        `${sum(line.detections)} detections, ${line.blocks.blocked} blocks, ${line.packetsOfBlocked} packets of blocked sources`,
        `${sum(line.damaged)} damaged, ${sum(line.notJudged)} not judged${line.problem === null ? '' : `; ${line.problem.message}`}`,
        `the machine: ${line.local.join(', ') || 'unknown'}${line.localIsInferred ? ' (by the capture; say --local where it is wrong)' : ''}`,
      ].join('\n');
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
