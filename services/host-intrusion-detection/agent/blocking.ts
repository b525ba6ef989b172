/**
 * From detections to the kernel's block-list, and what is written down about it.
 *
 * Who decides is `network/blocks`; who drops is the room that provides `network-blocking`. Blocks are kept on disk
 * and handed over again whenever somebody else provides it: a firewall that starts later knows them too.
 */
import { join } from 'node:path';
import type { AgentRoomContext, NetworkBlocking, OcsfEvent } from '@demarc/platform/contract/agent';
import * as z from 'zod';
import { type BlockEntry, type BlockState, Blocks } from '../network/blocks/blocks.ts';
import type { Detection } from '../network/detection.ts';
import type { NetworkDetectionPolicy } from '../network/policy.ts';
import { CANARY_NETWORK } from './control.ts';
import { readState, writeState } from './state-file.ts';
import { blockToOcsf } from './to-ocsf.ts';

const FILE = 'blocks.json';
const NO_FIREWALL = 'no firewall of this agent is at work';
const COMPARE_EVERY_MS = 5_000;
const TAP_MODE = 'the firewall only watches';

const KeptBlock = z.object({
  range: z.string(),
  fromMs: z.number(),
  untilMs: z.number(),
  by: z.union([z.object({ detection: z.string() }), z.object({ person: z.string() })]),
  because: z.string(),
  technique: z.string().optional(),
  offences: z.number(),
  isProved: z.boolean(),
  members: z.array(z.string()).optional(),
});
const KeptState = z.object({
  version: z.literal(1),
  blocks: z.array(KeptBlock).max(100_000),
  offenders: z.array(z.object({ address: z.string(), offences: z.number(), lastAtMs: z.number() })),
});

/** What became of a block that a person asked for. */
export interface BlockOutcome {
  readonly isInForce: boolean;
  readonly because: string;
}

export class Blocking {
  failures = 0;
  readonly #context: AgentRoomContext;
  readonly #file: string;
  #policy: NetworkDetectionPolicy;
  #allowed: string;
  #blocks: Blocks;
  #provider: NetworkBlocking | undefined;
  #comparedAtMs = 0;

