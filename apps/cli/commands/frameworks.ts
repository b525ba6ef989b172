/** Control frameworks that a tenant brings, and mappings between them. */
import { readFileSync, statSync } from 'node:fs';
import {
  FRAMEWORK_FILE_BYTES_MAX,
  FrameworkCoverage,
  FrameworkFormat,
  FrameworkPreview,
  Frameworks,
  ImportedFramework,
  ImportedMapping,
  type ImportFramework,
  MappingPreview,
} from '@demarc/platform/contract/assurance/frameworks';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { type AsOfOptions, asOfQuery, reading } from './records.ts';
import { TENANT_OPTION } from './tenant.ts';

interface FileOptions {
  readonly tenant: string;
  readonly format?: string;
  readonly sheet?: string;
  readonly column?: readonly string[];
  readonly dryRun?: boolean;
}
interface ImportOptions extends FileOptions {
  readonly id: string;
  readonly title?: string;
  readonly frameworkVersion?: string;
}
interface MappingOptions extends FileOptions {
  readonly from: string;
  readonly to: string;
}

const ENDINGS: Readonly<Record<string, z.infer<typeof FrameworkFormat>>> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  xlsx: 'xlsx',
  json: 'oscal',
};

export function register(program: Command, { config, output }: Deps): void {
  const framework = program.command('framework').description('control frameworks, built in and your own');
  reading(framework.command('list').description('the frameworks there are, and what maps them')).action(
    async (options: AsOfOptions) => {
      const path = `/v1/tenants/${options.tenant}/frameworks?${asOfQuery(options)}`;
      const found = await new ApiClient(config).get(path, Frameworks);
      print(output, found, () => {
        const frameworks = found.frameworks.map((each) => [
          each.frameworkId,
          each.builtIn ? 'built in' : `${each.format}, ${each.importedAt ?? ''}`,
          String(each.controlCount),
          each.version,
          each.title,
        ]);
        const mappings = found.mappings.map((each) => [
          each.sourceFrameworkId,
          each.targetFrameworkId,
          String(each.relationCount),
        ]);
        return `${table(['framework', 'from', 'controls', 'version', 'title'], frameworks)}\n\n${table(['mapped from', 'to', 'relations'], mappings)}`;
      });
    },
  );
  fileOptions(framework.command('import <file>').description('a framework as CSV, XLSX or OSCAL catalog'))
    .requiredOption('--id <id>', 'its short name here, such as cis-8')
    .option('--title <text>', 'its title; the file’s own where it has one')
    .option('--framework-version <text>', 'its version')
    .action(async (path: string, options: ImportOptions) => {
      const client = new ApiClient(config);
      const base = `/v1/tenants/${options.tenant}/frameworks`;
      const file = fileOf(path, options);
      if (options.dryRun === true) {
        const preview = await client.post(`${base}/preview`, file, FrameworkPreview);
        print(output, preview, () =>
          previewed(
            preview,
            preview.sample.map((each) => [each.controlId, each.title]),
          ),
        );
        if (preview.problemCount > 0) process.exitCode = 1;
        return;
      }
      const body: ImportFramework = {
        ...file,
        frameworkId: options.id,
        ...(options.title === undefined ? {} : { title: options.title }),
        ...(options.frameworkVersion === undefined ? {} : { version: options.frameworkVersion }),
      };
      const done = await client.post(base, body, ImportedFramework);
      print(output, done, () =>
        done.changed
          ? `${options.id}: ${done.controlCount} controls were taken\nMap it: ./demarc mapping import FILE --from ${options.id} --to nist-800-53-r5`
          : `${options.id}: the same file is there already; nothing was written`,
      );
    });
  framework
    .command('remove <id>')
    .description('with its texts and mappings; the ledger keeps that it was there')
    .option(...TENANT_OPTION)
    .action(async (id: string, { tenant }: { readonly tenant: string }) => {
      await new ApiClient(config).delete(
        `/v1/tenants/${tenant}/frameworks/${encodeURIComponent(id)}`,
        z.unknown(),
      );
      print(output, { removed: id }, () => `${id} is removed, and its texts with it`);
    });
  reading(
    framework.command('coverage <id>').description('which of our controls answer it, and whether they hold'),
  )
    .option('--unmapped', 'only the controls that nothing of ours maps to')
    .action(async (id: string, options: AsOfOptions & { readonly unmapped?: boolean }) => {
      const path = `/v1/tenants/${options.tenant}/frameworks/${encodeURIComponent(id)}/coverage?${asOfQuery(options)}`;
      const found = await new ApiClient(config).get(path, FrameworkCoverage);
      const rows =
        options.unmapped === true ? found.rows.filter(({ status }) => status === null) : found.rows;
      print(output, { ...found, rows }, () => {
        const lines = rows.map((row) => [
          row.controlId,
          row.status ?? 'UNMAPPED',
          row.mapped.map(({ controlId, status }) => `${controlId} ${status}`).join(', '),
          row.title,
        ]);
        const counts = Object.entries(found.counts)
          .map(([status, count]) => `${status} ${count}`)
          .join(', ');
        return `${table(['control', 'worst', 'ours', 'title'], lines)}\nas of ${found.asOf}: mapped ${found.mappedCount} of ${found.rows.length}; ${counts}`;
      });
    });

  fileOptions(
    program
      .command('mapping')
      .description('mappings between frameworks')
      .command('import <file>')
      .description('a mapping as CSV, XLSX or OSCAL mapping collection'),
  )
    .requiredOption('--from <framework>', 'the source; demarc for the controls of this platform')
    .requiredOption('--to <framework>', 'the target, such as nist-800-53-r5')
    .action(async (path: string, options: MappingOptions) => {
      const client = new ApiClient(config);
      const base = `/v1/tenants/${options.tenant}/framework-mappings`;
      const body = {
        ...fileOf(path, options),
        sourceFrameworkId: options.from,
        targetFrameworkId: options.to,
      };
      if (options.dryRun === true) {
        const preview = await client.post(`${base}/preview`, body, MappingPreview);
        const rows = preview.sample.map((each) => [each.sourceId, each.relationship, each.targetId]);
        print(output, preview, () => previewed(preview, rows));
        if (preview.problemCount > 0) process.exitCode = 1;
        return;
      }
      const done = await client.post(base, body, ImportedMapping);
      print(output, done, () =>
        done.changed
          ? `${done.relationCount} relations from ${options.from} to ${options.to} were taken`
          : 'the same file is there already; nothing was written',
      );
    });
}

