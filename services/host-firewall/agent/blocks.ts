/** The block-list of the kernel: add, list, remove. Each element is forgotten by the kernel when its time is over. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kernel } from '@demarc/platform/netfilter';
import type { BlockedElement } from '../compile/blocks.ts';
import { blockSets } from '../compile/blocks.ts';
import { type Ruleset, TABLE } from '../compile/nft.ts';
import { type AddressInterval, addressIntervalOf } from '../elements.ts';
import { hostFirewallErrors } from '../errors.ts';

type Run = (commands: string) => Promise<string>;

const ATTEMPTS_MAX = 20;
const ATTEMPT_PAUSE_MS = 50;

export const BLOCK_SECONDS_MAX = 31_536_000;

export type BlockOutcome =
  | { readonly outcome: 'blocked'; readonly replaced: readonly string[] }
  /** A wider block covers it already; until then only. */
  | { readonly outcome: 'covered'; readonly by: string; readonly expiresInSeconds: number };

interface Listed extends BlockedElement {
  readonly interval: AddressInterval;
}

/** @returns in the kernel’s order; empty when our table is not there */
export async function listBlocks(run: Run): Promise<readonly BlockedElement[]> {
  const lists = await Promise.all(([4, 6] as const).map((family) => listed(run, family)));
  return lists.flat().map(({ address, expiresInSeconds }) => ({ address, expiresInSeconds }));
}

/**
 * Blocks an address or a prefix. Narrower blocks and its own earlier one are replaced, in the same transaction.
 *
 * @throws HFW_BLOCK_INVALID, NFT_REFUSED when the policy’s table is not there
 */
export async function block(kernel: Kernel, address: string, seconds: number): Promise<BlockOutcome> {
  const interval = intervalOf(address);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > BLOCK_SECONDS_MAX)
    throw hostFirewallErrors.make('HFW_BLOCK_INVALID', {
      because: `${seconds} seconds is not within 1 to ${BLOCK_SECONDS_MAX}`,
    });
  return kernel.inTurn(async () => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await add(kernel.run, address, interval, seconds);
      } catch (error) {
        if (attempt === ATTEMPTS_MAX || !isRace(error)) throw error;
        await sleep(ATTEMPT_PAUSE_MS);
      }
    }
  });
}

/**
 * An element whose time is over is in no listing any more, and still in the kernel until it cleans up; or it was listed
 * and is gone. The next look knows better.
 */
function isRace(error: unknown): boolean {
  return error instanceof Error && /File exists|No such file or directory/.test(error.message);
}

async function add(
  run: Run,
  address: string,
  interval: AddressInterval,
  seconds: number,
): Promise<BlockOutcome> {
  const met = (await listed(run, interval.family)).filter(
    (one) => one.interval.low <= interval.high && interval.low <= one.interval.high,
  );
  const wider = met.find((one) => widthOf(one.interval) > widthOf(interval));
  if (wider !== undefined)
    return { outcome: 'covered', by: wider.address, expiresInSeconds: wider.expiresInSeconds };
  await run(
    JSON.stringify({
      nftables: [
        ...met.map((one) => elementCommand('delete', one)),
        elementCommand('add', { address, expiresInSeconds: seconds }),
      ],
    }),
  );
  return { outcome: 'blocked', replaced: met.map((one) => one.address) };
}

/** @returns false when it was not blocked, as itself */
export async function unblock({ run, inTurn }: Kernel, address: string): Promise<boolean> {
  const interval = intervalOf(address);
  return inTurn(async () => {
    const found = (await listed(run, interval.family)).find(
      (one) => one.interval.low === interval.low && one.interval.high === interval.high,
    );
    if (found === undefined) return false;
    await run(JSON.stringify({ nftables: [elementCommand('delete', found)] })).catch((error: unknown) => {
      // Its time was over in between: it is not blocked, which is what was asked for.
      if (!isRace(error)) throw error;
    });
    return true;
  });
}

/** Replaces our table; blocks are carried over as they are at that moment, none is lost in between. */
export async function swap({ run, inTurn }: Kernel, ruleset: Ruleset): Promise<void> {
  await inTurn(async () => run(JSON.stringify(withBlocks(ruleset, await listBlocks(run)))));
}

/** The same rules with the block-list as it is now, not as it was when they were compiled. */
function withBlocks(ruleset: Ruleset, blocked: readonly BlockedElement[]): Ruleset {
  const now = new Map(blockSets(blocked).map((set) => [set.name, set]));
  return {
    nftables: ruleset.nftables.map((command) => {
      if (!('add' in command) || !('set' in command.add)) return command;
      const set = now.get(command.add.set.name);
      return set === undefined ? command : { add: { set } };
    }),
  };
}

function intervalOf(address: string): AddressInterval {
  const interval = addressIntervalOf(address);
  if (interval === null || address.includes('-'))
    throw hostFirewallErrors.make('HFW_BLOCK_INVALID', { because: `"${address}" is no address or prefix` });
  return interval;
}

const widthOf = ({ low, high }: AddressInterval): bigint => high - low;

/** Taken from what a set of blocks would be compiled to, so that an element is written in one way only. */
function elementCommand(verb: 'add' | 'delete', one: BlockedElement): object {
  const set = blockSets([one]).find(({ elem }) => elem !== undefined);
  const elem =
    verb === 'add'
      ? set?.elem
      : set?.elem?.map((each) => (typeof each === 'object' && 'elem' in each ? each.elem.val : each));
  return { [verb]: { element: { family: 'inet', table: TABLE, name: set?.name, elem } } };
}

interface PrintedElement {
  readonly elem: {
    readonly val: string | { readonly prefix: { readonly addr: string; readonly len: number } };
    readonly expires?: number;
  };
}

async function listed(run: Run, family: 4 | 6): Promise<readonly Listed[]> {
  const output = await run(`list set inet ${TABLE} blocked${family}`).catch((error: unknown) => {
    // Nothing is blocked where there is no table.
    if (error instanceof Error && /No such file or directory/.test(error.message)) return '';
    throw error;
  });
  if (output === '') return [];
  const { nftables } = JSON.parse(output) as {
    readonly nftables: readonly { readonly set?: { readonly elem?: readonly PrintedElement[] } }[];
  };
  return nftables
    .flatMap(({ set }) => set?.elem ?? [])
    .flatMap(({ elem: { val, expires } }) => {
      const address = typeof val === 'string' ? val : `${val.prefix.addr}/${val.prefix.len}`;
      const interval = addressIntervalOf(address);
      return interval === null ? [] : [{ address, interval, expiresInSeconds: expires ?? 0 }];
    });
}
