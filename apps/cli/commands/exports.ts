import { createHash } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { type ExportFile, ExportOverview } from '@demarc/platform/contract/assurance/exports';
import type { Command } from 'commander';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { print } from '../output.ts';
import { type AsOfOptions, asOfQuery, reading } from './records.ts';

interface Options extends AsOfOptions {
  readonly to: string;
}

/** Name → what it is, and which endings it is made with; the first unless the file's name says otherwise. */
const EXPORTS: Readonly<Record<string, readonly [what: string, endings: readonly string[]]>> = {
  workbook: [
    'the security controls workbook: controls, standards, risks, exceptions, decisions, evidence',
    ['.xlsx'],
  ],
  crm: [
    'the customer responsibility matrix: who has which duty of each control (.xlsx or .pdf)',
    ['.xlsx', '.pdf'],
  ],
  soa: [
    'the statement of applicability: which controls apply, why, and whether they hold (.xlsx or .pdf)',
    ['.xlsx', '.pdf'],
  ],
  bundle: ['everything that an instant was decided from, to be checked anywhere: ./demarc verify', ['.zip']],
};

export function register(program: Command, deps: Deps): void {
  // Other exports stand under the same word.
  const exports =
    program.commands.find((command) => command.name() === 'export') ??
    program.command('export').description('what is taken away: for auditors, customers and other tools');
  for (const [name, [what, endings]] of Object.entries(EXPORTS))
    reading(exports.command(name).description(what))
      .requiredOption('--to <file>', `where to; its name ends in ${endings.join(' or ')}`)
      .action((options: Options) => take(deps, name, endings, options));
}

async function take(
  { config, output }: Deps,
  name: string,
  endings: readonly string[],
  options: Options,
): Promise<void> {
  const ending = extname(options.to).toLowerCase();
  if (!endings.includes(ending))
    throw cliErrors.make('CLI_USAGE', {
      because: `"${options.to}" does not end in ${endings.join(' or ')}`,
    });
  const client = new ApiClient(config);
  const base = `/v1/tenants/${options.tenant}/exports`;
  // The instants first: with them, the file is the one that the digest is about.
  const overview = await client.get(`${base}?${asOfQuery(options)}`, ExportOverview);
  const { asOf, knownAt, digest, coverage, assessed, applicable, ledgerHead } = overview;
  const file = `${name}${ending}` as ExportFile;
  const bytes = await client.download(`${base}/${file}?${new URLSearchParams({ asOf, knownAt })}`);
  const to = resolve(options.to);
  write(to, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const taken = { file: to, bytes: bytes.length, sha256, asOf, knownAt, digest, coverage, ledgerHead };
  print(
    output,
    taken,
    () => `wrote ${to} (${bytes.length} bytes)
as of           ${asOf}
recorded as of  ${knownAt}
coverage        ${assessed} of ${applicable} applicable controls on assets were assessed
digest          ${digest}
last act        ${ledgerHead}
sha256          ${sha256}
the same again: ./demarc export ${name} --tenant ${options.tenant} --as-of ${asOf} --as-known ${knownAt} --to ${options.to}`,
  );
}

/** The whole file or none; for its owner alone, as it says what is weak. @throws CLI_FILE_NOT_WRITTEN */
function write(to: string, bytes: Uint8Array): void {
  const temporary = `${to}.part`;
  try {
    writeFileSync(temporary, bytes, { mode: 0o600, flush: true });
    renameSync(temporary, to);
  } catch (error) {
    rmSync(temporary, { force: true });
    const because = error instanceof Error ? error.message : 'unknown';
    throw cliErrors.make('CLI_FILE_NOT_WRITTEN', { file: to, because }, { cause: error });
  }
}
