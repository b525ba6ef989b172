/** `demarc export oscal` brings a tenant's documents, `demarc oscal import` takes them; `demarc oscal check` looks at any, without a platform. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  OSCAL_DOCUMENTS,
  OSCAL_IMPORT_BYTES_MAX,
  OscalImported,
  OscalVersion,
} from '@demarc/platform/contract/assurance/oscal';
import type { Command } from 'commander';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { type AsOfOptions, asOfQuery, reading } from './records.ts';

const FILE_BYTES_MAX = 268_435_456;
const FILES_MAX = 100;

type OscalErrors = typeof import('@demarc/assurance/oscal').oscalErrors;

interface ImportOptions {
  readonly tenant: string;
  readonly dryRun?: boolean;
}
interface ExportOptions extends AsOfOptions {
  readonly version: string;
  readonly to: string;
}

export function register(program: Command, { config, output }: Deps): void {
  // Other exports stand under the same word.
  const exports =
    program.commands.find((command) => command.name() === 'export') ??
    program.command('export').description('what is taken away: for auditors, customers and other tools');
  reading(exports.command('oscal').description('the tenant’s OSCAL documents, as files'))
    .option('--version <version>', OscalVersion.options.join(' or '), '1.2.2')
    .requiredOption('--to <directory>', 'where to; made when it is not there')
    .action(async (options: ExportOptions) => {
      const version = OscalVersion.safeParse(options.version).data;
      if (version === undefined)
        throw cliErrors.make('CLI_USAGE', { because: `--version is ${OscalVersion.options.join(' or ')}` });
      const client = new ApiClient(config);
      const query = asOfQuery(options);
      // One instant for all of them: without one each document would be of its own.
      if (!query.has('asOf')) query.set('asOf', new Date().toISOString());
      if (!query.has('knownAt')) query.set('knownAt', new Date().toISOString());
      mkdirSync(options.to, { recursive: true });
      const written: string[] = [];
      for (const name of OSCAL_DOCUMENTS) {
        if (version === '1.1.2' && name === 'mapping-collection') continue;
        const path = `/v1/tenants/${options.tenant}/exports/oscal/${version}/${name}.json?${query}`;
        const file = join(options.to, `${name}.json`);
        writeFileSync(file, await client.download(path));
        written.push(file);
      }
      const asOf = query.get('asOf') ?? '';
      print(
        output,
        { version, asOf, files: written },
        () => `${written.join('\n')}\nOSCAL ${version}, as of ${asOf}`,
      );
    });

  const oscal = program.command('oscal').description('OSCAL documents: checked anywhere, or imported');
  oscal
    .command('import <file...>')
    .description('what the documents say and the ledger lacks; our own export changes nothing')
    .option('--tenant <tenant>', 'whose they are', 'local')
    .option('--dry-run', 'only say what it would do')
    .action(async (files: readonly string[], { tenant, dryRun }: ImportOptions) => {
      const { checkOscal, oscalErrors } = await import('@demarc/assurance/oscal');
      const texts = textsOf(files, { bytesMax: OSCAL_IMPORT_BYTES_MAX, oscalErrors });
      const problems = checkOscal(texts);
      if (problems.length > 0)
        throw oscalErrors.make('OSCAL_INVALID', { count: problems.length, files: files.length });
      const imported = await new ApiClient(config).post(
        `/v1/tenants/${tenant}/oscal/import`,
        {
          files: texts.map(({ file, text }) => ({ file, document: JSON.parse(text) as unknown })),
          dryRun: dryRun === true,
        },
        OscalImported,
      );
      print(output, imported, () => {
        const { added, differs, left, controlsDiffer } = imported;
        const rows = [
          ...added.map((fact) => [dryRun === true ? 'would be added' : 'added', fact, '']),
          ...differs.map((fact) => ['differs', fact, 'the ledger’s word stands']),
          ...left.map(({ fact, because }) => ['left', fact, because]),
          ...controlsDiffer.map((id) => ['differs', `control ${id}`, 'the catalogue’s word stands']),
        ];
        return rows.length === 0
          ? imported.sameCount === 0
            ? 'the documents state no records of ours: nothing changes'
            : `all of it, ${imported.sameCount} records, is here already: nothing changes`
          : table(['what', 'record', 'because'], rows);
      });
    });

  oscal
    .command('check <file...>')
    .description('against NIST’s schema, and against the rules that no schema can say')
    .option('--alone', 'the documents are no set: what lies between them is not asked')
    .action(async (files: readonly string[], { alone }: { readonly alone?: boolean }) => {
      // Only this command needs it, and every other starts without.
      const { checkOscal, oscalErrors } = await import('@demarc/assurance/oscal');
      const texts = textsOf(files, { bytesMax: FILE_BYTES_MAX, oscalErrors });
      const problems = checkOscal(texts, { alone: alone === true });
      if (problems.length === 0) {
        print(output, { problems }, () => `${files.length} documents: schema and references hold`);
        return;
      }
      const rows = problems.map(({ rule, file, location, says, wants }) => [
        rule,
        file,
        location,
        says,
        wants,
      ]);
      print(output, { problems }, () => table(['rule', 'file', 'where', 'what', 'wanted'], rows));
      if (output.json) {
        process.exitCode = 1;
        return;
      }
      throw oscalErrors.make('OSCAL_INVALID', { count: problems.length, files: files.length });
    });
}

function textsOf(
  files: readonly string[],
  { bytesMax, oscalErrors }: { readonly bytesMax: number; readonly oscalErrors: OscalErrors },
): readonly { readonly file: string; readonly text: string }[] {
  if (files.length > FILES_MAX)
    throw cliErrors.make('CLI_USAGE', { because: `at most ${FILES_MAX} files are taken together` });
  return files.map((path) => {
    let size: number;
    try {
      ({ size } = statSync(path));
    } catch (error) {
      const because = 'it cannot be opened';
      throw oscalErrors.make('OSCAL_FILE_UNREADABLE', { file: path, because }, { cause: error });
    }
    if (size > bytesMax) throw oscalErrors.make('OSCAL_FILE_TOO_LARGE', { file: path, max: bytesMax });
    // Documents refer to each other by name, wherever they lie.
    return { file: basename(path), text: readFileSync(path, 'utf8') };
  });
}
