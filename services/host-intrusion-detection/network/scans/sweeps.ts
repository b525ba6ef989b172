/** One source that asks many hosts for the same thing. */
import { type Detection, type DetectionKind, detection } from '../detection.ts';
import type { NetworkDetectionPolicy } from '../policy.ts';
import { TwoTier } from '../two-tier.ts';
import { ANSWER_MS_MAX, HELD_MS_MIN } from './pair.ts';

const SOURCES_MAX = 16_384;
/** What one source asks for, of which it is remembered; further things make room. */
const THINGS_MAX = 8;
const TARGETS_MAX = 256;

export type SweepKind = Extract<DetectionKind, 'tcp-sweep' | 'udp-sweep' | 'ping-sweep' | 'arp-sweep'>;

interface Asked {
  readonly kind: SweepKind;
  readonly port: number | undefined;
  /** By target, oldest first. */
  readonly targets: Map<string, { readonly atMs: number; isInVain: boolean }>;
  saidAtMs: number;
}

/** Most ask one host: that is remembered without any of the rest. */
interface Source {
  readonly kind: SweepKind;
  readonly port: number | undefined;
  /** Empty once it turned out to be served. */
  target: string;
  readonly atMs: number;
  things: Map<string, Asked> | undefined;
}

export class Sweeps {
  readonly #sources = new TwoTier<Source>(SOURCES_MAX);
  /** Of which the time may tell more than the next packet does. */
  readonly #waiting = new Map<string, { readonly source: string; readonly asked: Asked }>();
  readonly #policy: NetworkDetectionPolicy;

  constructor(policy: NetworkDetectionPolicy) {
    this.#policy = policy;
  }

  get evicted(): number {
    return this.#sources.evicted;
  }

  add(kind: SweepKind, source: string, target: string, port: number | undefined, nowMs: number): void {
    const known = this.#sources.get(source);
    if (known === undefined) {
      this.#sources.add(source, { kind, port, target, atMs: nowMs, things: undefined });
      return;
    }
    if (known.things === undefined && known.target === target) return;
    const asked = askedOf(known, kind, port);
    if (asked.targets.has(target)) return;
    for (const [oldest, { atMs }] of asked.targets) {
      const isFull = asked.targets.size >= TARGETS_MAX;
      if (isFull && nowMs - atMs < HELD_MS_MIN) return;
      if (!isFull && nowMs - atMs <= this.#policy.scans.sweepWindowSeconds * 1_000) break;
      asked.targets.delete(oldest);
    }
    asked.targets.set(target, { atMs: nowMs, isInVain: false });
    if (asked.targets.size > 1) this.#sources.keep(source);
    if (asked.targets.size >= this.#threshold(kind))
      this.#waiting.set(`${source} ${nameOf(kind, port)}`, { source, asked });
  }

  refuse(kind: SweepKind, source: string, target: string, port: number | undefined): void {
    const found = this.#sources.get(source)?.things?.get(nameOf(kind, port))?.targets.get(target);
    if (found !== undefined) found.isInVain = true;
  }

  clear(kind: SweepKind, source: string, target: string, port: number | undefined): void {
    const known = this.#sources.get(source);
    if (known?.things !== undefined) known.things.get(nameOf(kind, port))?.targets.delete(target);
    else if (known?.target === target) known.target = '';
  }

  /** Called several times a second: what was not answered by now is in vain. */
  judge(nowMs: number): readonly Detection[] {
    const said: Detection[] = [];
    for (const [key, { source, asked }] of this.#waiting) {
      const inVain = [...asked.targets].filter(
        ([, { atMs, isInVain }]) => isInVain || nowMs - atMs >= ANSWER_MS_MAX,
      );
      const isOver = inVain.length === asked.targets.size;
      if (
        inVain.length >= this.#threshold(asked.kind) &&
        nowMs - asked.saidAtMs >= this.#policy.repeatSeconds * 1_000
      ) {
        asked.saidAtMs = nowMs;
        said.push(
          say(
            source,
            asked,
            inVain.map(([target]) => target),
            nowMs,
          ),
        );
      }
      if (isOver) this.#waiting.delete(key);
    }
    return said;
  }

  #threshold(kind: SweepKind): number {
    return kind === 'arp-sweep' ? this.#policy.scans.arpSweepTargets : this.#policy.scans.sweepTargets;
  }
}

function askedOf(source: Source, kind: SweepKind, port: number | undefined): Asked {
  if (source.things === undefined) {
    const first: Asked = { kind: source.kind, port: source.port, targets: new Map(), saidAtMs: -Infinity };
    if (source.target !== '') first.targets.set(source.target, { atMs: source.atMs, isInVain: false });
    source.things = new Map([[nameOf(source.kind, source.port), first]]);
  }
  const { things } = source;
  const name = nameOf(kind, port);
  const known = things.get(name);
  if (known !== undefined) return known;
  if (things.size >= THINGS_MAX) {
    // A port scan asks for thousands of things, of one target each: what has more targets is what is looked for.
    const [least] = [...things].sort(([, a], [, b]) => a.targets.size - b.targets.size);
    if (least !== undefined) things.delete(least[0]);
  }
  const made: Asked = { kind, port, targets: new Map(), saidAtMs: -Infinity };
  things.set(name, made);
  return made;
}

const nameOf = (kind: SweepKind, port: number | undefined): string => `${kind} ${port ?? ''}`;

function say(
  source: string,
  { kind, port, targets }: Asked,
  inVain: readonly string[],
  nowMs: number,
): Detection {
  const firstAtMs = Math.min(...[...targets.values()].map(({ atMs }) => atMs));
  return detection({
    kind,
    firstAtMs,
    lastAtMs: nowMs,
    sources: [source],
    targets: inVain,
    ports: port === undefined ? [] : [port],
    evidence: { targets: inVain.length },
    because: `${source} asked ${inVain.length} hosts ${port === undefined ? 'whether they are there' : `for port ${port}`} in ${((nowMs - firstAtMs) / 1_000).toFixed(1)} s`,
    sourceIsProved: false,
  });
}
