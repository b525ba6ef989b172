/** The firewall of this machine: policies on trial, confirmed or taken back, and timed blocks. Nothing but our table is touched. */

import { type OwnThread } from '@demarc/platform/netfilter';
import { compile } from '../compile/compile.ts';
import { contextsOf, type HostFirewallPolicy } from '../policy.ts';
import { type BlockOutcome, block, listBlocks, unblock } from './blocks.ts';
import { apply, confirm, type Program, type Recovered, recover, revert, type Trial } from './commit.ts';
import { ChangeFiles } from './pending.ts';

export interface HostFirewall {
  /** What the start before this one left behind, and what became of it. */
  readonly recovered: Recovered;
  /**
   * Puts a policy in force until its `confirmSeconds` are over.
   *
   * @param localAddresses of this machine: they say which contexts are in force
   * @throws HFW_CHANGE_PENDING, HFW_WATCHDOG_FAILED, NFT_REFUSED; after each the policy before is in force
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
      recovered,
      propose: (policy, localAddresses) =>
        apply(
          files,
          nft,
          compile(policy, { contexts: contextsOf(policy, localAddresses) }),
          policy.confirmSeconds,
          watchdog,
        ),
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