  /** @param policy with the machine's own addresses as `protect`, and whom to spare in any case in `allow` */
  constructor(context: AgentRoomContext, policy: NetworkDetectionPolicy) {
    this.#context = context;
    this.#policy = policy;
    this.#file = join(context.stateDirectory, FILE);
    const kept = KeptState.safeParse(readState(this.#file));
    const allowed = context.use('network-blocking')?.allowed() ?? [];
    this.#allowed = JSON.stringify(allowed);
    this.#blocks = new Blocks(this.#with(allowed), kept.success ? (kept.data as BlockState) : undefined);
  }

  get count(): number {
    return this.#blocks.size;
  }

  /** Why a block is only written down; undefined when it is in force. */
  get obstacle(): string | undefined {
    const provider = this.#context.use('network-blocking');
    if (provider === undefined) return NO_FIREWALL;
    return provider.drops ? undefined : TAP_MODE;
  }

  isBlocked(range: string): boolean {
    return this.#blocks.state.blocks.some(
      (block) => block.range === range && block.untilMs > this.#context.now(),
    );
  }

  /** @returns what happened, for the spool */
  async decide(detection: Detection): Promise<readonly OcsfEvent[]> {
    return this.#carryOut(this.#blocks.decide(detection, this.#context.now()));
  }

  async block(range: string, person: string, because: string, untilMs: number): Promise<BlockOutcome> {
    const now = this.#context.now();
    const seconds = Math.max(1, Math.ceil((untilMs - now) / 1_000));
    const entry = this.#blocks.block(range, person, because, seconds, now);
    await this.#context.emit(await this.#carryOut([entry]));
    if (entry.action === 'spared') return { isInForce: false, because: entry.because };
    const { obstacle } = this;
    return { isInForce: true, because: obstacle === undefined ? 'blocked' : `not dropped: ${obstacle}` };
  }

  async unblock(range: string, person: string, because: string): Promise<boolean> {
    const entry = this.#blocks.unblock(range, person, because, this.#context.now());
    if (entry !== undefined) await this.#context.emit(await this.#carryOut([entry]));
    // Asked again, somebody is still kept out of whom nothing is known here.
    else await this.#tried(async () => this.#context.use('network-blocking')?.unblock(range));
    return entry !== undefined;
  }

  /** Goes on by another policy; whom nobody may block by it is let in. */
  async follow(policy: NetworkDetectionPolicy): Promise<void> {
    this.#policy = policy;
    await this.#allow(this.#context.use('network-blocking')?.allowed() ?? []);
  }

  /** Ends what is over, and tells a firewall that was not there before. Called every second. */
  async tick(): Promise<void> {
    const provider = this.#context.use('network-blocking');
    const allowed = provider?.allowed() ?? [];
    if (JSON.stringify(allowed) !== this.#allowed) await this.#allow(allowed);
    const entries = this.#blocks.expire(this.#context.now());
    if (entries.length > 0) await this.#context.emit(await this.#carryOut(entries));
    const isAnother = provider !== this.#provider;
    this.#provider = provider;
    if (provider === undefined) return;
    if (isAnother)
      for (const { range, untilMs } of this.#blocks.state.blocks) await this.#tell(provider, range, untilMs);
    if (isAnother || this.#context.now() - this.#comparedAtMs >= COMPARE_EVERY_MS)
      await this.#compare(provider);
  }

  /** What the kernel still blocks and nobody here knows of: let in while no firewall heard of it, or in vain. */
  async #compare(provider: NetworkBlocking): Promise<void> {
    this.#comparedAtMs = this.#context.now();
    const blocked = await provider.blocked().catch(() => []);
    const known = new Set(this.#blocks.state.blocks.map(({ range }) => range));
    for (const range of blocked) if (!known.has(range)) await this.#tried(() => provider.unblock(range));
  }

  /** Whoever is allowed from now on is not blocked any more. */
  async #allow(allowed: readonly string[]): Promise<void> {
    this.#allowed = JSON.stringify(allowed);
    const before = this.#blocks.state;
    this.#blocks = new Blocks(this.#with(allowed), before);
    const now = new Set(this.#blocks.state.blocks.map(({ range }) => range));
    const gone = before.blocks.filter(({ range }) => !now.has(range));
    const entries = gone.map(
      ({ range, by }): BlockEntry => ({
        atMs: this.#context.now(),
        action: 'unblocked',
        range,
        by,
        because: 'it is allowed now',
      }),
    );
    if (entries.length > 0) await this.#context.emit(await this.#carryOut(entries));
  }

  /** The kernel first, then the disk, then whoever reads about it. */
  async #carryOut(entries: readonly BlockEntry[]): Promise<readonly OcsfEvent[]> {
    if (entries.length === 0) return [];
    const provider = this.#context.use('network-blocking');
    const state = new Map(this.#blocks.state.blocks.map((block) => [block.range, block]));
    const events: OcsfEvent[] = [];
    for (const entry of entries) {
      let notBlockedBecause = this.obstacle;
      if (provider !== undefined) {
        const failed =
          entry.action === 'blocked' || entry.action === 'prolonged'
            ? await this.#tell(provider, entry.range, entry.untilMs ?? 0)
            : await this.#untell(provider, entry);
        notBlockedBecause ??= failed;
      }
      events.push(
        blockToOcsf(entry, state.get(entry.range)?.offences, notBlockedBecause, this.#context.host),
      );
    }
    this.#save();
    return events;
  }

  async #tell(provider: NetworkBlocking, range: string, untilMs: number): Promise<string | undefined> {
    const seconds = Math.ceil((untilMs - this.#context.now()) / 1_000);
    if (seconds < 1) return undefined;
    return this.#tried(() => provider.block(range, seconds));
  }

  async #untell(provider: NetworkBlocking, { action, range }: BlockEntry): Promise<string | undefined> {
    if (action === 'spared') return undefined;
    return this.#tried(() => provider.unblock(range));
  }

  async #tried(work: () => Promise<void>): Promise<string | undefined> {
    try {
      await work();
      return undefined;
    } catch (error) {
      this.failures += 1;
      const because = error instanceof Error ? error.message : String(error);
      this.#context.log('the firewall did not take a block', { because });
      return because;
    }
  }

  #with(allowed: readonly string[]): NetworkDetectionPolicy {
    return { ...this.#policy, allow: [...this.#policy.allow, ...allowed, CANARY_NETWORK] };
  }

  #save(): void {
    try {
      writeState(this.#file, this.#blocks.state);
    } catch (error) {
      // The kernel has them; after a restart they would be forgotten here, and end there.
      this.#context.log('the blocks could not be written', {
        because: error instanceof Error ? error.message : String(error),
      });
    }
  }
}
