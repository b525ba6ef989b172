import { readFileSync } from 'node:fs';
import {
  type CreateSource,
  FILE_FORMATS,
  MadeSource,
  Source,
  SourceDetail,
} from '@demarc/platform/contract/intake';
import { type Command, Option } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { accountOf, madeText, sum } from './source-text.ts';
import { TENANT_OPTION } from './tenant.ts';

const KINDS = ['syslog-udp', 'syslog-tcp', 'syslog-tls', 'http', 'webhook', 'file'] as const;

interface TenantOption {
  readonly tenant: string;
}
interface AddOptions extends TenantOption {
  readonly kind: (typeof KINDS)[number];
  readonly port?: string;
  readonly peer?: readonly string[];
  readonly certificate?: string;
  readonly signatureHeader?: string;
  readonly timestampHeader?: string;
  readonly deliveryHeader?: string;
  readonly path?: string;
  readonly format?: string;
  readonly eventsPerSecond?: string;
  readonly bytesPerSecond?: string;
  readonly write?: string;
}
interface LimitOptions extends TenantOption {
  readonly eventsPerSecond: string;
  readonly bytesPerSecond: string;
}

export function register(program: Command, deps: Deps): void {
  const source = program.command('source').description('what sends records that no agent sends');
  registerReads(source, deps);
  registerAdd(source, deps);
  registerChanges(source, deps);
}

function registerReads(source: Command, { config, output }: Deps): void {
  source
    .command('list')
    .description('sources, and what became of their records')
    .option(...TENANT_OPTION)
    .action(async ({ tenant }: TenantOption) => {
      const sources = await new ApiClient(config).get(pathOf(tenant), z.array(Source));
      print(output, sources, () =>
        table(
          ['source', 'name', 'kind', 'state', 'received', 'stored', 'waiting', 'refused', 'dropped'],
          sources.map(({ sourceId, name, settings, state, accounting }) => [
            sourceId,
            name,
            settings.kind,
            state,
            String(accounting.received),
            String(accounting.stored),
            String(accounting.waiting),
            String(sum(accounting.refused)),
            String(sum(accounting.dropped)),
          ]),
        ),
      );
    });
  source
    .command('show <source>')
    .description('one source: where to send, the whole account, the latest refusals')
    .option(...TENANT_OPTION)
    .action(async (wanted: string, { tenant }: TenantOption) => {
      const client = new ApiClient(config);
      const { sourceId } = await findSource(client, tenant, wanted);
      const found = await client.get(pathOf(tenant, sourceId), SourceDetail);
      print(output, found, () => accountOf(found));
    });
}

function registerAdd(source: Command, { config, output }: Deps): void {
  source
    .command('add <name>')
    .description('a new source; its secret is shown once')
    .option(...TENANT_OPTION)
    .addOption(new Option('--kind <kind>', 'how it sends').choices(KINDS).default('http'))
    .option('--port <port>', 'syslog in clear text: a port of its own')
    .option('--peer <address...>', 'syslog in clear text: addresses or networks it sends from')
    .option('--certificate <file>', 'syslog over TLS: its certificate in PEM; one is made when left out')
    .option('--signature-header <name>', 'webhook: where its signature is')
    .option('--timestamp-header <name>', 'webhook: where its time is, which is signed with the body')
    .option('--delivery-header <name>', 'webhook: where the name of a delivery is')
    .option('--path <path>', 'file: file or directory below the tenant’s directory of the intake')
    .addOption(new Option('--format <format>', 'file: what is in it').choices(FILE_FORMATS))
    .option('--events-per-second <count>', 'its rate', '20000')
    .option('--bytes-per-second <count>', 'its rate', '20000000')
    .option(
      '--write <prefix>',
      'writes certificate, key and authority to PREFIX-*.pem instead of showing them',
    )
    .action(async (name: string, options: AddOptions) => {
      const body = { name, settings: await settingsOf(options), limits: limitsOf(options) };
      const made = await new ApiClient(config).post(pathOf(options.tenant), body, MadeSource);
      print(output, made, () => madeText(made, options.write));
    });
  source
    .command('rotate <source>')
    .description('a new secret; the old one is worth nothing from now on')
    .option(...TENANT_OPTION)
    .option(
      '--write <prefix>',
      'writes certificate, key and authority to PREFIX-*.pem instead of showing them',
    )
    .action(async (wanted: string, { tenant, write }: Pick<AddOptions, 'tenant' | 'write'>) => {
      const client = new ApiClient(config);
      const { sourceId } = await findSource(client, tenant, wanted);
      const made = await client.post(`${pathOf(tenant, sourceId)}/rotate`, {}, MadeSource);
      print(output, made, () => madeText(made, write));
    });
}

