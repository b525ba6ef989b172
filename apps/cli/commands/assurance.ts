/** `demarc assurance …`: what works on a file alone. The platform need not run. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { LedgerReport } from '@demarc/assurance/offline';
import type { Command } from 'commander';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';

interface Options {
  readonly ledger: string;
  readonly asOf?: string;
  readonly asKnown?: string;
  readonly control?: string;
}

export function register(program: Command, { output }: Deps): void {
  program
    .command('assurance')
    .description('responsibility from a file, without a running platform')
    .command('replay')
    .description('who owned each duty and whether each control held, from a ledger of acts and evidence')
    .requiredOption('--ledger <file>', 'newline JSON as docs/ledger-format.md has it; `-` for standard input')
    .option('--as-of <instant>', 'as it was then; now unless told')
    .option('--as-known <instant>', 'by what was known then')
    .option('--control <control>', 'this control only')
    .action(async (options: Options) => {
      // Only this command needs it, and every other starts without.
      const { ledgerErrors, ledgerReport, loadCatalogue, readLedgerFile, resolveLedger } = await import(
        '@demarc/assurance/offline'
      );
      const asOfMs = options.asOf === undefined ? Date.now() : Date.parse(instantOf(options.asOf));
      const known =
        options.asKnown === undefined ? {} : { knownAtMs: Date.parse(instantOf(options.asKnown)) };
      const input = options.ledger === '-' ? process.stdin : createReadStream(options.ledger);
      let report: LedgerReport;
      try {
        const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
        report = ledgerReport(
          await resolveLedger(readLedgerFile(lines), { catalogue: loadCatalogue(), asOfMs, ...known }),
        );
      } catch (error) {
        const { code, message } = error as { readonly code?: string; readonly message?: string };
        if (code === undefined || !['ENOENT', 'EACCES', 'EISDIR'].includes(code)) throw error;
        throw ledgerErrors.make(
          'LEDGER_UNREADABLE',
          { file: options.ledger, because: message ?? code },
          { cause: error },
        );
      }
      const wanted = options.control;
      const shown =
        wanted === undefined
          ? report
          : { ...report, cells: report.cells.filter(({ controlId }) => controlId === wanted) };
      print(output, shown, () => forPeople(shown));
    });
}

function forPeople(report: LedgerReport): string {
  const rows = report.cells.map((cell) => [
    cell.controlId,
    cell.assetName,
    cell.status,
    ...cell.duties.map(({ owner, state }) => owner ?? state.toUpperCase()),
    cell.reasons.slice(1).join('; ').slice(0, 160),
  ]);
  const counts = Object.entries(report.counts)
    .map(([status, count]) => `${status} ${count}`)
    .join(', ');
  const refused = report.refused
    .map(({ line, because }) => `\nline ${line} does not count: ${because}`)
    .join('');
  return `${table(['control', 'asset', 'status', 'operate', 'configure', 'respond', 'assure', 'reasons'], rows)}
as of ${report.asOf}${report.asKnown === null ? '' : `, as known ${report.asKnown}`}: ${counts}; unowned duties ${report.unownedCount}, contested ${report.contestedCount}
${report.acts} acts (chain ${report.chain}), ${report.evidence} pieces of evidence, ${report.refusedCount} of them do not count; digest ${report.digest}${refused}`;
}
