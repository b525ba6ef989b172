import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LINK, TCP_FLAGS, writePcap } from '@demarc/platform/packets';
import { type Replay, replay } from './replay.ts';
import { forPeople, type ReplayLine, type SummaryLine, type VerdictLine } from './replay-lines.ts';

const [HOST, PEER, SCANNER] = ['10.0.0.2', '10.0.0.9', '198.51.100.66'];
const { syn, ack, rst, psh } = TCP_FLAGS;
const POLICY = {
  mode: 'inline',
  defaultAction: { in: 'deny', out: 'allow' },
  rules: [{ id: 'web', direction: 'in', action: 'allow', protocol: 'tcp', destinationPorts: [80] }],
};

/** A TCP segment over IPv4, without link layer. */
function segment(
  atMs: number,
  source: string,
  destination: string,
  ports: readonly [number, number],
  flags: number,
  payload = 0,
) {
  const bytes = Buffer.alloc(40 + payload);
  bytes[0] = 0x45;
  bytes.writeUInt16BE(bytes.length, 2);
  bytes[8] = 64;
  bytes[9] = 6;
  bytes.set(source.split('.').map(Number), 12);
  bytes.set(destination.split('.').map(Number), 16);
  bytes.writeUInt16BE(ports[0], 20);
  bytes.writeUInt16BE(ports[1], 22);
  bytes[32] = 0x50;
  bytes[33] = flags;
  return { atMs: 1_700_000_000_000 + atMs, bytes };
}
type Segment = ReturnType<typeof segment>;

/** A client that is served on port 80, and one whose port no rule lets in. */
const served = (atMs: number, port: number, to = 80): readonly Segment[] => [
  segment(atMs, PEER, HOST, [port, to], syn),
  segment(atMs + 1, HOST, PEER, [to, port], syn | ack),
  segment(atMs + 2, PEER, HOST, [port, to], ack),
  segment(atMs + 3, PEER, HOST, [port, to], ack | psh, 20),
  segment(atMs + 4, HOST, PEER, [to, port], ack | psh, 200),
];
const scan: readonly Segment[] = Array.from({ length: 30 }, (_, at) => [
  segment(100 + at * 10, SCANNER, HOST, [4_000, 1 + at], syn),
  segment(101 + at * 10, HOST, SCANNER, [1 + at, 4_000], rst | ack),
]).flat();

async function replayed(
  t: TestContext,
  segments: readonly Segment[],
  {
    policy = POLICY,
    cut = 0,
    ...wanted
  }: { readonly policy?: object; readonly cut?: number } & Partial<Replay> = {},
): Promise<{
  readonly lines: readonly ReplayLine[];
  readonly summary: SummaryLine;
  readonly code: string | undefined;
}> {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-replay-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [policyFile, captureFile] = [join(directory, 'policy.json'), join(directory, 'capture.pcap')];
  const capture = writePcap(LINK.raw, segments);
  writeFileSync(policyFile, JSON.stringify(policy));
  writeFileSync(captureFile, capture.subarray(0, capture.length - cut));
  const lines: ReplayLine[] = [];
  const problem = await replay({ policyFile, captureFile, perPacket: false, ...wanted }, (line) =>
    lines.push(line),
  );
  return { lines, summary: lines.at(-1) as SummaryLine, code: problem?.code };
}
const verdictsOf = (lines: readonly ReplayLine[]): readonly VerdictLine[] =>
  lines.filter((line) => line.kind === 'verdict');

test('a flow is a line with its verdict and the rule that gave it', async (t: TestContext) => {
  const { lines } = await replayed(t, [...served(0, 5_000), ...served(50, 5_001, 22)]);
  t.assert.deepEqual(
    verdictsOf(lines).map(({ packet, verdict, rule, direction, destinationPort, packets }) => [
      packet,
      verdict,
      rule,
      direction,
      destinationPort,
      packets,
    ]),
    [
      [1, 'accept', 'web', 'in', 80, 5],
      // What is dropped opens no connection: its answer and what follows are of none either.
      [6, 'drop', null, 'in', 22, 5],
    ],
  );
});

