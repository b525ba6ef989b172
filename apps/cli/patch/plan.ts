/** `demarc patch plan` and `demarc patch check`: see services/ams-patching/plan/INPUT.md for the document. */
import type { Plan } from '@demarc/ams-patching/plan';
import type { Command } from 'commander';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { readDocument } from '../read-file.ts';

const SECONDS_MAX = 3_600;

export function registerPlan(patch: Command, { output }: Deps): void {
  patch
    .command('plan')
    .description('the best plan for a document of hosts, changes, windows and constraints')
    .requiredOption(
      '--input <file>',
      'the document (services/ams-patching/plan/INPUT.md); - for standard input',
    )
    .option('--what-if <file>', 'another document: what it would change')
    .option('--time-limit <seconds>', 'for the solver; what it has by then counts', '20')
    .action(
      async (options: { readonly input: string; readonly whatIf?: string; readonly timeLimit: string }) => {
        const { parsePlanInput, plan, whatIf } = await import('@demarc/ams-patching/plan');
        const seconds = Number(options.timeLimit);
        if (!(seconds >= 0 && seconds <= SECONDS_MAX))
          throw cliErrors.make('CLI_USAGE', { because: `--time-limit is from 0 to ${SECONDS_MAX} seconds` });
        const input = parsePlanInput(readDocument(options.input));
        const made = await plan(input, { seconds });
        if (options.whatIf === undefined) print(output, made, () => shown(made, input.timeZone));
        else {
          const other = await plan(parsePlanInput(readDocument(options.whatIf)), { seconds });
          const difference = whatIf(made, other);
          print(output, { ...difference, plan: made, whatIf: other }, () =>
            [
              table(
                ['', 'breaches', 'risk', 'effort', 'churn'],
                [
                  ['as it is', ...Object.values(difference.before).map(String)],
                  ['what if', ...Object.values(difference.after).map(String)],
                ],
              ),
              '',
              table(
                ['change', 'from', 'to'],
                difference.moved.map(({ change, from, to }) => [change, from ?? '–', to ?? '–']),
              ),
            ].join('\n'),
          );
        }
        if (made.violations.length > 0) process.exitCode = EXIT.failed;
      },
    );

  patch
    .command('check')
    .description('whether a plan keeps every constraint of its document')
    .requiredOption('--input <file>', 'the document')
    .requiredOption('--plan <file>', 'the plan, as demarc patch plan --json printed it')
    .action(async (options: { readonly input: string; readonly plan: string }) => {
      const { parsePlanInput, PlannedSlots, violations } = await import('@demarc/ams-patching/plan');
      const plan = readDocument(options.plan) as { readonly slots?: unknown } | null;
      const slots = PlannedSlots.safeParse(plan?.slots);
      if (!slots.success) {
        const [issue] = slots.error.issues;
        const because = `slots.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`;
        throw cliErrors.make('CLI_FILE_UNREADABLE', { file: options.plan, because });
      }
      const found = violations(parsePlanInput(readDocument(options.input)), slots.data);
      print(output, { violations: found }, () =>
        found.length === 0 ? 'Every constraint is kept.' : found.join('\n'),
      );
      if (found.length > 0) process.exitCode = EXIT.failed;
    });
}

function shown({ slots, unplaced, late, objective, bound, by, violations }: Plan, timeZone: string): string {
  const at = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'short',
    hourCycle: 'h23',
  });
  const rows = slots.flatMap(({ window, startsAt, blocks }) =>
    blocks.map(({ host, changes, from, to, reboots }) => [
      window,
      at.format(Date.parse(startsAt) + from * 60_000),
      `${to - from} min`,
      host,
      reboots ? 'reboots' : '',
      changes.join(', '),
    ]),
  );
  const levels = Object.entries(objective).map(
    ([level, value]) => `${level} ${value} (not below ${bound[level as keyof typeof bound] ?? '?'})`,
  );
  return [
    table(['window', `begins (${timeZone})`, 'takes', 'host', '', 'changes'], rows),
    '',
    ...unplaced.map(({ change, because }) => `no place for ${change}: ${because.join('; ')}`),
    ...late.map(({ change, due, endsAt }) => `late: ${change} is due ${due} and done ${endsAt}`),
    `${levels.join(', ')}; by ${by}; each bound is of plans as good in what stands before it`,
    ...violations.map((each) => `BROKEN: ${each}`),
  ].join('\n');
}
