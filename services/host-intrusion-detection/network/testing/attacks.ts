/** Attacks that real tools make in a range: the commands, and what they are detected as. */
import { execFileSync } from 'node:child_process';
import type { DetectionKind } from '../detection.ts';
import { ADDRESS, type Range } from './range.ts';

const TOOLS = ['ip', 'tcpdump', 'nmap', 'hping3', 'masscan', 'smbclient', 'hydra', 'smbd', 'curl', 'python3'];

/** Why no attack can be made here. */
export const cannotAttack: string | false = (() => {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = TOOLS.filter((tool) => !has(tool));
  return missing.length > 0 ? `without ${missing.join(', ')}: no attack was made` : false;
})();

const { target, attacker, bot } = ADDRESS;
const NMAP = ['nmap', '-n', '-Pn', '-T4', '--max-retries', '0', '--host-timeout', '4s'];
const nmap = (...options: readonly string[]): readonly string[] => [...NMAP, ...options];
const hping = (...options: readonly string[]): readonly string[] => ['hping3', '-q', ...options, target];

export interface Attack {
  readonly kind: DetectionKind;
  readonly commands: readonly (readonly string[])[];
  readonly seconds?: number;
  readonly sources?: readonly string[];
  /** The attacker's further address that tools are made to use which have no option for one. */
  readonly from?: string;
}
/** Not the port that everyone looks at. */
export const SMB_PORT = 4_450;
const SMBCLIENT = ['smbclient', '-s', '/dev/null', '-p', String(SMB_PORT)];
const smbclient = (user: string, ...options: readonly string[]): readonly string[] => [
  ...SMBCLIENT,
  '-U',
  user,
  ...options,
];
/** Of nobody else: what an address was blocked for must not be what the next attack is held for. */
const HYDRA = bot(11);
/** The same kind by the same address is not said again so soon. */
const RESETTING = bot(12);
const BOTS = Array.from({ length: 10 }, (_, at) => bot(at));

export const ATTACKS: Readonly<Record<string, Attack>> = {
  'SYN scan (nmap -sS)': { kind: 'syn-scan', commands: [nmap('-sS', '-p1-200', target)] },
  'connect scan (nmap -sT)': { kind: 'connect-scan', commands: [nmap('-sT', '-p1-200', target)] },
  'NULL scan (nmap -sN)': { kind: 'null-scan', commands: [nmap('-sN', '-p1-60', target)] },
  'Xmas scan (nmap -sX)': { kind: 'xmas-scan', commands: [nmap('-sX', '-p1-60', target)] },
  'FIN scan (nmap -sF)': { kind: 'fin-scan', commands: [nmap('-sF', '-p1-60', target)] },
  'ACK scan (nmap -sA)': { kind: 'ack-scan', commands: [nmap('-sA', '-p1-100', target)] },
  'UDP scan (nmap -sU)': { kind: 'udp-scan', commands: [nmap('-sU', '-p1-60', target)] },
  'OS fingerprinting (nmap -O)': {
    kind: 'os-fingerprint',
    commands: [nmap('-O', '--max-os-tries', '1', '-p', '79-81', target)],
  },
  'SYN flood (hping3)': {
    kind: 'syn-flood',
    commands: [hping('-S', '-p', '80', '-i', 'u200', '-c', '4000')],
  },
  'ACK flood (hping3)': {
    kind: 'tcp-flood',
    commands: [hping('-A', '-p', '80', '-i', 'u20', '-c', '15000')],
  },
  'RST flood (hping3)': {
    kind: 'tcp-flood',
    commands: [hping('-a', RESETTING, '-R', '-p', '80', '-i', 'u20', '-c', '15000')],
    sources: [RESETTING],
  },
  'ICMP flood (hping3)': { kind: 'icmp-flood', commands: [hping('--icmp', '-i', 'u200', '-c', '4000')] },
  'UDP flood (hping3)': {
    kind: 'udp-flood',
    commands: [hping('--udp', '-p', '53', '-i', 'u20', '-c', '15000')],
  },
  'SYN-FIN scan (nmap --scanflags)': {
    kind: 'syn-fin-scan',
    commands: [nmap('-sS', '--scanflags', 'SYNFIN', '-p1-60', target)],
  },
  'SYN-RST scan (nmap --scanflags)': {
    kind: 'xmas-scan',
    commands: [nmap('-sS', '--scanflags', 'SYNRST', '-p1-60', target)],
  },
  'Maimon scan (nmap -sM)': { kind: 'maimon-scan', commands: [nmap('-sM', '-p1-60', target)] },
  'IP protocol scan (nmap -sO)': { kind: 'protocol-scan', commands: [nmap('-sO', '-p0-60', target)] },
  'fast scan (masscan)': { kind: 'syn-scan', commands: [], seconds: 3 },
  'ping sweep (nmap -sn)': {
    kind: 'ping-sweep',
    commands: [['nmap', '-n', '-sn', '-PE', '--send-ip', '-T4', '--max-retries', '0', '10.232.3.0/27']],
    seconds: 4,
  },
  'distributed scan (nmap -S)': {
    kind: 'distributed-scan',
    commands: BOTS.map((source, at) =>
      nmap('-sS', '-S', source, '-e', 'to-target', `-p${1_000 + 3 * at}-${1_002 + 3 * at}`, target),
    ),
    sources: BOTS,
  },
  'SMB password guessing (smbclient)': {
    kind: 'smb-brute-force',
    commands: Array.from({ length: 8 }, (_, at) =>
      smbclient(`admin%word${at}`, `//${target}/C$`, '-c', 'ls'),
    ),
  },
  'SMB password guessing (hydra)': {
    kind: 'smb-brute-force',
    commands: [
      [
        'hydra',
        '-I',
        '-t',
        '1',
        '-l',
        'administrator',
        '-x',
        '1:1:abcdefgh',
        '-s',
        String(SMB_PORT),
        target,
        'smb',
      ],
    ],
    // Blocked, it would go on asking for a while.
    seconds: 6,
    from: HYDRA,
    sources: [HYDRA],
  },
  'anonymous SMB session (smbclient -N)': {
    kind: 'null-session',
    commands: [smbclient('%', '-N', '-L', `//${target}`)],
  },
  'SYN flood from forged addresses (hping3 --rand-source)': {
    kind: 'syn-flood',
    commands: [hping('-S', '-p', '80', '-i', 'u100', '-c', '9000', '--rand-source')],
    sources: [],
  },
};

/** Makes it, and returns when it is over. */
export async function attack(range: Range, name: string): Promise<void> {
  const { commands, seconds, from } = ATTACKS[name] ?? { commands: [] };
  const all = name.includes('masscan') ? [await masscan(range)] : commands;
  const route = [`${target}/32`, 'dev', 'to-target', 'src', from ?? attacker];
  if (from !== undefined) await range.run('attacker', ['ip', 'route', 'add', ...route]);
  await Promise.all(all.map((command) => range.run('attacker', command, seconds)));
  if (from !== undefined) await range.run('attacker', ['ip', 'route', 'del', ...route]);
}

async function masscan(range: Range): Promise<readonly string[]> {
  const router = (await range.run('target', ['cat', '/sys/class/net/to-attacker/address'])).trim();
  const options = ['-p1-500', '--rate', '500', '-e', 'to-target', '--adapter-ip', attacker];
  return ['masscan', target, ...options, '--router-mac', router];
}

function has(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', tool]);
    return true;
  } catch {
    return false;
  }
}
