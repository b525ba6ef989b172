/** `demarc logs`: what lines of logs say, without a platform, for the people who write rules and for their CI. */
import type { Command } from 'commander';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';

interface InspectOptions {
  readonly mode: string;
  readonly year?: string;
  readonly referenceTime?: string;
  readonly timezone?: string;
  readonly rules: readonly string[];
  readonly matches?: boolean;
}

export function register(program: Command, { output }: Deps): void {
  const logs = program.command('logs').description('lines of logs, without a platform');

  logs
    .command('inspect')
    .description('one line for each line of a log: its decoder, what it says, and the rules that match')
    .argument('[file]', 'a file, compressed (.gz) or not; - for standard input', '-')
    .option(
      '--mode <mode>',
      'what counts as a match: wide, or one of the filters’ modes: normal, more, auth, rbl, ddos, extra, errors, aggressive',
      'wide',
    )
    .option('--reference-time <instant>', 'lines without a year are not later than this; now when left out')
    .option('--year <year>', 'lines without a year are of this year')
    .option('--timezone <name>', 'of lines that say no zone; the machine’s own when left out')
    .option('--rules <path>', 'rules beside the shipped ones; may be repeated', collected, [])
    .option('--matches', 'only lines that are a match, or that a rule matches')
    .action(async (file: string, options: InspectOptions) => {
      const { inspectLog, describe } = await import('../logs/inspect.ts');
      const { clockOf, modeOf } = await import('../logs/options.ts');
      const write = (line: object): void => {
        const text = output.json ? JSON.stringify(line) : describe(line);
        process.stdout.write(`${text}\n`);
      };
      const done = await inspectLog({
        file,
        mode: modeOf(options.mode),
        clock: clockOf(options),
        rules: options.rules,
        isMatchesOnly: options.matches === true,
        write,
        complain: (because) => process.stderr.write(`${because}\n`),
      });
      if (!output.json)
        process.stderr.write(
          `${done.lines} lines, ${done.decoded} decoded, ${done.matches} matches, ${done.findings} findings of rules\n`,
        );
      if (done.lines === 0) throw cliErrors.make('CLI_FILE_UNREADABLE', { file, because: 'it has no lines' });
    });
}

function collected(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
