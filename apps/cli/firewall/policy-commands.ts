/** `demarc firewall compile`, `explain` and `check`. */
import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';

interface PolicyOptions {
  readonly policy: string;
  readonly local?: readonly string[];
  readonly context?: readonly string[];
}
interface ExplainOptions extends PolicyOptions {
  readonly packet: readonly string[];
  readonly at?: string;
}

const POLICY = ['--policy <file>', 'the firewall policy, YAML or JSON; - for standard input'] as const;
const LOCAL = [
  '--local <address...>',
  'addresses of the machine: they say which contexts are in force',
] as const;
const CONTEXT = ['--context <name...>', 'contexts that are in force'] as const;

export function registerPolicyCommands(firewall: Command, { output }: Deps): void {
  firewall
    .command('compile')
    .description('the policy as nftables JSON, for nft -j -f FILE')
    .requiredOption(...POLICY)
    .option(...LOCAL)
    .option(...CONTEXT)
    .option('--counters', 'count the packets of every rule')
    .action(async (options: PolicyOptions & { readonly counters?: true }) => {
      const { compile } = await import('@demarc/host-firewall/compile');
      const { policy, contexts } = await read(options);
      const { nftables } = compile(policy, { contexts, counters: options.counters === true });
      // One command a line: what changed between two policies is then seen by any diff.
      process.stdout.write(`{"nftables":[\n${nftables.map((one) => JSON.stringify(one)).join(',\n')}\n]}\n`);
    });

  firewall
    .command('explain')
    .description('what becomes of a packet, by which rule and why; a line of JSON each with --json')
    .requiredOption(...POLICY)
    .requiredOption(
      '--packet <packet...>',
      "such as 'tcp 10.0.0.1:1234 > 10.0.0.2:22 in flags=S state=new iface=eth0', or JSON",
    )
    .option(...LOCAL)
    .option(...CONTEXT)
    .option('--at <time>', 'when, for schedules; now when left out')
    .action(async (options: ExplainOptions) => {
      const { readPacket } = await import('@demarc/host-firewall/packet-line');
      const { verdictOf } = await import('@demarc/host-firewall/verdict');
      const { policy, contexts } = await read(options);
      const atMs = options.at === undefined ? Date.now() : Date.parse(instantOf(options.at));
      for (const text of options.packet) {
        const { packet, state } = readPacket(text, atMs);
        const verdict = verdictOf(policy, packet, state, packet.atMs, contexts);
        const line = { ...verdict, mode: policy.mode, state, packet };
        if (output.json) process.stdout.write(`${JSON.stringify(line)}\n`);
        else
          process.stdout.write(
            `${verdict.verdict}: ${verdict.because}${verdict.logged.length > 0 ? `; logged by ${verdict.logged.join(', ')}` : ''}\n`,
          );
      }
    });

  firewall
    .command('check')
    .description('rules that are shadowed, redundant, in conflict or open to all; fails when there are any')
    .requiredOption(...POLICY)
    .action(async (options: PolicyOptions) => {
      const { findingsOf } = await import('@demarc/host-firewall/analysis');
      const { policy } = await read(options);
      const findings = findingsOf(policy);
      if (output.json) for (const finding of findings) process.stdout.write(`${JSON.stringify(finding)}\n`);
      else {
        const { packetText } = await import('@demarc/host-firewall/packet-line');
        for (const { kind, rule, because, packet } of findings)
          process.stdout.write(
            `${kind}: ${rule}: ${because}${packet === undefined ? '' : `\n  such as: ${packetText(packet, 'new')}`}\n`,
          );
        process.stdout.write(`${policy.rules.length} rules, ${findings.length} findings\n`);
      }
      if (findings.length > 0) process.exitCode = EXIT.failed;
    });
}

async function read({ policy: file, local = [], context = [] }: PolicyOptions) {
  const { contextsOf } = await import('@demarc/host-firewall/policy');
  const { readPolicyFile } = await import('./policy-file.ts');
  const policy = readPolicyFile(file);
  return { policy, contexts: new Set([...contextsOf(policy, local), ...context]) };
}
