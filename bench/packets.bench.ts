/**
 * Packets a second: a capture decoded and looked through for attacks, beside `tcpdump` copying it and `tshark`
 * dissecting it, in one run.
 *
 * Three captures are made: what a busy server sees (connections that are served), a SYN flood from forged addresses,
 * and a port scan. Ours reads the file in this process; the others start one.
 *
 * `node bench/packets.bench.ts [--smoke]`
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CaptureReader, LINK, PacketDecoder, writePcap } from '@demarc/platform/packets';
import { NetworkDetector } from '../services/host-intrusion-detection/network/network.ts';
import { NetworkDetectionPolicy } from '../services/host-intrusion-detection/network/policy.ts';
import { interleaved, median, ratio, show, smoke } from './support/measure.ts';

const run = promisify(execFile);
const ROUNDS = smoke ? 1 : 5;
const PACKETS = smoke ? 5_000 : 200_000;
const [SYN, ACK, PSH] = [2, 16, 8];

interface Made {
  readonly source: number;
  readonly destination: number;
  readonly ports: readonly [number, number];
  readonly flags: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly payload?: number;
}

/** Of Ethernet, IPv4 and TCP with twelve bytes of options. */
function frame({
  source,
  destination,
  ports,
  flags,
  sequence = 1,
  acknowledgement = 0,
  payload = 0,
}: Made): Uint8Array {
  const out = Buffer.alloc(14 + 20 + 32 + payload);
  out.writeUInt16BE(0x0800, 12);
  out[14] = 0x45;
  out.writeUInt16BE(out.length - 14, 16);
  out[22] = 64;
  out[23] = 6;
  out.writeUInt32BE(source, 26);
  out.writeUInt32BE(destination, 30);
  out.writeUInt16BE(ports[0], 34);
  out.writeUInt16BE(ports[1], 36);
  out.writeUInt32BE(sequence, 38);
  out.writeUInt32BE(acknowledgement, 42);
  out[46] = 0x80;
  out[47] = flags;
  out.writeUInt16BE(64_240, 48);
  return out;
}

const HOST = 0x0a000002;
const clients = (at: number): number => 0x0a010000 + (at % 500);

/** Ten packets each: the handshake, a request, and seven segments of an answer and its acknowledgements. */
function served(index: number): Uint8Array {
  const [connection, step] = [Math.floor(index / 10), index % 10];
  const client = {
    source: clients(connection),
    destination: HOST,
    ports: [1_024 + (connection % 60_000), 443] as const,
  };
  const server = { source: HOST, destination: client.source, ports: [443, client.ports[0]] as const };
  if (step === 0) return frame({ ...client, flags: SYN });
  if (step === 1) return frame({ ...server, flags: SYN | ACK, sequence: 9, acknowledgement: 2 });
  if (step === 2) return frame({ ...client, flags: ACK, sequence: 2, acknowledgement: 10 });
  if (step === 3)
    return frame({ ...client, flags: ACK | PSH, sequence: 2, acknowledgement: 10, payload: 400 });
  if (step % 2 === 0)
    return frame({
      ...server,
      flags: ACK | PSH,
      sequence: 10 + step * 1_000,
      acknowledgement: 402,
      payload: 1_000,
    });
  return frame({ ...client, flags: ACK, sequence: 402, acknowledgement: 10 + step * 1_000 });
}

const KINDS: Readonly<Record<string, (index: number) => Uint8Array>> = {
  'served connections': served,
  'SYN flood, forged addresses': (index) =>
    frame({
      source: (0x64000000 + index * 7) >>> 0,
      destination: HOST,
      ports: [1_024 + (index % 60_000), 443],
      flags: SYN,
    }),
  'port scan': (index) =>
    frame({ source: 0xc6336442, destination: HOST, ports: [40_000, 1 + (index % 65_000)], flags: SYN }),
};

const directory = mkdtempSync(join(tmpdir(), 'demarc-packets-'));
try {
  for (const [name, make] of Object.entries(KINDS)) {
    const file = join(directory, 'capture.pcap');
    writeFileSync(
      file,
      writePcap(
        LINK.ethernet,
        Array.from({ length: PACKETS }, (_, at) => ({ atMs: 1e12 + at * 0.1, bytes: make(at) })),
      ),
    );
    const seconds = await interleaved(
      [
        { name: 'decode', run: async () => ours(file, false) },
        { name: 'decode + detect', run: async () => ours(file, true) },
        { name: 'tcpdump -w', run: async () => other('tcpdump', ['-r', file, '-w', '/dev/null']) },
        {
          name: 'tshark',
          run: async () => other('tshark', ['-n', '-r', file, '-w', '/dev/null', '-Y', 'ip']),
        },
      ],
      ROUNDS,
    );
    console.log(`${name}: ${PACKETS} packets`);
    for (const [side, values] of seconds)
      show(`  ${side}`, values, `${Math.round(PACKETS / median(values)).toLocaleString('en')} packets/s`);
    ratio(
      `${name}: tshark / decode + detect`,
      median(seconds.get('tshark') ?? []) / median(seconds.get('decode + detect') ?? []),
      '>= 1',
    );
  }
  console.log(`heap after it: ${Math.round(process.memoryUsage().heapUsed / 1e6)} MB`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function ours(file: string, detects: boolean): number {
  const startedAt = performance.now();
  const decoder = new PacketDecoder();
  const detector = new NetworkDetector(NetworkDetectionPolicy.parse({}));
  const reader = new CaptureReader();
  reader.push(readFileSync(file), (found) => {
    const packet = decoder.decode(found);
    if (detects && packet !== undefined) detector.observe(packet);
  });
  return (performance.now() - startedAt) / 1_000;
}

async function other(tool: string, args: readonly string[]): Promise<undefined> {
  await run(tool, args, { maxBuffer: 64 * 1_048_576 });
}
