/** `demarc export oscal` brings a tenant's documents; `demarc oscal check` looks at any, without a platform. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OSCAL_DOCUMENTS, OscalVersion } from '@demarc/platform/contract/assurance/oscal';
import type { Command } from 'commander';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { type AsOfOptions, asOfQuery, reading } from './records.ts';

const FILE_BYTES_MAX = 268_435_456;
const FILES_MAX = 100;

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

  program
    .command('oscal')
    .description('OSCAL documents, without a running platform')
    .command('check <file...>')
    .description('against NIST’s schema, and against the rules that no schema can say')
    .option('--alone', 'the documents are no set: what lies between them is not asked')
    .action(async (files: readonly string[], { alone }: { readonly alone?: boolean }) => {
      // Only this command needs it, and every other starts without.
      const { checkOscal, oscalErrors } = await import('@demarc/assurance/oscal');
      if (files.length > FILES_MAX)
        throw cliErrors.make('CLI_USAGE', { because: `at most ${FILES_MAX} files are checked together` });
      const texts = files.map((path) => {
        let size: number;
        try {
          ({ size } = statSync(path));
        } catch (error) {
          const because = 'it cannot be opened';
          throw oscalErrors.make('OSCAL_FILE_UNREADABLE', { file: path, because }, { cause: error });
        }
        if (size > FILE_BYTES_MAX)
          throw oscalErrors.make('OSCAL_FILE_TOO_LARGE', { file: path, max: FILE_BYTES_MAX });
        // Documents refer to each other by name, wherever they lie.
        return { file: path.split('/').at(-1) ?? path, text: readFileSync(path, 'utf8') };
      });
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
