/** What auditors look at, and what people vouch for. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  Attested,
  AuditAccess,
  AuditEvidence,
  AuditLedger,
  AuditPopulation,
  AuditRecord,
  AuditSample,
} from '@demarc/platform/contract/assurance/evidence';
import type { Command } from 'commander';
import * as z from 'zod';
import { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import { instantOf } from '../instant.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { findAsset } from './assets.ts';
import { TENANT_OPTION } from './tenant.ts';

interface AsOfOptions {
  readonly tenant: string;
  readonly asOf?: string;
  readonly asKnown?: string;
}

const REPORT_BYTES_MAX = 512 * 1_048_576;
const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 };

export function register(program: Command, deps: Deps): void {
  registerAttest(program, deps);
  const audit = program.command('audit').description('population, evidence, samples, ledger and who looked');
  registerPopulation(audit, deps);
  registerEvidence(audit, deps);
  registerLedger(audit, deps);
}

function registerAttest(program: Command, { config, output }: Deps): void {
  program
    .command('attest <rule>')
    .description('vouch for a rule that asks for a record, an attestation or a report')
    .option(...TENANT_OPTION)
    .option('--asset <asset>', 'id or name; the tenant as a whole unless told', 'tenant')
    .requiredOption('--statement <text>', 'what you state')
    .requiredOption('--until <instant>', 'when it expires: an instant, or from now `90d`')
    .option('--report <file>', 'somebody else’s report; its SHA-256 is kept, the file stays with you')
    .option('--denies', 'state that it does not hold')
    .action(
      async (
        rule: string,
        options: {
          readonly tenant: string;
          readonly asset: string;
          readonly statement: string;
          readonly until: string;
          readonly report?: string;
          readonly denies?: boolean;
        },
      ) => {
        const client = new ApiClient(config);
        const { tenant, statement, report } = options;
        const body = {
          rule,
          assetId: await assetIdOf(client, tenant, options.asset),
          statement,
          holds: options.denies !== true,
          until: ahead(options.until),
          ...(report === undefined
            ? {}
            : { report: { title: basename(report), digest: digestOfFile(report) } }),
        };
        const made = await client.post(`/v1/tenants/${tenant}/attestations`, body, Attested);
        print(
          output,
          { ...made, ...body },
          () => `${rule} is vouched for until ${body.until}; evidence ${made.uid}`,
        );
      },
    );
}

function registerPopulation(audit: Command, { config, output }: Deps): void {
  asOfOptions(
    audit
      .command('population')
      .description('which assets a control is about, which it is not and why')
      .option('--control <control>', 'all controls unless told'),
  ).action(async (options: AsOfOptions & { readonly control?: string }) => {
    const query = asOfQuery(options);
    if (options.control !== undefined) query.set('controlId', options.control);
    const path = `/v1/tenants/${options.tenant}/audit/population?${query}`;
    const population = await new ApiClient(config).get(path, AuditPopulation);
    print(output, population, () => {
      const inside = population.included.map((asset) => [
        asset.assetId,
        asset.name,
        asset.type,
        asset.status ?? '',
      ]);
      const outside = population.excluded.map((asset) => [
        asset.assetId,
        asset.name,
        asset.type,
        asset.because,
      ]);
      return `${population.query}\n\nincluded ${inside.length}\n${table(['asset', 'name', 'type', 'status'], inside)}\n\nexcluded ${outside.length}\n${table(['asset', 'name', 'type', 'because'], outside)}\n\ndigest ${population.digest}`;
    });
  });
  asOfOptions(
    audit
      .command('sample')
      .description('draw assets from a frozen population, with the digests of their evidence')
      .requiredOption('--control <control>', 'of this control')
      .option('--n <count>', 'how many', '10')
      .option('--seed <text>', 'draws the same again; chosen unless told'),
  ).action(
    async (
      options: AsOfOptions & { readonly control: string; readonly n: string; readonly seed?: string },
    ) => {
      const query = asOfQuery(options);
      query.set('controlId', options.control);
      query.set('n', options.n);
      if (options.seed !== undefined) query.set('seed', options.seed);
      const path = `/v1/tenants/${options.tenant}/audit/sample?${query}`;
      const sample = await new ApiClient(config).get(path, AuditSample);
      print(output, sample, () => {
        const rows = sample.items.flatMap((item) =>
          (item.evidence.length === 0 ? [undefined] : item.evidence).map((evidence) => [
            item.name,
            item.status,
            evidence?.rule ?? 'no evidence',
            evidence?.result ?? '',
            evidence?.observedAt ?? '',
            evidence === undefined ? '' : `signature ${evidence.signature}`,
            evidence?.uid ?? '',
          ]),
        );
        return `${sample.items.length} of ${sample.populationCount}: ${sample.query}\n\n${table(['asset', 'status', 'rule', 'result', 'observed', 'signature', 'evidence'], rows)}\n\nseed ${sample.seed}, as of ${sample.asOf}, as known ${sample.knownAt}\nmethod: ${sample.method}\npopulation ${sample.populationDigest}\nsample ${sample.digest}`;
      });
    },
  );
}

function registerEvidence(audit: Command, { config, output }: Deps): void {
  audit
    .command('evidence [uid]')
    .description('one piece of evidence with its raw record; or all of one rule on one asset')
    .option(...TENANT_OPTION)
    .option('--rule <rule>', 'without a uid: of this rule')
    .option('--asset <asset>', 'without a uid: on this asset', 'tenant')
    .action(
      async (
        uid: string | undefined,
        options: { readonly tenant: string; readonly rule?: string; readonly asset: string },
      ) => {
        const client = new ApiClient(config);
        const base = `/v1/tenants/${options.tenant}/audit/evidence`;
        if (uid !== undefined) {
          const record = await client.get(`${base}/${encodeURIComponent(uid)}`, AuditRecord);
          print(output, record, () => recordText(record));
          return;
        }
        if (options.rule === undefined)
          throw cliErrors.make('CLI_USAGE', { because: 'name a uid, or a rule with --rule' });
        const query = new URLSearchParams({
          assetId: await assetIdOf(client, options.tenant, options.asset),
          rule: options.rule,
        });
        const found = await client.get(`${base}?${query}`, z.array(AuditEvidence));
        print(output, found, () =>
          table(
            ['observed', 'received', 'result', 'signature', 'collector', 'evidence', 'because'],
            found.map((item) => [
              item.observedAt,
              item.receivedAt,
              item.result,
              item.signature,
              item.collector,
              item.uid,
              item.because,
            ]),
          ),
        );
      },
    );
}

function registerLedger(audit: Command, { config, output }: Deps): void {
  audit
    .command('ledger')
    .description('every act, newest first, and whether the chain holds')
    .option(...TENANT_OPTION)
    .option('--before <number>', 'records below this one')
    .option('--limit <count>', 'how many', '50')
    .action(
      async (options: { readonly tenant: string; readonly before?: string; readonly limit: string }) => {
        const query = new URLSearchParams({ limit: options.limit });
        if (options.before !== undefined) query.set('before', options.before);
        const path = `/v1/tenants/${options.tenant}/audit/ledger?${query}`;
        const ledger = await new ApiClient(config).get(path, AuditLedger);
        print(output, ledger, () => {
          const rows = ledger.records.map(({ seq, act, validAt, recordedAt, actor, hash, signatures }) => [
            String(seq),
            act,
            validAt,
            recordedAt,
            actor,
            hash.slice(0, 16),
            signatures.map(({ side, party, person }) => `${side} ${party} (${person})`).join('; '),
          ]);
          const { holds, brokenAt, checked } = ledger.chain;
          return `${table(['record', 'act', 'holds from', 'recorded', 'by', 'hash', 'signatures'], rows)}\n\n${holds ? `the chain of ${checked} records holds` : `THE CHAIN IS BROKEN at record ${brokenAt ?? 0}`}`;
        });
      },
    );
  audit
    .command('access')
    .description('who of the provider looked at this tenant’s data')
    .option(...TENANT_OPTION)
    .action(async ({ tenant }: { readonly tenant: string }) => {
      const access = await new ApiClient(config).get(`/v1/tenants/${tenant}/audit/access`, AuditAccess);
      print(output, access, () =>
        table(
          ['minute', 'who', 'role', 'what', 'times', 'refused'],
          access.entries.map((entry) => [
            entry.at,
            entry.name,
            entry.role,
            `${entry.method} ${entry.route}`,
            String(entry.count),
            String(entry.refused),
          ]),
        ),
      );
    });
}

function asOfOptions(command: Command): Command {
  return command
    .option(...TENANT_OPTION)
    .option('--as-of <instant>', 'as it was then')
    .option('--as-known <instant>', 'by what was known then');
}

function asOfQuery({ asOf, asKnown }: AsOfOptions): URLSearchParams {
  const query = new URLSearchParams();
  if (asOf !== undefined) query.set('asOf', instantOf(asOf));
  if (asKnown !== undefined) query.set('knownAt', instantOf(asKnown));
  return query;
}

function recordText(record: AuditRecord): string {
  const facts: readonly (readonly [string, string])[] = [
    ['rule', `${record.rule}: ${record.asserts}`],
    ['asset', record.assetId],
    ['result', `${record.result}: ${record.because}`],
    ['collector', record.collector],
    ['observed', record.observedAt],
    ['received', record.receivedAt],
    ['expires', record.expiresAt ?? 'with its freshness'],
    ['digest', `${record.digest} (${record.digestHolds ? 'holds' : 'DOES NOT HOLD'})`],
    [
      'signature',
      `${record.signature}${record.signedBy === null ? '' : `, by the ${record.signedBy}’s key`}`,
    ],
  ];
  return `${facts.map(([name, value]) => `${name.padEnd(10)} ${value}`).join('\n')}\n\n${JSON.stringify(record.raw, null, 2)}`;
}

/** An instant, or so long from now. @throws CLI_USAGE */
function ahead(text: string): string {
  const [, count, unit] = /^(\d+)([hd])$/.exec(text) ?? [];
  return count === undefined || unit === undefined
    ? instantOf(text)
    : new Date(Date.now() + Number(count) * (UNITS_MS[unit] ?? 0)).toISOString();
}

function digestOfFile(file: string): string {
  const bytes = readFileSync(file);
  if (bytes.length > REPORT_BYTES_MAX)
    throw cliErrors.make('CLI_USAGE', { because: `${file} is larger than ${REPORT_BYTES_MAX} bytes` });
  return createHash('sha256').update(bytes).digest('hex');
}

async function assetIdOf(client: ApiClient, tenant: string, wanted: string): Promise<string> {
  return wanted === 'tenant' ? wanted : (await findAsset(client, tenant, wanted)).assetId;
}
