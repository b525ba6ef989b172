/** What the commands about workbook, risks, exceptions and standards have in common. */
import { readFileSync, statSync } from 'node:fs';
import { type RecordScope, Standards } from '@demarc/platform/contract/assurance/workbook';
import type { Command } from 'commander';
import { parse } from 'yaml';
import * as z from 'zod';
import type { ApiClient } from '../client.ts';
import { cliErrors } from '../errors.ts';
import { instantOf } from '../instant.ts';
import { TENANT_OPTION } from './tenant.ts';

export interface AsOfOptions {
  readonly tenant: string;
  readonly asOf?: string;
  readonly asKnown?: string;
}
export interface ScopeOptions {
  readonly tenant: string;
  readonly asset?: readonly string[];
  readonly group?: readonly string[];
}

export const PERSON_OPTION = [
  '--person <name>',
  'who decides: kept in the ledger beside the account',
] as const;
export const ASSET_OPTION = ['--asset <asset...>', 'id or name; everything when left out'] as const;
export const GROUP_OPTION = ['--group <group...>', 'id of a group'] as const;

const FILE_BYTES_MAX = 1_048_576;

/** A command that reads, as it was then and by what was known then. */
export function reading(command: Command): Command {
  return command
    .option(...TENANT_OPTION)
    .option('--as-of <instant>', 'as it was then')
    .option('--as-known <instant>', 'by what was known then');
}

export function asOfQuery({ asOf, asKnown }: AsOfOptions): URLSearchParams {
  const query = new URLSearchParams();
  if (asOf !== undefined) query.set('asOf', instantOf(asOf));
  if (asKnown !== undefined) query.set('knownAt', instantOf(asKnown));
  return query;
}

/** Everything, or the assets and groups that are named. @throws CLI_UNKNOWN, CLI_AMBIGUOUS */
export async function scopesOf(
  client: ApiClient,
  { tenant, asset = [], group = [] }: ScopeOptions,
): Promise<readonly RecordScope[]> {
  if (asset.length + group.length === 0) return [{ kind: 'tenant' }];
  const assets = await Promise.all(
    asset.map(async (wanted) => ({
      kind: 'asset' as const,
      assetId: await populationAsset(client, tenant, wanted),
    })),
  );
  return [...assets, ...group.map((groupId) => ({ kind: 'group' as const, groupId }))];
}

/** Of everything the tenant has, machines without an agent, networks and databases among them. @throws CLI_UNKNOWN, CLI_AMBIGUOUS */
export async function populationAsset(client: ApiClient, tenant: string, wanted: string): Promise<string> {
  if (wanted === 'tenant') return wanted;
  const { assets } = await client.get(`/v1/tenants/${tenant}/standards`, Standards);
  const found = assets.filter(
    ({ assetId, assetName }) =>
      assetId === wanted || assetName === wanted || (wanted.length >= 4 && assetId.startsWith(wanted)),
  );
  const [only] = found;
  if (only === undefined) throw cliErrors.make('CLI_UNKNOWN', { what: 'asset', name: wanted });
  if (found.length > 1)
    throw cliErrors.make('CLI_AMBIGUOUS', {
      what: 'asset',
      name: wanted,
      candidates: found.map(({ assetId }) => assetId).join(', '),
    });
  return only.assetId;
}

/** YAML, of which JSON is a part. @throws CLI_USAGE */
export function readRecord<Schema extends z.ZodType>(file: string, schema: Schema): z.infer<Schema> {
  let text: string;
  try {
    if (statSync(file).size > FILE_BYTES_MAX) throw new Error(`it is larger than ${FILE_BYTES_MAX} bytes`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw cliErrors.make('CLI_USAGE', { because: `${file} cannot be read: ${because}` }, { cause: error });
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw cliErrors.make('CLI_USAGE', { because: `${file} is neither YAML nor JSON` }, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw cliErrors.make('CLI_USAGE', {
    because: `${file}: ${z.prettifyError(parsed.error).slice(0, 500)}`,
  });
}

/** `HLD-7#3.2`: a document and its section. */
export function designOf(text: string): { readonly document: string; readonly section: string } {
  const [document = '', section = ''] = text.split(/#(.*)/s);
  return { document, section };
}

/** `12.5 %`, or a word where there is nothing to count. */
export const percent = (share: number | null): string =>
  share === null ? 'nothing applicable' : `${(share * 100).toFixed(1)} %`;

export const dayOf = (instant: string | null): string => instant?.slice(0, 10) ?? '';

/** @throws CLI_USAGE */
export function numberOf(text: string, what: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw cliErrors.make('CLI_USAGE', { because: `${what} is a whole number from ${min} to ${max}` });
  return value;
}
