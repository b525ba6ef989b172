/**
 * From detections to blocks. Pure: the time is passed in, and what is known is plain data.
 *
 * Whoever is allowed is never blocked, whatever they seem to do. Sources that may be forged are blocked for short and
 * few at a time: otherwise anyone could have anyone blocked.
 */
import type { Detection } from '../detection.ts';
import type { NetworkDetectionPolicy } from '../policy.ts';
import { inRanges, type Ranges } from '../ranges.ts';
import type { Block, BlockEntry, BlockState } from './block.ts';
import { Offenders } from './offenders.ts';
import { groupOf, overlap } from './prefix.ts';

export type { Block, BlockEntry, BlockState } from './block.ts';

const MINUTE_MS = 60_000;

export class Blocks {
  readonly #policy: NetworkDetectionPolicy;
  readonly #isAllowed: Ranges;
  readonly #isOwn: Ranges;
  readonly #blocks = new Map<string, Block>();
  readonly #offenders: Offenders;
  /** When sources that may be forged were blocked, within the last minute. */
  #unproved: number[] = [];

  constructor(policy: NetworkDetectionPolicy, state?: BlockState) {
    this.#policy = policy;
    this.#isAllowed = inRanges(policy.allow);
    this.#isOwn = inRanges(policy.protect);
    this.#offenders = new Offenders(policy.blocks, state?.offenders);
    // The policy may have changed since: what is allowed now is not blocked any more.
    for (const block of state?.blocks ?? [])
      if (!this.#isSpared(block.range)) this.#blocks.set(block.range, block);
  }

  get size(): number {
    return this.#blocks.size;
  }

  get state(): BlockState {
    return { version: 1, blocks: [...this.#blocks.values()], offenders: this.#offenders.list };
  }

  /** The blocks that hold for an address, its own first: who and why. */
  blocksOf(address: string, nowMs: number): readonly Block[] {
    return [this.#blocks.get(address), this.#blocks.get(groupOf(address))].filter(
      (block) => block !== undefined && block.untilMs > nowMs,
    ) as readonly Block[];
  }

  /** What a detection leads to, entry by entry; refusals to block are entries too. */
  decide(detection: Detection, nowMs: number): readonly BlockEntry[] {
    const entries = [...this.expire(nowMs)];
    if (detection.response !== 'block') return entries;
    for (const source of detection.sources) entries.push(...this.#decideSource(source, detection, nowMs));
    return entries;
  }

  /** By a person: for as long as they say, and never for what is allowed. */
  block(range: string, person: string, because: string, seconds: number, nowMs: number): BlockEntry {
    const by = { person };
    if (this.#isSpared(range)) return spared(nowMs, range, by, 'it is allowed, or is of this machine');
    const untilMs = nowMs + Math.min(seconds, this.#policy.blocks.secondsMax) * 1_000;
    const made: Block = { range, fromMs: nowMs, untilMs, by, because, offences: 1, isProved: true };
    return this.#put(made) ? blocked(made, nowMs) : spared(nowMs, range, by, this.#full());
  }

  /** Takes a block back, and what the address is remembered for with it. */
  unblock(range: string, person: string, because: string, nowMs: number): BlockEntry | undefined {
    if (!this.#blocks.delete(range)) return undefined;
    this.#offenders.forget(range);
    return { atMs: nowMs, action: 'unblocked', range, by: { person }, because };
  }

  expire(nowMs: number): readonly BlockEntry[] {
    const entries: BlockEntry[] = [];
    for (const { range, by, untilMs } of this.#blocks.values()) {
      if (untilMs > nowMs) continue;
      this.#blocks.delete(range);
      entries.push({ atMs: untilMs, action: 'expired', range, by, because: 'its time is over' });
    }
    return entries;
  }

  #decideSource(source: string, found: Detection, nowMs: number): readonly BlockEntry[] {
    const by = { detection: found.kind };
    if (this.#isSpared(source))
      return [spared(nowMs, source, by, `it is allowed, or is of this machine: ${found.because}`)];
    const { technique, because, sourceIsProved } = found;
    const known = this.#blocks.get(source);
    const seconds = this.#offenders.secondsFor(source, known !== undefined, sourceIsProved, nowMs);
    const untilMs = nowMs + seconds * 1_000;
    if (known !== undefined) {
      if (untilMs <= known.untilMs) return [];
      // The same attack goes on: its block is as long again, and no second offence.
      this.#blocks.set(source, { ...known, untilMs, isProved: known.isProved || sourceIsProved });
      return [{ atMs: nowMs, action: 'prolonged', range: source, by, because, untilMs }];
    }
    if (this.blocksOf(source, nowMs).length > 0) return [];
    if (!sourceIsProved && !this.#mayBlockUnproved(nowMs))
      return [
        spared(
          nowMs,
          source,
          by,
          `${this.#policy.blocks.unprovedPerMinute} sources that may be forged were blocked within a minute`,
        ),
      ];
    const offences = this.#offenders.add(source, nowMs);
    const made: Block = {
      range: source,
      fromMs: nowMs,
      untilMs,
      by,
      because,
      technique,
      offences,
      isProved: sourceIsProved,
    };
    if (!this.#put(made)) return [spared(nowMs, source, by, this.#full())];
    if (!sourceIsProved) this.#unproved.push(nowMs);
    return [blocked(made, nowMs), ...this.#group(source, made, nowMs)];
  }

  /** Enough proved attackers of one network: the network. */
  #group(source: string, latest: Block, nowMs: number): readonly BlockEntry[] {
    const range = groupOf(source);
    const members = [...this.#blocks.values()].filter(
      (block) => block.isProved && inGroup(block.range, range),
    );
    const { groupAddresses } = this.#policy.blocks;
    if (groupAddresses === 0 || members.length < groupAddresses || !latest.isProved) return [];
    const by = latest.by;
    if (this.#isSpared(range))
      return [spared(nowMs, range, by, 'somebody in it is allowed, or it is of this machine')];
    const untilMs = Math.max(...members.map((block) => block.untilMs));
    const because = `${members.length} addresses of ${range} attacked; the last one: ${latest.because}`;
    const offences = this.#offenders.add(range, nowMs);
    const made: Block = {
      range,
      fromMs: nowMs,
      untilMs,
      by,
      because,
      offences,
      isProved: true,
      members: members.map((block) => block.range),
    };
    for (const member of members) this.#blocks.delete(member.range);
    this.#put(made);
    return [blocked(made, nowMs)];
  }

  #mayBlockUnproved(nowMs: number): boolean {
    this.#unproved = this.#unproved.filter((atMs) => nowMs - atMs < MINUTE_MS);
    return this.#unproved.length < this.#policy.blocks.unprovedPerMinute;
  }

  /** When all are taken, a source that may be forged makes room, the one whose block ends first. */
  #put(block: Block): boolean {
    if (this.#blocks.size >= this.#policy.blocks.blocksMax && !this.#blocks.has(block.range)) {
      if (!block.isProved) return false;
      const [first] = [...this.#blocks.values()]
        .filter(({ isProved }) => !isProved)
        .sort((a, b) => a.untilMs - b.untilMs);
      if (first === undefined) return false;
      this.#blocks.delete(first.range);
    }
    this.#blocks.set(block.range, block);
    return true;
  }

  #isSpared(range: string): boolean {
    const isOne = !range.includes('/');
    if (isOne) return this.#isAllowed(range) || this.#isOwn(range);
    return [...this.#policy.allow, ...this.#policy.protect].some((other) => overlap(range, other));
  }

  #full(): string {
    return `there are ${this.#policy.blocks.blocksMax} blocks already`;
  }
}

function inGroup(range: string, group: string): boolean {
  return !range.includes('/') && groupOf(range) === group;
}

function blocked({ range, by, because, untilMs }: Block, atMs: number): BlockEntry {
  return { atMs, action: 'blocked', range, by, because, untilMs };
}

function spared(atMs: number, range: string, by: Block['by'], because: string): BlockEntry {
  return { atMs, action: 'spared', range, by, because };
}
