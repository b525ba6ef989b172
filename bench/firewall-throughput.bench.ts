/**
 * A connection through the compiled policy against the same rules as somebody would write them for nftables by hand:
 * bytes a second with iperf3, and how long a new connection takes. Across namespaces, in turn; needs root.
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
const ROUNDS = smoke ? 1 : 5;
const SECONDS = smoke ? 1 : 2;
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

const SIDES = ['none', 'plain', 'ours'] as const;
const bits = new Map<string, number[]>(SIDES.map((side) => [side, []]));
const opened = new Map<string, number[]>(SIDES.map((side) => [side, []]));
try {
  using pair = openPair();
  const server = pair.start('host', ['iperf3', '-s', '-p', String(PORT), '--logfile', '/dev/null']);
  const listener = pair.start('host', [process.execPath, LISTEN, String(PORT + 1)], 'pipe');
  if (listener.stdout === null) throw new Error('a pipe was asked for');
  await once(server, 'spawn');
  await once(listener.stdout, 'data');
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const side of SIDES) {
      pair.inside('host', ['nft', 'flush', 'ruleset']);
      if (side === 'plain') pair.inside('host', ['nft', '-f', PLAIN]);
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
      ) as { readonly end: { readonly sum_received: { readonly bits_per_second: number } } };
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
      bits.get(side)?.push(said.end.sum_received.bits_per_second);
      opened.get(side)?.push(each);
    }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
const of = (values: ReadonlyMap<string, readonly number[]>, side: string): number =>
  median(values.get(side) ?? []);
for (const side of SIDES)
  console.log(
    `  ${side.padEnd(6)} ${(of(bits, side) / 1e9).toFixed(2)} Gbit/s, a new connection ${of(opened, side).toFixed(0)} µs (medians of ${ROUNDS})`,
  );
ratio('throughput, ours to plain nftables', of(bits, 'ours') / of(bits, 'plain'), '>= 0.95');
ratio('new connections, plain to ours', of(opened, 'plain') / of(opened, 'ours'), '>= 0.95');