const fileOptions = (command: Command): Command =>
  command
    .option(...TENANT_OPTION)
    .option('--format <format>', 'csv, xlsx or oscal; by the file’s ending when left out')
    .option('--sheet <name>', 'of a workbook; its first one when left out')
    .option('--column <name=heading...>', 'which column is which, such as id=“Safeguard”')
    .option('--dry-run', 'show what is in it and what is wrong; write nothing');

/** @throws CLI_USAGE */
function fileOf(path: string, options: FileOptions) {
  const format = FrameworkFormat.safeParse(
    options.format ?? ENDINGS[path.split('.').at(-1)?.toLowerCase() ?? ''],
  ).data;
  if (format === undefined)
    throw cliErrors.make('CLI_USAGE', { because: 'say what the file is: --format csv, xlsx or oscal' });
  const columns = Object.fromEntries(
    (options.column ?? []).map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw cliErrors.make('CLI_USAGE', { because: `--column wants name=heading, not “${pair}”` });
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
  let bytes: Buffer;
  try {
    if (statSync(path).size > FRAMEWORK_FILE_BYTES_MAX)
      throw cliErrors.make('CLI_USAGE', {
        because: `${path} has more than ${FRAMEWORK_FILE_BYTES_MAX} bytes`,
      });
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'fix' in error) throw error;
    throw cliErrors.make('CLI_USAGE', { because: `${path} cannot be read` }, { cause: error });
  }
  return {
    format,
    contentBase64: bytes.toString('base64'),
    ...(options.sheet === undefined ? {} : { sheet: options.sheet }),
    ...(options.column === undefined ? {} : { columns }),
  };
}

function previewed(
  preview: Pick<FrameworkPreview, 'count' | 'skippedCount' | 'problemCount' | 'problems'>,
  rows: readonly (readonly string[])[],
): string {
  const problems = preview.problems.map(({ row, column, says }) => `row ${row}, column ${column}: ${says}`);
  const more = preview.problemCount - preview.problems.length;
  return [
    rows.map((row) => row.join('  ')).join('\n'),
    `${preview.count} in the file, ${preview.skippedCount} rows left out, ${preview.problemCount} problems; nothing was written`,
    ...problems,
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join('\n');
}