function registerChanges(source: Command, { config, output }: Deps): void {
  for (const [word, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const)
    source
      .command(`${word} <source>`)
      .description(enabled ? 'take its records again' : 'take no more of its records')
      .option(...TENANT_OPTION)
      .action(async (wanted: string, { tenant }: TenantOption) => {
        const changed = await change(new ApiClient(config), tenant, wanted, { enabled });
        print(output, changed, () => `${changed.name} is ${enabled ? 'enabled' : 'disabled'}`);
      });
  source
    .command('limit <source>')
    .description('change its rate')
    .option(...TENANT_OPTION)
    .requiredOption('--events-per-second <count>')
    .requiredOption('--bytes-per-second <count>')
    .action(async (wanted: string, options: LimitOptions) => {
      const limits = limitsOf(options);
      const changed = await change(new ApiClient(config), options.tenant, wanted, { limits });
      print(output, changed, () => `${changed.name} may send ${options.eventsPerSecond} records a second`);
    });
  source
    .command('remove <source>')
    .description('remove a source; what it sent before stays')
    .option(...TENANT_OPTION)
    .option('--discard', 'also what is not in the event store yet')
    .action(async (wanted: string, { tenant, discard }: TenantOption & { readonly discard?: boolean }) => {
      const client = new ApiClient(config);
      const { sourceId, name } = await findSource(client, tenant, wanted);
      await client.delete(`${pathOf(tenant, sourceId)}?discard=${discard === true}`, z.unknown());
      print(output, { removed: sourceId }, () => `${name} is removed`);
    });
}

const pathOf = (tenant: string, sourceId?: string): string =>
  `/v1/tenants/${tenant}/sources${sourceId === undefined ? '' : `/${sourceId}`}`;

/** By id, by the start of it, or by name. @throws CLI_UNKNOWN, CLI_AMBIGUOUS */
async function findSource(client: ApiClient, tenant: string, wanted: string): Promise<Source> {
  const sources = await client.get(pathOf(tenant), z.array(Source));
  const found = sources.filter(
    ({ sourceId, name }) =>
      sourceId === wanted || name === wanted || (wanted.length >= 4 && sourceId.startsWith(wanted)),
  );
  const [only] = found;
  if (only === undefined) throw cliErrors.make('CLI_UNKNOWN', { what: 'source', name: wanted });
  if (found.length > 1)
    throw cliErrors.make('CLI_AMBIGUOUS', {
      what: 'source',
      name: wanted,
      candidates: found.map(({ sourceId }) => sourceId).join(', '),
    });
  return only;
}

async function change(client: ApiClient, tenant: string, wanted: string, body: object): Promise<Source> {
  const { sourceId } = await findSource(client, tenant, wanted);
  return client.post(`${pathOf(tenant, sourceId)}/change`, body, Source);
}

/** @throws CLI_FILE_UNREADABLE, CLI_USAGE */
async function settingsOf(options: AddOptions): Promise<CreateSource['settings']> {
  const { kind } = options;
  switch (kind) {
    case 'syslog-udp':
    case 'syslog-tcp':
      return {
        kind,
        port: options.port === undefined ? null : Number(options.port),
        peers: [...(options.peer ?? [])],
      };
    case 'syslog-tls':
      if (options.certificate === undefined) return { kind };
      return { kind, certificateFingerprint: await fingerprintOf(options.certificate) };
    case 'http':
      return { kind };
    case 'webhook':
      return {
        kind,
        ...(options.signatureHeader === undefined
          ? {}
          : { signatureHeader: options.signatureHeader.toLowerCase() }),
        ...(options.timestampHeader === undefined
          ? {}
          : { timestampHeader: options.timestampHeader.toLowerCase() }),
        ...(options.deliveryHeader === undefined
          ? {}
          : { deliveryHeader: options.deliveryHeader.toLowerCase() }),
      };
    case 'file': {
      const { path, format } = options;
      if (path === undefined) throw cliErrors.make('CLI_USAGE', { because: 'a file source needs --path' });
      const known = FILE_FORMATS.find((each) => each === format);
      return { kind, path, ...(known === undefined ? {} : { format: known }) };
    }
  }
}

const limitsOf = ({ eventsPerSecond, bytesPerSecond }: Partial<LimitOptions>) => ({
  eventsPerSecond: Number(eventsPerSecond),
  bytesPerSecond: Number(bytesPerSecond),
});

async function fingerprintOf(file: string): Promise<string> {
  const { X509Certificate } = await import('node:crypto');
  try {
    return new X509Certificate(readFileSync(file)).fingerprint256.replaceAll(':', '').toLowerCase();
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw cliErrors.make('CLI_FILE_UNREADABLE', { file, because }, { cause: error });
  }
}
