/**
 * Real attacks, from a network namespace of their own, captured where they arrive: each kind is detected with its
 * source within two seconds, and a client that is served meanwhile is never blocked.
 */
import { execFileSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import type { Frame } from '@demarc/platform/packets';
import type { DetectionKind } from './detection.ts';
import { ADDRESS, Range } from './testing/range.ts';
import { framesOf, replay } from './testing/replay.ts';

const TOOLS = ['ip', 'tcpdump', 'nmap', 'hping3', 'masscan', 'smbclient', 'hydra', 'smbd', 'curl', 'python3'];
const missing = TOOLS.filter((tool) => !has(tool));
const cannot =
  process.getuid?.() !== 0
    ? 'needs root'
    : missing.length > 0
      ? `without ${missing.join(', ')}: no attack was made`
      : false;
const DETECTED_MS_MAX = 2_000;

const { target, attacker, bot, client } = ADDRESS;
const NMAP = ['nmap', '-n', '-Pn', '-T4', '--max-retries', '0', '--host-timeout', '4s'];
const nmap = (...options: readonly string[]): readonly string[] => [...NMAP, ...options];
const hping = (...options: readonly string[]): readonly string[] => ['hping3', '-q', ...options, target];

interface Attack {
  readonly kind: DetectionKind;
  readonly commands: readonly (readonly string[])[];
  readonly seconds?: number;
  readonly sources?: readonly string[];
}
/** Not the port that everyone looks at. */
const SMB_PORT = 4_450;
const SMBCLIENT = ['smbclient', '-s', '/dev/null', '-p', String(SMB_PORT)];
const smbclient = (user: string, ...options: readonly string[]): readonly string[] => [
  ...SMBCLIENT,
  '-U',
  user,
  ...options,
];
const BOTS = Array.from({ length: 10 }, (_, at) => bot(at));

const ATTACKS: Readonly<Record<string, Attack>> = {
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
  'ICMP flood (hping3)': { kind: 'icmp-flood', commands: [hping('--icmp', '-i', 'u200', '-c', '4000')] },
  'UDP flood (hping3)': {
    kind: 'udp-flood',
    commands: [hping('--udp', '-p', '53', '-i', 'u20', '-c', '15000')],
  },
  'SYN-FIN scan (nmap --scanflags)': {
    kind: 'syn-fin-scan',
    commands: [nmap('-sS', '--scanflags', 'SYNFIN', '-p1-60', target)],
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

test('attacks', { skip: cannot, timeout: 120_000 }, async (t: TestContext) => {
  await using range = new Range();
  await range.build();
  range.launch('target', ['python3', '-m', 'http.server', '80', '--directory', range.directory]);
  await range.serveFiles(SMB_PORT);
  const router = (await range.run('target', ['cat', '/sys/class/net/to-attacker/address'])).trim();
  const masscan = [
    'masscan',
    target,
    '-p1-500',
    '--rate',
    '500',
    '-e',
    'to-target',
    '--adapter-ip',
    attacker,
  ];
  await range.startCapture(1_024);
  range.launch('client', [
    'sh',
    '-c',
    `while sleep 0.05; do curl -s -o /dev/null http://${ADDRESS.targetForClient}/; done`,
  ]);
  const made = new Map<string, readonly [fromMs: number, toMs: number]>();
  for (const [name, { commands, seconds }] of Object.entries(ATTACKS)) {
    const fromMs = Date.now();
    const all = name.includes('masscan') ? [[...masscan, '--router-mac', router]] : commands;
    await Promise.all(all.map((command) => range.run('attacker', command, seconds)));
    made.set(name, [fromMs, Date.now() + 1_500]);
  }
  await range.stopCapture();
  const frames = framesOf(range.capture);

  for (const [name, { kind, sources = [attacker] }] of Object.entries(ATTACKS))
    await t.test(`${name} is detected within two seconds, with its source`, (t: TestContext) => {
      const [fromMs, toMs] = made.get(name) ?? [0, 0];
      // Each by itself: what was said of the one before is not said again for a while.
      const within = frames.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
      const { detections, blocked } = replay(within);
      const found = detections.find((one) => one.kind === kind);
      t.assert.ok(
        found,
        `said: ${detections.map(({ because, ...said }) => `${said.kind}: ${because}`).join('; ')}`,
      );
      t.assert.ok(
        found.sources.every((source) => sources.includes(source)),
        found.sources.join(),
      );
      t.assert.equal(found.sources.length > 0, sources.length > 0);
      const seconds = (found.lastAtMs - found.firstAtMs) / 1_000;
      t.assert.ok(seconds <= DETECTED_MS_MAX / 1_000, `after ${seconds} s`);
      t.assert.ok(!blocked.includes(client));
      t.diagnostic(`${seconds.toFixed(2)} s: ${found.because}`);
    });

  await t.test('the client that is served meanwhile is never named', (t: TestContext) => {
    const { detections, blocked, packets } = replay(frames);
    t.assert.ok(!blocked.includes(client));
    t.assert.deepEqual(
      detections.filter(({ sources }) => sources.includes(client)),
      [],
    );
    t.assert.ok(blocked.includes(attacker));
    t.diagnostic(`${packets} packets, ${detections.length} detections, blocked: ${blocked.join(', ')}`);
  });

  await t.test('whoever is allowed is attacked with in vain: detected, and not blocked', (t: TestContext) => {
    const { detections, blocked } = replay(frames, { allow: [attacker], protect: ['10.232.0.0/16'] });
    t.assert.ok(detections.some(({ sources }) => sources.includes(attacker)));
    t.assert.ok(!blocked.includes(attacker));
  });

  await t.test('a scan of one port per 15 s is detected, in the time of its packets', (t: TestContext) => {
    const [fromMs, toMs] = made.get('connect scan (nmap -sT)') ?? [0, 0];
    const within = frames.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
    const { detections } = replay(slowed(within, 15_000));
    t.assert.deepEqual(
      [...new Set(detections.map(({ kind, sources }) => `${kind} ${sources.join()}`))],
      [`slow-scan ${attacker}`],
    );
  });
});

/** The attacker’s and only the attacker’s packets, each opening with its answers so long after the one before. */
function slowed(frames: readonly Frame[], everyMs: number): readonly Frame[] {
  let openings = 0;
  const [first] = frames;
  return frames.flatMap((frame) => {
    const ip = Buffer.from(frame.bytes).indexOf(Uint8Array.of(10, 232, 1, 66));
    if (ip < 0) return [];
    // Source and destination address are the last eight bytes of an IPv4 header without options; flags are at 33.
    const [start, isFromAttacker] = frame.bytes[ip - 12] === 0x45 ? [ip - 12, true] : [ip - 16, false];
    if (isFromAttacker && frame.bytes[start + 33] === 2) openings += 1;
    return [{ ...frame, atMs: (first?.atMs ?? 0) + openings * everyMs }];
  });
}

function has(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', tool]);
    return true;
  } catch {
    return false;
  }
}
