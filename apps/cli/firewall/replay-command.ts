/** `demarc firewall replay`: what a policy makes of a capture, what is detected in it, and who is blocked. */
import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import type { Deps } from '../main.ts';

const LINES_AT_ONCE = 256;

interface ReplayOptions {
  readonly policy: string;
  readonly pcap: string;
  readonly detection?: string;
  readonly local?: readonly string[];
  readonly packets?: true;
}

export function registerReplay(firewall: Command, { output }: Deps): void {
  firewall
    .command('replay')
    .description('verdicts, detections and blocks for a capture; a line of JSON each with --json')
    .requiredOption('--policy <file>', 'the firewall policy, JSON or YAML')
    .requiredOption('--pcap <file>', 'the capture, pcap or pcapng; - for standard input')
    .option(
      '--detection <file>',
      'the policy of detection and blocking, JSON or YAML; defaults when left out',
    )
    .option(
      '--local <address...>',
      'addresses of the machine; the one that the capture is about when left out',
    )
    .option('--packets', 'a verdict for every packet instead of every flow')
    .action(async ({ policy, pcap, detection, local, packets }: ReplayOptions) => {
      const { replay } = await import('./replay.ts');
      const { forPeople } = await import('./replay-lines.ts');
      const out: string[] = [];
      const flush = (): void => {
        process.stdout.write(out.splice(0).join(''));
      };
      const problem = await replay(
        {
          policyFile: policy,
          captureFile: pcap,
          perPacket: packets === true,
          ...(detection === undefined ? {} : { detectionFile: detection }),
          ...(local === undefined ? {} : { local }),
        },
        (line) => {
          out.push(`${output.json ? JSON.stringify(line) : forPeople(line)}\n`);
          if (out.length >= LINES_AT_ONCE) flush();
        },
      );
      flush();
      if (problem === undefined) return;
      // All that could be read was said; why not all of the file was, comes last.
      process.stderr.write(`demarc: ${problem.message} (${problem.code})\nnext step: ${problem.fix}\n`);
      process.exitCode = EXIT.failed;
    });
}
