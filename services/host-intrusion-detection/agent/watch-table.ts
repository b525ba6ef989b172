/**
 * The rules that show us what the network detector needs, and nothing else: they look and never drop, but for what
 * comes by the canary's own device. Pure.
 *
 * Behind connection tracking (priority -200) and before everybody's filters, so that what a firewall drops is
 * seen too. Every packet is seen once: what comes at prerouting, what leaves at output.
 *
 * @see nft(8)
 */
import { CANARY_DEVICE } from './control.ts';

/** Ours alone; the firewall's own logging has another. */
export const WATCH_GROUP = 6;
export const WATCH_TABLE = 'demarc_watch';
/** So many seconds’ worth at once. */
const BURST_SECONDS = 2;
/** Headers, with all options. */
const HEADER_BYTES = 192;
/** The first packets of a connection: enough to know the protocol by. */
const FIRST_BYTES = 2_048;
/** Whole: calls and exploits of SMB span packets. */
export const WHOLE_BYTES = 65_535;
const FIRST_PACKETS = 7;

/** "SMB" and the byte before it: SMB 1, 2 and 3, compressed, encrypted; behind the four bytes of its framing. */
const SMB_MARKS = '{ 0xff534d42, 0xfe534d42, 0xfc534d42, 0xfd534d42 }';
/** Ports that SMB was spoken on, beside its own; a machine that serves it on more has other worries. */
const SMB_PORTS_MAX = 256;

/**
 * @param packetsPerSecond logged when it is calm; beyond, they are counted as not looked at
 * @param learnsPorts SMB is known by what is said, on whatever port: needs a kernel of 5.16 or later
 * @returns one transaction for libnftables that puts the table in place of any before
 */
export function watchRules(packetsPerSecond: number, learnsPorts: boolean): string {
  const learn = `meta l4proto tcp @ih,32,32 ${SMB_MARKS} add @smb { tcp dport }`;
  return `table inet ${WATCH_TABLE}
delete table inet ${WATCH_TABLE}
table inet ${WATCH_TABLE} {
  limit pace { rate ${packetsPerSecond}/second burst ${packetsPerSecond * BURST_SECONDS} packets; }
  counter seen { }
  counter unseen { }
  set smb { type inet_service; flags dynamic,timeout; timeout 1d; size ${SMB_PORTS_MAX}; }
  chain look {
    tcp dport { 139, 445 } goto whole
    tcp sport { 139, 445 } goto whole
    tcp dport @smb goto whole
    tcp sport @smb goto whole
    tcp flags & (fin | syn | rst) != 0 goto header
    meta l4proto tcp tcp flags & ack == 0 goto header
    meta l4proto { icmp, ipv6-icmp } goto header
    ct state { invalid, untracked } goto header
    ct packets 1-${FIRST_PACKETS} goto first
    ct state new goto header
  }
  chain header { limit name "pace" counter name "seen" log group ${WATCH_GROUP} snaplen ${HEADER_BYTES} return; counter name "unseen"; }
  chain first { limit name "pace" counter name "seen" log group ${WATCH_GROUP} snaplen ${FIRST_BYTES} return; counter name "unseen"; }
  chain whole { limit name "pace" counter name "seen" log group ${WATCH_GROUP} snaplen ${WHOLE_BYTES} return; counter name "unseen"; }
  chain incoming { type filter hook prerouting priority -150; policy accept;
    iifname "lo" return
    ${learnsPorts ? learn : ''}
    jump look
  }
  chain canary { type filter hook prerouting priority -149; policy accept;
    iifname "${CANARY_DEVICE}" drop
  }
  chain outgoing { type filter hook output priority -150; policy accept;
    oifname "lo" return
    jump look
  }
}
`;
}

export const NO_WATCH_RULES = `table inet ${WATCH_TABLE}\ndelete table inet ${WATCH_TABLE}\n`;
export const LIST_COUNTERS = `list counters table inet ${WATCH_TABLE}`;

/** @param json as libnftables answers `LIST_COUNTERS` */
export function countersOf(json: string): { readonly seen: number; readonly unseen: number } {
  const { nftables } = JSON.parse(json) as {
    readonly nftables: readonly { readonly counter?: { readonly name: string; readonly packets: number } }[];
  };
  const packets = (name: string): number =>
    nftables.find(({ counter }) => counter?.name === name)?.counter?.packets ?? 0;
  return { seen: packets('seen'), unseen: packets('unseen') };
}
