/**
 * The allow-list that nobody has to write: what a machine must reach, and who is working on it, whatever a policy says.
 *
 * The platform, the default gateways, the name servers, and administrators who are logged in by SSH at that moment.
 */
import { lookup } from 'node:dns/promises';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIP } from 'node:net';
import { addressOf, addressText } from '../elements.ts';
import type { AllowListEntry } from '../policy.ts';

export interface Lifelines {
  /** Addresses of the platform. */
  readonly server: readonly string[];
  readonly serverPort: number;
  readonly gateways: readonly string[];
  readonly nameServers: readonly string[];
  readonly sshPorts: readonly number[];
  /** Where administrators' sessions come from. */
  readonly administrators: readonly string[];
}

/** Of each kind; what is beyond it is left out, and who needs more writes an allow-list. */
const ADDRESSES_MAX = 64;
const PROCESSES_MAX = 20_000;
const SSH = 22;
/** Since OpenSSH 9.8 each connection has a program of its own. */
const SSH_SERVERS: readonly string[] = ['sshd', 'sshd-session', 'sshd-auth'];
/** A connection that waits for its server has no socket yet. */
const NOT_ACCEPTED = '0';
const DNS = 53;

/** Pure. Sorted, so that the same lifelines are the same rules. */
export function allowListOf(lifelines: Lifelines): readonly AllowListEntry[] {
  const { server, serverPort, gateways, nameServers, sshPorts, administrators } = lifelines;
  const entry = (kind: string, why: string, peer: string, more: Partial<AllowListEntry>): AllowListEntry => ({
    id: `auto.${kind}.${peer.replaceAll(':', '-')}`,
    why,
    peer,
    protocol: 'any',
    localPorts: [],
    remotePorts: [],
    ...more,
  });
  const each = (peers: readonly string[]): readonly string[] =>
    [...new Set(peers)]
      .filter((peer) => addressOf(peer) !== null)
      .toSorted()
      .slice(0, ADDRESSES_MAX);
  return [
    ...each(server).map((peer) =>
      entry('platform', 'the platform that the agent reports to', peer, {
        protocol: 'tcp',
        remotePorts: [serverPort],
      }),
    ),
    ...each(gateways).map((peer) => entry('gateway', 'a default gateway', peer, {})),
    ...each(nameServers).flatMap((peer) =>
      (['tcp', 'udp'] as const).map((protocol) =>
        entry(`dns-${protocol}`, 'a name server', peer, { protocol, remotePorts: [DNS] }),
      ),
    ),
    ...each(administrators).map((peer) =>
      entry('ssh', 'an administrator who is logged in', peer, {
        protocol: 'tcp',
        localPorts: [...sshPorts].toSorted((a, b) => a - b),
      }),
    ),
  ];
}

/** @throws when the name of the platform is not known to the name servers */
export async function addressesOf(server: URL): Promise<readonly string[]> {
  const host = server.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) > 0) return [host];
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

export function portOf(server: URL): number {
  if (server.port !== '') return Number(server.port);
  return server.protocol === 'http:' ? 80 : 443;
}

export function gatewaysNow(): readonly string[] {
  return [...gatewaysOf(read('/proc/net/route')), ...gatewaysOf6(read('/proc/net/ipv6_route'))];
}

export function nameServersNow(): readonly string[] {
  // The second is where systemd-resolved, which listens on loopback, asks itself.
  return ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'].flatMap((file) =>
    nameServersOf(read(file)),
  );
}

/** The ports that sshd listens on, and 22: where systemd listens for it, nobody called sshd does. */
export function sshPortsNow(): readonly number[] {
  const held = sshSocketsNow();
  const listening = connectionsNow()
    .filter(({ state, inode }) => state === 'listening' && held.has(inode))
    .map(({ localPort }) => localPort);
  return [...new Set([SSH, ...listening])];
}

/**
 * Whoever is logged in. A connection is not enough: the allow-list always wins, so one who only guesses passwords while
 * a policy comes would be let in by it, and could not be blocked any more.
 */
export function administratorsNow(sshPorts: readonly number[]): readonly string[] {
  const established = connectionsNow().filter(
    ({ state, localPort, remote, inode }) =>
      state === 'established' &&
      sshPorts.includes(localPort) &&
      !isLoopback(remote) &&
      inode !== NOT_ACCEPTED,
  );
  if (established.length === 0) return [];
  const held = sshSocketsNow();
  // Of another server than OpenSSH nobody can say it: better one too many than an administrator locked out.
  return [...new Set(established.filter(({ inode }) => held.get(inode) ?? true).map(({ remote }) => remote))];
}

