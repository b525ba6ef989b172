/** The firewall of this machine: policies on trial, confirmed or taken back, and timed blocks. Nothing but our table is touched. */

import { createHash } from 'node:crypto';
import type { OwnThread } from '@demarc/platform/netfilter';
import { compile } from '../compile/compile.ts';
import { type Ruleset, TABLE } from '../compile/nft.ts';
import { contextsOf, type HostFirewallPolicy } from '../policy.ts';
import { type BlockOutcome, block, listBlocks, swap, unblock } from './blocks.ts';
import {
  apply,
  confirm,
  type Program,
  REMOVE,
  type Recovered,
  recover,
  revert,
  type Trial,
} from './commit.ts';
import { digestOf } from './digest.ts';
import { ChangeFiles } from './pending.ts';

export interface HostFirewall {
  /** What the start before this one left behind, and what became of it. */
  readonly recovered: Recovered;
  /**
   * Puts a policy in force until its `confirmSeconds` are over.
   *
   * @param localAddresses of this machine: they say which contexts are in force
   * @throws HFW_CHANGE_PENDING, HFW_WATCHDOG_FAILED, HFW_TOO_LATE, NFT_REFUSED; after each the policy before is in force
   */
  propose(policy: HostFirewallPolicy, localAddresses: readonly string[]): Promise<Trial>;
  /** To be called only after the server was reached under the new policy: that is what a confirmation means. */
  confirm(id: string): 'confirmed' | 'too-late';
  /** @returns false when it was settled before */
  withdraw(id: string): Promise<boolean>;
  /** @throws HFW_BLOCK_INVALID, NFT_REFUSED when no policy is in force */
  block(address: string, seconds: number): Promise<BlockOutcome>;
  /** @returns false when it was not blocked, as itself */
  unblock(address: string): Promise<boolean>;
  blocks(): ReturnType<typeof listBlocks>;
  /** Whether this policy, compiled for this machine, is what was confirmed last. */
  isConfirmed(policy: HostFirewallPolicy, localAddresses: readonly string[]): boolean;
  /** Of the rules in the kernel; undefined when our table is not there. */
  digest(): Promise<string | undefined>;
  /** Loads what was confirmed last, with the blocks of now. @returns false when nothing was */
  putBack(): Promise<boolean>;
  readonly nft: OwnThread;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * @param directory of this room alone, on a disk that outlives a reboot
 * @param nft is closed with the firewall
 * @param watchdog the program that runs `watchdog.ts`, and its arguments before the watchdog's own
 * @throws NFT_MISSING
 */
export async function openHostFirewall(
  directory: string,
  nft: OwnThread,
  watchdog: Program,
): Promise<HostFirewall> {
  try {
    const files = new ChangeFiles(directory);
    const recovered = await recover(files, nft);
    return {
      nft,
      recovered,
      propose: (policy, localAddresses) =>
        apply(files, nft, rulesOf(policy, localAddresses), policy.confirmSeconds, watchdog),
      isConfirmed: (policy, localAddresses) =>
        files.confirmed() === JSON.stringify(rulesOf(policy, localAddresses)),
      digest: digester(nft),
      putBack: async () => {
        const confirmed = files.confirmed();
        if (confirmed !== null) await swap(nft, JSON.parse(confirmed) as Ruleset);
        return confirmed !== null;
      },
      confirm: (id) => confirm(files, id),
      withdraw: (id) => revert(files, nft, id, 'it was withdrawn'),
      block: (address, seconds) => block(nft, address, seconds),
      unblock: (address) => unblock(nft, address),
      blocks: () => listBlocks(nft.run),
      [Symbol.asyncDispose]: () => nft[Symbol.asyncDispose](),
    };
  } catch (error) {
    await nft[Symbol.asyncDispose]();
    throw error;
  }
}

/** Removes our table and forgets what was confirmed: nothing of the firewall is left on the machine. */
export async function removeHostFirewall(directory: string, nft: OwnThread): Promise<void> {
  await nft.inTurn(() => nft.run(REMOVE));
  new ChangeFiles(directory).clear();
}

function rulesOf(policy: HostFirewallPolicy, localAddresses: readonly string[]): Ruleset {
  return compile(policy, { contexts: contextsOf(policy, localAddresses), canary: true });
}

/** Remembers the last listing by its hash: nearly always it is the same again, and need not be taken apart. */
function digester({ run, inTurn }: OwnThread): () => Promise<string | undefined> {
  let last: { readonly listing: string; readonly digest: string } | undefined;
  return async () => {
    try {
      const text = await inTurn(() => run(`list table inet ${TABLE}`));
      const listing = createHash('sha256').update(text).digest('hex');
      if (last?.listing !== listing) last = { listing, digest: digestOf(text) };
      return last.digest;
    } catch (error) {
      if (error instanceof Error && /No such file or directory/.test(error.message)) return undefined;
      throw error;
    }
  };
}
