/** Half a second of packets, counted by source and target. */

/** Short enough to be sure within a second, long enough that a handshake across the world is over. */
export const TALLY_MS = 500;
/** Pairs in one tally; beyond, only targets are counted. A flood of forged addresses brings one pair a packet. */
const PAIRS_MAX = 32_768;
/** Different ports are remembered up to here; a scan that is faster is a flood. */
const PORTS_MAX = 1_024;

export interface Counts {
  syn: number;
  completed: number;
  /** Segments that belong to no connection, but for resets. */
  stray: number;
  /** Resets of no connection, of which each should have a cause. */
  resets: number;
  /** Connections that began in the middle and were answered: they were there before anyone looked. */
  joined: number;
  udp: number;
  /** Of those, the first ones from their port to theirs. */
  udpFirst: number;
  /** Echo requests and other questions. */
  icmp: number;
  /** ICMP errors and answers, of which each should have a cause. */
  icmpAnswers: number;
  /** The only one so far, or none (-1); from the second on they are in `ports`. */
  port: number;
  ports: Set<number> | undefined;
}

export function portsOf({ port, ports }: Counts): readonly number[] {
  if (ports !== undefined) return [...ports];
  return port < 0 ? [] : [port];
}

type Counted = Exclude<keyof Counts, 'port' | 'ports'>;

export interface PairCounts extends Counts {
  readonly source: string;
  readonly target: string;
}
export interface TargetCounts extends Counts {
  sources: number;
}

export class Tally {
  readonly startMs: number;
  readonly pairs = new Map<string, PairCounts>();
  readonly targets = new Map<string, TargetCounts>();

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  /** Adds one of `what` to the source’s count and to its target’s. */
  count(what: Counted, pairKey: string, source: string, target: string, port: number | undefined): void {
    let all = this.targets.get(target);
    if (all === undefined) {
      all = { ...emptyCounts(), sources: 0 };
      this.targets.set(target, all);
    }
    let one = this.pairs.get(pairKey);
    if (one === undefined && this.pairs.size < PAIRS_MAX) {
      one = { ...emptyCounts(), source, target };
      this.pairs.set(pairKey, one);
      all.sources += 1;
    }
    all[what] += 1;
    if (port !== undefined) addPort(all, port);
    if (one === undefined) return;
    one[what] += 1;
    if (port !== undefined) addPort(one, port);
  }
}

function addPort(counts: Counts, port: number): void {
  if (counts.port === port) return;
  if (counts.port < 0) counts.port = port;
  else {
    counts.ports ??= new Set([counts.port]);
    if (counts.ports.size < PORTS_MAX) counts.ports.add(port);
  }
}

function emptyCounts(): Counts {
  return {
    syn: 0,
    completed: 0,
    stray: 0,
    resets: 0,
    joined: 0,
    udp: 0,
    udpFirst: 0,
    icmp: 0,
    icmpAnswers: 0,
    port: -1,
    ports: undefined,
  };
}
