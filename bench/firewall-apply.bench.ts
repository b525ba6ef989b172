/**
 * How long a policy of 10,000 rules, and one with sets of 100,000 elements, takes: compiled, then swapped in by the
 * agent’s own way, against nft reading the same file. In a network namespace of its own; needs root.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '@demarc/host-firewall/compile';
import { HostFirewallPolicy } from '@demarc/host-firewall/policy';
import { openPair } from '../services/host-firewall/testing/namespace.ts';
import { median, ratio, show, smoke } from './support/measure.ts';

const LOAD = fileURLToPath(new URL('../services/host-firewall/testing/load.ts', import.meta.url));
const RULES = smoke ? 500 : 10_000;
const ELEMENTS = smoke ? 5_000 : 100_000;
const ROUNDS = smoke ? 1 : 5;
const GOAL_SECONDS = 1;

const address = (index: number): string =>
  `10.${(index >> 15) & 255}.${(index >> 7) & 255}.${(index & 127) * 2}`;
const base = { mode: 'inline', defaultAction: { in: 'deny' } } as const;
const POLICIES = {
  [`${RULES} rules, each of its own address and port`]: {
    ...base,
    rules: Array.from({ length: RULES }, (_, index) => ({
      id: `rule-${index}`,
      direction: 'in',
      action: index % 3 === 0 ? 'deny' : 'allow',
      priority: index % 5,
      protocol: index % 2 === 0 ? 'tcp' : 'udp',
      source: [`${address(index)}/31`],
      destinationPorts: [1 + (index % 60_000)],
    })),
  },
  [`one rule and a set of ${ELEMENTS} addresses`]: {
    ...base,
    addressLists: { many: Array.from({ length: ELEMENTS }, (_, index) => address(index)) },
    rules: [{ id: 'many', direction: 'in', action: 'deny', source: ['@many'] }],
  },
};

const directory = mkdtempSync(join(tmpdir(), 'demarc-bench-'));
try {
  using pair = openPair();
  for (const [name, input] of Object.entries(POLICIES)) {
    const file = join(directory, 'rules.json');
    const parsedAt = performance.now();
    const policy = HostFirewallPolicy.parse(input);
    const compiledAt = performance.now();
    const text = JSON.stringify(compile(policy));
    const doneAt = performance.now();
    writeFileSync(file, text);
    const asked = `parsed in ${(compiledAt - parsedAt).toFixed(0)} ms, compiled in ${(doneAt - compiledAt).toFixed(0)} ms to ${(text.length / 1_048_576).toFixed(1)} MiB`;
    console.log(`${name}: ${asked}`);
    // The first one brings the kernel’s modules and does not count.
    const own = JSON.parse(
      pair.inside('host', [process.execPath, LOAD, file, String(ROUNDS + 1)]),
    ) as readonly number[];
    const seconds = own.slice(1).map((ms) => ms / 1_000);
    show('  the agent, through libnftables', seconds);
    const spawned = Array.from({ length: ROUNDS }, () => {
      const startedAt = performance.now();
      pair.inside('host', ['nft', '-j', '-f', file]);
      return (performance.now() - startedAt) / 1_000;
    });
    show('  nft -j -f, the same file', spawned);
    ratio(`${name}, share of a second`, median(seconds) / GOAL_SECONDS, '< 1');
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