/**
 * Whether somebody has logged in, by what OpenSSH's sshd calls itself: before that a role in brackets stands behind the
 * name (`sshd: root [net]`, `[priv]`, `[accepted]`, `[listener]`), after it `sshd: root@pts/0`, or the name alone.
 */
export function isLoggedIn(title: string): boolean {
  return /^sshd(?:-session)?: [^\s[\]]+\s*$/.test(title);
}

/** @see proc_net_route(5): addresses are hexadecimal in the byte order of the machine. */
export function gatewaysOf(route: string): readonly string[] {
  return route.split('\n').flatMap((line) => {
    const [, destination, gateway, , , , , mask] = line.split(/\s+/);
    if (destination !== '00000000' || mask !== '00000000' || gateway === undefined || gateway === '00000000')
      return [];
    return textOf(gateway) ?? [];
  });
}

export function gatewaysOf6(route: string): readonly string[] {
  return route.split('\n').flatMap((line) => {
    const [destination, length, , , gateway, , , , , device] = line.trim().split(/\s+/);
    if (destination !== '0'.repeat(32) || length !== '00' || gateway === undefined || device === 'lo')
      return [];
    // No gateway, or the entry that says there is no route.
    if (!/^[0-9a-f]{32}$/.test(gateway) || /^0+$/.test(gateway)) return [];
    return addressText(6, BigInt(`0x${gateway}`));
  });
}

export function nameServersOf(resolv: string): readonly string[] {
  return resolv.split('\n').flatMap((line) => {
    const [, address = ''] = /^\s*nameserver\s+([^\s%#;]+)/.exec(line) ?? [];
    return addressOf(address) === null || isLoopback(address) ? [] : [address];
  });
}

export interface Connection {
  readonly localPort: number;
  readonly remote: string;
  readonly state: 'established' | 'listening' | 'other';
  readonly inode: string;
}

/** @param table as /proc/net/tcp or /proc/net/tcp6 has it, see proc_pid_net(5) */
export function connectionsOf(table: string): readonly Connection[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [, port] = local.split(':');
    const [address = ''] = remote.split(':');
    const text = textOf(address);
    if (port === undefined || text === undefined) return [];
    return {
      localPort: Number.parseInt(port, 16),
      remote: text,
      state: state === '01' ? 'established' : state === '0A' ? 'listening' : 'other',
      inode,
    } as const;
  });
}

function connectionsNow(): readonly Connection[] {
  return [...connectionsOf(read('/proc/net/tcp')), ...connectionsOf(read('/proc/net/tcp6'))];
}

/** Words of 32 bits, each in the byte order of the machine; all that Linux runs on today with Node is little-endian. */
function textOf(hex: string): string | undefined {
  const words = hex.match(/[0-9A-Fa-f]{8}/g);
  if (words === null || words.join('') !== hex) return undefined;
  const value = BigInt(`0x${words.map((word) => (word.match(/../g) ?? []).toReversed().join('')).join('')}`);
  if (words.length === 1) return addressText(4, value);
  if (words.length !== 4) return undefined;
  // An IPv4 peer of a socket for both families (RFC 4291 section 2.5.5.2).
  return value >> 32n === 0xffffn ? addressText(4, value & 0xffff_ffffn) : addressText(6, value);
}

/** Inodes of the sockets that processes of OpenSSH's server hold, and whether one of them is somebody's session. */
function sshSocketsNow(): ReadonlyMap<string, boolean> {
  const inodes = new Map<string, boolean>();
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  for (const pid of pids.slice(0, PROCESSES_MAX)) {
    if (!SSH_SERVERS.includes(read(`/proc/${pid}/comm`).trim())) continue;
    const isSession = isLoggedIn(read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
    for (const descriptor of list(`/proc/${pid}/fd`)) {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${descriptor}`)) ?? [];
      if (inode !== undefined) inodes.set(inode, isSession || inodes.get(inode) === true);
    }
  }
  return inodes;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** Empty where there is none: a machine without IPv6 has no such table, and processes end while they are read. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
