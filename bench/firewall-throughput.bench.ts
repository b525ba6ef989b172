/**
 * A connection through the compiled policy against the same rules as somebody would write them for nftables by hand:
 * bytes a second and processor time a byte with iperf3, and how long a new connection takes. Across namespaces; needs root.
 *
 * What else the machine does weighs more than rules do. So the sides are measured right after each other, in an order
 * that turns round, it is the median of their ratios that counts, and the plain rules are measured twice: their ratio to
 * themselves is what the measuring alone makes of nothing.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '@demarc/host-firewall/compile';
import { HostFirewallPolicy } from '@demarc/host-firewall/policy';
import { openPair } from '../services/host-firewall/testing/namespace.ts';
import { median, ratio, smoke } from './support/measure.ts';

const LISTEN = fileURLToPath(new URL('../services/host-firewall/testing/listen.ts', import.meta.url));
const CONNECT = fileURLToPath(new URL('../services/host-firewall/testing/connect.ts', import.meta.url));
const PORT = 5_201;
/** The last of them is the one that lets the measured connections in. */
const RULES = 100;
const ROUNDS = smoke ? 1 : 16;
const SECONDS = 1;
const CONNECTIONS = smoke ? 100 : 2_000;

const directory = mkdtempSync(join(tmpdir(), 'demarc-bench-'));
const sourceOf = (index: number): string => (index === RULES - 1 ? '10.99.0.0/24' : `10.${index}.0.0/16`);
const portOf = (index: number): string =>
  index === RULES - 1 ? `${PORT}-${PORT + 1}` : String(1_000 + index);
const indexes = Array.from({ length: RULES }, (_, index) => index);

const policy = HostFirewallPolicy.parse({
  mode: 'inline',
  defaultAction: { in: 'deny' },
  rules: indexes.map((index) => ({
    id: `rule-${index}`,
    direction: 'in',
    action: 'allow',
    protocol: 'tcp',
    source: [sourceOf(index)],
    destinationPorts: [portOf(index)],
  })),
});
const OURS = join(directory, 'ours.json');
writeFileSync(OURS, JSON.stringify(compile(policy)));
const PLAIN = join(directory, 'plain.nft');
writeFileSync(
  PLAIN,
  `table inet plain {
  chain input {
    type filter hook input priority 0; policy drop;
    iifname "lo" accept
    ct state established,related accept
    ct state invalid drop
    meta l4proto ipv6-icmp accept
${indexes.map((index) => `    ip saddr ${sourceOf(index)} tcp dport ${portOf(index)} accept`).join('\n')}
  }
}
`,
);

const SIDES = ['none', 'plain', 'ours', 'again'] as const;
type Side = (typeof SIDES)[number];
/** In each round. */
const figures = { bits: table(), cpu: table(), opened: table() };
try {
  using pair = openPair();
  const server = pair.start('host', ['iperf3', '-s', '-p', String(PORT), '--logfile', '/dev/null']);
  const listener = pair.start('host', [process.execPath, LISTEN, String(PORT + 1)], 'pipe');
  if (listener.stdout === null) throw new Error('a pipe was asked for');
  await once(server, 'spawn');
  await once(listener.stdout, 'data');
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const side of round % 2 === 0 ? SIDES : SIDES.toReversed()) {
      pair.inside('host', ['nft', 'flush', 'ruleset']);
      if (side === 'plain' || side === 'again') pair.inside('host', ['nft', '-f', PLAIN]);
      if (side === 'ours') pair.inside('host', ['nft', '-j', '-f', OURS]);
      const said = JSON.parse(
        pair.inside('peer', [
          'iperf3',
          '-c',
          pair.hostAddress,
          '-p',
          String(PORT),
          '-t',
          String(SECONDS),
          '-J',
        ]),
      ) as Measured;
      const each = Number(
        pair.inside('peer', [
          process.execPath,
          CONNECT,
          pair.hostAddress,
          String(PORT + 1),
          String(CONNECTIONS),
        ]),
      );
      // The first round warms up and does not count.
      if (round === 0) continue;
      const { sum_received: received, cpu_utilization_percent: cpu } = said.end;
      figures.bits[side].push(received.bits_per_second);
      figures.cpu[side].push(
        (((cpu.host_total + cpu.remote_total) / 100) * received.seconds) / (received.bytes / 1e9),
      );
      figures.opened[side].push(each);
    }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
for (const side of SIDES)
  console.log(
    `  ${side.padEnd(6)} ${(median(figures.bits[side]) / 1e9).toFixed(2)} Gbit/s, ${median(figures.cpu[side]).toFixed(3)} s of processor for a gigabyte, a new connection ${median(figures.opened[side]).toFixed(0)} µs (medians of ${ROUNDS})`,
  );
const paired = (over: readonly number[], under: readonly number[]): number =>
  median(over.map((value, round) => value / (under[round] ?? Number.NaN)));
const { bits, cpu, opened } = figures;
ratio('throughput, ours to plain nftables', paired(bits.ours, bits.plain), '>= 0.95');
ratio('throughput, plain nftables to itself', paired(bits.again, bits.plain), 'recorded');
ratio('bytes for the same processor time, ours to plain', paired(cpu.plain, cpu.ours), '>= 0.95');
ratio('bytes for the same processor time, plain to itself', paired(cpu.plain, cpu.again), 'recorded');
ratio('new connections, plain to ours', paired(opened.plain, opened.ours), '>= 0.95');

interface Measured {
  readonly end: {
    readonly sum_received: {
      readonly bits_per_second: number;
      readonly bytes: number;
      readonly seconds: number;
    };
    /** Of both ends, softirq in their context included. */
    readonly cpu_utilization_percent: { readonly host_total: number; readonly remote_total: number };
  };
}

function table(): Record<Side, number[]> {
  return { none: [], plain: [], ours: [], again: [] };
}
