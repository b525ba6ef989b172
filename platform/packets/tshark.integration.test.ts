/** Every packet of real captures, read here and by Wireshark: the same addresses, protocols, ports, flags and types. */
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { CaptureReader } from './capture/reader.ts';
import { PacketDecoder } from './decode/decoder.ts';
import type { Packet } from './packet.ts';

const run = promisify(execFile);
/** Zeek's test traces (corpora/README.md), beside the project. */
const CAPTURES = join(import.meta.dirname, '../../../shared/corpora/pcap');
const isMissing = existsSync(CAPTURES)
  ? false
  : `no captures at ${CAPTURES}: nothing is compared with tshark`;
const files = globSync('**/*.pcap{,ng}', { cwd: CAPTURES }).sort();

const FIELDS = [
  'frame.time_epoch',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'ip.proto',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.flags',
  'tcp.seq_raw',
  'tcp.len',
  'udp.srcport',
  'udp.dstport',
  'icmp.type',
  'icmp.code',
  'icmpv6.type',
  'icmpv6.code',
];

test('packets are what tshark says they are', { skip: isMissing }, async (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-packets-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  // One start of tshark instead of one per capture; each becomes an interface of its own.
  const merged = join(directory, 'all.pcapng');
  await run('mergecap', ['-a', '-w', merged, ...files.map((file) => join(CAPTURES, file))]);
  const [theirs, ours] = [await tsharkLines(merged), linesOf(merged)];
  const apart = files.flatMap((file) => linesOf(join(CAPTURES, file)));
  const differing = theirs.flatMap((line, at) =>
    ours[at] === line ? [] : [`${at + 1}: ${ours[at]} tshark: ${line}`],
  );
  t.assert.deepEqual(differing.slice(0, 20), []);
  t.assert.equal(ours.length, theirs.length);
  t.assert.deepEqual(apart, ours);
  t.assert.ok(theirs.length > 20_000);
  t.diagnostic(
    `${theirs.length} packets of ${files.length} captures are as tshark ${await version()} reads them`,
  );
});

async function version(): Promise<string> {
  const { stdout } = await run('tshark', ['--version']);
  return /\d[\d.]*/.exec(stdout)?.[0] ?? '';
}

function linesOf(file: string): readonly string[] {
  const decoder = new PacketDecoder({ fragments: 'each' });
  const reader = new CaptureReader();
  const lines: string[] = [];
  reader.push(readFileSync(file), (frame) =>
    lines.push(`${Math.round(frame.atMs * 1_000)} ${lineOf(decoder.decode(frame))}`),
  );
  return lines;
}

function lineOf(packet: Packet | undefined): string {
  if (packet === undefined) return 'none';
  const {
    source,
    destination,
    protocol,
    sourcePort,
    destinationPort,
    tcpFlags,
    sequence,
    icmpType,
    icmpCode,
  } = packet;
  // tshark has no protocol field of its own for IPv6's last header.
  const number = packet.family === 4 ? protocol : '';
  const tcpPart = tcpFlags === undefined ? '' : `${tcpFlags} ${sequence} ${packet.payloadBytes ?? ''}`;
  return [
    source,
    destination,
    number,
    sourcePort ?? '',
    destinationPort ?? '',
    tcpPart,
    icmpType ?? '',
    icmpCode ?? '',
  ].join(' ');
}

async function tsharkLines(file: string): Promise<readonly string[]> {
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  const plain = ['ip.defragment', 'ipv6.defragment', 'tcp.desegment_tcp_streams'].flatMap((name) => [
    '-o',
    `${name}:FALSE`,
  ]);
  const { stdout } = await run(
    'tshark',
    ['-n', '-r', file, ...plain, '-T', 'fields', '-E', 'occurrence=f', '-E', 'separator=|', ...fields],
    { maxBuffer: 256 * 1_048_576 },
  );
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [
        at = '',
        ip,
        ipTo,
        ip6,
        ip6To,
        number = '',
        sp,
        dp,
        flags = '',
        seq = '',
        len = '',
        usp,
        udp,
        it,
        ic,
        it6,
        ic6,
      ] = line.split('|');
      const source = ip || ip6 || '';
      const time = `${Math.round(Number(at) * 1e6)} `;
      if (source === '') return `${time}none`;
      const tcpPart = flags === '' ? '' : `${Number(flags) & 255} ${seq} ${len}`;
      const [type, code] = [it || it6, ic || ic6];
      // What an ICMP error quotes has ports, but they are not its own.
      const ports = type === '' ? [sp || usp, dp || udp, tcpPart] : ['', '', ''];
      return time + [source, ipTo || ip6To, number, ...ports, type, code].join(' ');
    });
}