test('every packet is a line where they are asked for', async (t: TestContext) => {
  const { lines } = await replayed(t, served(0, 5_000), { perPacket: true });
  t.assert.deepEqual(
    verdictsOf(lines).map(({ packet, rule, because }) => [packet, rule ?? because]),
    [
      [1, 'web'],
      [2, 'its connection was accepted (established)'],
      [3, 'its connection was accepted (established)'],
      [4, 'its connection was accepted (established)'],
      [5, 'its connection was accepted (established)'],
    ],
  );
});

test('a scan is detected and its source blocked, and the last line sums up', async (t: TestContext) => {
  const { lines, summary } = await replayed(t, [...served(0, 5_000), ...scan]);
  const detection = lines.find((line) => line.kind === 'detection');
  t.assert.deepEqual([detection?.detection, detection?.sources], ['syn-scan', [SCANNER]]);
  const block = lines.find((line) => line.kind === 'block');
  t.assert.deepEqual(
    [block?.action, block?.range, block?.by],
    ['blocked', SCANNER, { detection: 'syn-scan' }],
  );
  t.assert.equal(summary.packets, 65);
  t.assert.deepEqual(summary.detections, { 'syn-scan': 1 });
  t.assert.equal(summary.blocks.blocked, 1);
  t.assert.equal(summary.packetsOfBlocked, 20);
  t.assert.deepEqual(summary.rules, { web: 1, '(none)': 64 });
  t.assert.equal(summary.judged.accept + summary.judged.drop, 65);
  t.assert.deepEqual(summary.local, [HOST]);
  t.assert.ok(lines.every((line) => forPeople(line).length > 20));
});

test('whoever is on the allow-list is let in and never blocked', async (t: TestContext) => {
  const policy = { ...POLICY, allowList: [{ id: 'scanner', peer: '198.51.100.0-198.51.100.99' }] };
  const { lines, summary } = await replayed(t, scan, { policy });
  t.assert.equal(summary.blocks.blocked, 0);
  t.assert.equal(summary.blocks.spared, 1);
  t.assert.ok(verdictsOf(lines).every(({ verdict, rule }) => verdict === 'accept' && rule === 'scanner'));
});

test('in tap mode nothing is dropped, and what would have been is said', async (t: TestContext) => {
  const { summary } = await replayed(t, scan, { policy: { ...POLICY, mode: 'tap' } });
  t.assert.deepEqual(summary.verdicts, { accept: 60, drop: 0 });
  t.assert.equal(summary.judged.drop, 60);
});

test('of a machine that is named, what leaves it goes out', async (t: TestContext) => {
  const { lines } = await replayed(t, served(0, 5_000), { local: [PEER] });
  t.assert.deepEqual(
    verdictsOf(lines).map(({ direction, rule }) => [direction, rule]),
    [['out', null]],
  );
});

test('of a capture that is cut off, everything before is told, and then why there is no more', async (t: TestContext) => {
  const { summary, code } = await replayed(t, served(0, 5_000), { cut: 3 });
  t.assert.equal(code, 'PACKETS_CAPTURE_TRUNCATED');
  t.assert.equal(summary.packets, 4);
  t.assert.equal(summary.problem?.code, 'PACKETS_CAPTURE_TRUNCATED');
});

test('what cannot be read is refused, with a code', async (t: TestContext) => {
  await t.assert.rejects(replayed(t, [], { cut: 10 }), { code: 'PACKETS_NOT_A_CAPTURE' });
  await t.assert.rejects(replayed(t, [], { policy: { mode: 'loud' } }), { code: 'HFW_POLICY_INVALID' });
  await t.assert.rejects(replayed(t, [], { captureFile: '/nowhere/at.all' }), {
    code: 'CLI_FILE_UNREADABLE',
  });
});
