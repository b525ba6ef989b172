/** The firewall of this machine: policies on trial, confirmed or taken back, and timed blocks. Nothing but our table is touched. */
import { compile } from '../compile/compile.ts';
import { contextsOf, type HostFirewallPolicy } from '../policy.ts';
import { type BlockOutcome, block, listBlocks, unblock } from './blocks.ts';
import { apply, confirm, type Recovered, recover, revert, type Trial } from './commit.ts';
import { openNft } from './nft.ts';
import { ChangeFiles } from './pending.ts';

export interface HostFirewall {
  /** What the start before this one left behind, and what became of it. */
  readonly recovered: Recovered;
  /**
   * Puts a policy in force until its `confirmSeconds` are over.
   *
   * @param localAddresses of this machine: they say which contexts are in force
   * @throws HFW_CHANGE_PENDING, HFW_WATCHDOG_FAILED, HFW_RULES_REFUSED; after each the policy before is in force
   */
  propose(policy: HostFirewallPolicy, localAddresses: readonly string[]): Promise<Trial>;
  /** To be called only after the server was reached under the new policy: that is what a confirmation means. */
  confirm(id: string): 'confirmed' | 'too-late';
  /** @returns false when it was settled before */
  withdraw(id: string): Promise<boolean>;
  /** @throws HFW_BLOCK_INVALID, HFW_RULES_REFUSED when no policy is in force */
  block(address: string, seconds: number): Promise<BlockOutcome>;
  /** @returns false when it was not blocked, as itself */
  unblock(address: string): Promise<boolean>;
  blocks(): ReturnType<typeof listBlocks>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * @param directory of this room alone, on a disk that outlives a reboot
 * @throws HFW_NFTABLES_MISSING
 */
export async function openHostFirewall(directory: string): Promise<HostFirewall> {
  const nft = openNft();
  try {
    const files = new ChangeFiles(directory);
    const recovered = await recover(files, nft.run);
    return {
      recovered,
      propose: (policy, localAddresses) =>
        apply(
          files,
          nft.run,
          compile(policy, { contexts: contextsOf(policy, localAddresses) }),
          policy.confirmSeconds,
        ),
      confirm: (id) => confirm(files, id),
      withdraw: (id) => revert(files, nft.run, id, 'it was withdrawn'),
      block: (address, seconds) => block(nft.run, address, seconds),
      unblock: (address) => unblock(nft.run, address),
      blocks: () => listBlocks(nft.run),
      [Symbol.asyncDispose]: () => nft[Symbol.asyncDispose](),
    };
  } catch (error) {
    await nft[Symbol.asyncDispose]();
    throw error;
  }
}
