/** `demarc sigma`: rules without a platform, for the people who write them and for their CI. */
import type { Command } from 'commander';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { Deps } from '../main.ts';
import { FORMATS, type Format, formatOf } from '../sigma/events.ts';

interface RulesOption {
  readonly rules: string;
}
interface MatchOptions extends RulesOption {
  readonly events: string;
  readonly format?: string;
}

const RULES_OPTION = ['--rules <path>', 'a rule file, or a directory of them'] as const;
const FORMAT_OPTION = [
  '--format <format>',
  `${FORMATS.join(', ')}; by the file’s name when left out (log: lines as their sources write them)`,
] as const;
/** Standard output is written in pieces of about this size. */
const FLUSH_CHARACTERS = 65_536;

export function register(program: Command, { output }: Deps): void {
  const sigma = program.command('sigma').description('Sigma rules, without a platform');

  sigma
    .command('lint')
    .description('one line per rule: loaded, or refused and why; fails when one is refused')
    .requiredOption(...RULES_OPTION)
    .action(async ({ rules }: RulesOption) => {
      const { lintRules } = await import('../sigma/lint.ts');
      const lines = lintRules(rules);
      const refused = lines.filter(({ outcome }) => outcome === 'refused');
      if (output.json) printLines(lines);
      else {
        for (const line of refused)
          if (line.outcome === 'refused')
            process.stdout.write(`${line.file}:${line.line}: ${line.because} (${line.code})\n`);
        process.stdout.write(`${lines.length - refused.length} loaded, ${refused.length} refused\n`);
      }
      if (refused.length > 0) process.exitCode = EXIT.failed;
    });

  sigma
    .command('match')
    .description('one line per match of a rule with an event; events are counted from 0')
    .requiredOption(...RULES_OPTION)
    .option('--events <file>', 'a file, or - for standard input', '-')
    .option(...FORMAT_OPTION)
    .action(async ({ rules, events, format }: MatchOptions) => {
      const { compileRules } = await import('../sigma/lint.ts');
      const { matchEvents } = await import('../sigma/match.ts');
      const { eventView } = await import('@demarc/siem/detection');
      const compiled = await compileRules(rules);
      for (const { file, line, because } of compiled.refused)
        complain(`${file}:${line}: refused: ${because}`);
      const out = new Lines();
      const done = await matchEvents(
        compiled,
        {
          file: events,
          format: formatIn(format, events),
          view: eventView(),
          onProblem: (index, because) => complain(`event ${index}: ${because}`),
        },
        (line) =>
          out.write(
            output.json ? JSON.stringify(line) : `${line.event}\t${line.rule}\t${line.level}\t${line.title}`,
          ),
      );
      out.flush();
      if (done.timeless > 0)
        complain(`${done.timeless} matches say no time that is known here: no correlation looked at them`);
      if (!output.json) complain(`${done.matches} matches in ${done.events} events`);
    });

  sigma
    .command('test')
    .description('runs the samples beside the rules (<rule>.samples.jsonl); fails when one is not as it says')
    .requiredOption(...RULES_OPTION)
    .action(async ({ rules }: RulesOption) => {
      const { testRules } = await import('../sigma/lint.ts');
      const { lines, without } = await testRules(rules);
      const bad = lines.filter(({ outcome }) => outcome !== 'passed');
      if (output.json) printLines(lines);
      else {
        for (const { file, line, outcome, expected, because } of bad)
          process.stdout.write(
            `${file}:${line}: ${outcome}: ${expected ? 'should match' : 'should not match'}${because === null ? '' : ` (${because})`}\n`,
          );
        process.stdout.write(
          `${lines.length - bad.length} samples passed, ${bad.length} failed, ${without} rules without samples\n`,
        );
      }
      if (bad.length > 0) process.exitCode = EXIT.failed;
    });

  sigma
    .command('explain')
    .description('why a rule matches an event, or does not: every test, and what the event holds')
    .argument('<rule>', 'a file with one rule')
    .argument('<event>', 'a file with the event; of several, the one of --index')
    .option('--index <n>', 'which event, from 0', '0')
    .option(...FORMAT_OPTION)
    .action(
      async (rule: string, event: string, options: { readonly index: string; readonly format?: string }) => {
        const { explainRule } = await import('../sigma/explain.ts');
        const format = formatIn(options.format, event);
        const explained = await explainRule(rule, { file: event, format, index: Number(options.index) });
        if (output.json) printLines(explained);
        else for (const { title, words } of explained) process.stdout.write(`${title}\n${words}\n`);
      },
    );
}

function formatIn(given: string | undefined, file: string): Format {
  if (given === undefined) return formatOf(file);
  const format = FORMATS.find((known) => known === given);
  if (format === undefined)
    throw cliErrors.make('CLI_USAGE', {
      because: `"${given}" is no format; there are ${FORMATS.join(', ')}`,
    });
  return format;
}

/** What people and programs read must not be mixed up with what went wrong. */
function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

function printLines(lines: Iterable<object>): void {
  const out = new Lines();
  for (const line of lines) out.write(JSON.stringify(line));
  out.flush();
}

class Lines {
  #waiting = '';

  write(line: string): void {
    this.#waiting += `${line}\n`;
    if (this.#waiting.length >= FLUSH_CHARACTERS) this.flush();
  }

  flush(): void {
    process.stdout.write(this.#waiting);
    this.#waiting = '';
  }
}
