/**
 * Nobody but a few may send or receive: a table of its own, before everything else.
 *
 * The drop asks a set whose two elements the kernel forgets when the time is over. So the machine is open again then
 * whatever became of the agent, its watchdogs and the platform.
 */
import type { Kernel } from '@demarc/platform/netfilter';
import { CANARY } from '../compile/compile.ts';
import { always } from '../compile/exempt.ts';
import { prefixOf } from '../compile/logged.ts';
import { Sets } from '../compile/sets.ts';
import { addressIntervalOf } from '../elements.ts';
import { hostFirewallErrors } from '../errors.ts';
import { type AllowListEntry, HostFirewallPolicy } from '../policy.ts';

const TABLE = 'demarc_isolation';
const ISOLATION_SECONDS_MAX = 31_536_000;
const EXCEPT_MAX = 256;
/** After fragments were put together (-400), before anything else, connection tracking included. */
const PRIORITY = -399;
const LINES_PER_SECOND = 10;

const add = { table: { family: 'inet', name: TABLE } };

export const REMOVE_ISOLATION = JSON.stringify({ nftables: [{ add }, { delete: add }] });

/**
 * @param allowList as it is in force: it always wins
 * @throws HFW_BLOCK_INVALID, NFT_REFUSED
 */
export async function isolate(
  kernel: Kernel,
  allowList: readonly AllowListEntry[],
  except: readonly string[],
  seconds: number,
  log: HostFirewallPolicy['log'],
): Promise<void> {
  const refuse = (because: string): never => {
    throw hostFirewallErrors.make('HFW_BLOCK_INVALID', { because });
  };
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > ISOLATION_SECONDS_MAX)
    refuse(`${seconds} seconds is not within 1 to ${ISOLATION_SECONDS_MAX}`);
  if (except.length > EXCEPT_MAX) refuse(`more than ${EXCEPT_MAX} exceptions`);
  for (const peer of except)
    if (addressIntervalOf(peer) === null) refuse(`"${peer}" is no address, prefix or range`);
  const ruleset = isolation(allowList, except, seconds, log);
  await kernel.inTurn(() => kernel.run(JSON.stringify(ruleset)));
}

/** Pure. */
export function isolation(
  allowList: readonly AllowListEntry[],
  except: readonly string[],
  seconds: number,
  { group, bytesPerPacket }: HostFirewallPolicy['log'],
): object {
  const exceptions = except.map((peer, index) => ({ id: `isolation-${index}`, peer }));
  const policy = {
    ...HostFirewallPolicy.parse({ allowList: exceptions }),
    allowList: [...HostFirewallPolicy.parse({ allowList: exceptions }).allowList, ...allowList],
  };
  const sets = new Sets(policy);
  const rules = (['in', 'out'] as const).flatMap((direction) => {
    const device = { meta: { key: direction === 'in' ? 'iifname' : 'oifname' } };
    const still = { match: { op: '==', left: { meta: { key: 'nfproto' } }, right: '@isolated' } };
    const log = { prefix: prefixOf('drop', ':isolated'), group, snaplen: bytesPerPacket };
    const limit = { rate: LINES_PER_SECOND, per: 'second', burst: LINES_PER_SECOND };
    return [
      [{ match: { op: '==', left: device, right: 'lo' } }, { accept: null }],
      // The agent's own probe goes on to the rules that it is about.
      [{ match: { op: '==', left: device, right: CANARY.interface } }, { accept: null }],
      ...always(policy, direction, sets).map(({ expr }) => [...expr, { accept: null }]),
      [still, { limit }, { log }],
      [still, { drop: null }],
    ].map((expr) => ({ add: { rule: { family: 'inet', table: TABLE, chain: direction, expr } } }));
  });
  const marks = ['ipv4', 'ipv6'].map((val) => ({ elem: { val, timeout: seconds } }));
  return {
    nftables: [
      { add },
      { delete: add },
      { add },
      {
        add: {
          set: {
            family: 'inet',
            table: TABLE,
            name: 'isolated',
            type: 'nf_proto',
            flags: ['timeout'],
            elem: marks,
          },
        },
      },
      ...sets.all().map((set) => ({ add: { set: { ...set, table: TABLE } } })),
      ...(['in', 'out'] as const).map((name) => ({
        add: {
          chain: {
            family: 'inet',
            table: TABLE,
            name,
            type: 'filter',
            hook: name === 'in' ? 'prerouting' : 'output',
            prio: PRIORITY,
            policy: 'accept',
          },
        },
      })),
      ...rules,
    ],
  };
}
