/**
 * `docs/ledger-format.md` from the schemas in the code: `node tools/ledger-doc.ts` writes it, `tools/docs.test.ts`
 * fails when it is stale.
 */
import { writeFileSync } from 'node:fs';
import { Acts } from '@demarc/assurance/acts';
import { LedgerLines } from '@demarc/assurance/offline';
import * as z from 'zod';

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
  readonly additionalProperties?: JsonSchema | boolean;
}

const INTRO = `# The ledger as a file

Newline JSON: one object a line, in UTF-8. \`demarc assurance replay --ledger FILE --as-of T [--as-known K] [--json]\`
reads it (\`-\` is standard input) and says who owned each duty and whether each control held, without a running
platform. The platform's own exports have this form; anybody may write one by hand.

- An instant is ISO 8601 **with its zone** (\`2026-11-01T08:00:00.000Z\`) or milliseconds since the epoch. Intervals are
  half-open: \`[from, to)\`. Payload fields that end in \`Ms\` take either form, too.
- \`validAt\` is from when an act holds, \`recordedAt\` when it was written down. \`--as-of T\` takes what holds at T,
  \`--as-known K\` what was written down by K; evidence counts by \`observedAt\` and \`receivedAt\` in the same way.
- Lines may stand in any order; acts that hold from the same instant are taken in the order of the file.
- Unknown fields, unknown acts and rules that the catalogue does not have are refused with the line and the field.
- Only acts move owners. A service that was bought moves its duties with the act \`service-operational\`, which names the
  first passing evidence; evidence alone moves nothing.
- Bounds: 1,048,576 characters a line, 10,000,000 lines, 1,000,000 acts.

A worked example is \`examples/handover.ledger.ndjson\`:

\`\`\`sh
./demarc assurance replay --ledger examples/handover.ledger.ndjson --as-of 2026-11-20T00:00:00Z --control VMS-09
\`\`\`

## What is verified

- **Chain.** Where acts have \`seq\`, \`previousHash\` and \`hash\`, all of them must, from 1 on without a gap. \`hash\` is the
  SHA-256 (hex) of the canonical JSON (sorted keys, no white space) of \`{act, actor, payload, previous_hash,
  recorded_at_ms, seq, valid_at_ms}\`, with \`payload\` as its own canonical JSON text; the first link is 64 zeros. A chain
  that does not hold ends the command with \`LEDGER_CHAIN_BROKEN\`.
- **Digests.** Where evidence has \`raw\` and \`digest\`, the digest is the SHA-256 (hex) of the canonical JSON of \`raw\`.
- **Signatures.** Where the file has \`key\` lines, which stand before the evidence, evidence that holds by no key of its
  asset and by none of the platform's does not count; it is listed.
- Evidence that is dated more than 60 s after it was received does not count; it is listed.

## Lines

`;

export function ledgerDocument(): string {
  const lines: string[] = [INTRO.trimEnd(), ''];
  for (const [kind, schema] of Object.entries(LedgerLines))
    lines.push(`### \`${kind}\``, '', ...fields(schema), '');
  lines.push('## Acts', '', 'The `payload` of each act, by its name.', '');
  for (const [name, schema] of Object.entries(Acts)) lines.push(`### \`${name}\``, '', ...fields(schema), '');
  return `${lines.join('\n').trimEnd()}\n`;
}

function fields(schema: z.ZodType): readonly string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  const names = Object.entries(properties);
  if (names.length === 0) return ['No fields: `{}`.'];
  return [
    '| field | what | |',
    '| --- | --- | --- |',
    ...names.map(
      ([name, field]) =>
        `| \`${name}\` | ${said(field).replaceAll('|', '\\|')} | ${required.includes(name) ? 'required' : field.default === undefined ? 'optional' : `\`${JSON.stringify(field.default)}\` unless given`} |`,
    ),
  ];
}

function said(schema: JsonSchema): string {
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return either.map(said).join(' or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  switch (schema.type) {
    case 'array':
      return `list${range(schema.minItems, schema.maxItems, ' of ', ' of ')}: ${said(schema.items ?? {})}`;
    case 'object':
      return schema.properties === undefined
        ? typeof schema.additionalProperties === 'object'
          ? `object of ${said(schema.additionalProperties)}`
          : 'object'
        : `{ ${Object.entries(schema.properties)
            .map(
              ([name, field]) =>
                `${name}${schema.required?.includes(name) === true ? '' : '?'}: ${said(field)}`,
            )
            .join('; ')} }`;
    case 'string':
      if (schema.format === 'date-time') return 'instant as ISO 8601 with its zone';
      if (schema.pattern !== undefined) return `text like \`${schema.pattern}\``;
      return `text${range(schema.minLength, schema.maxLength, ', ', ' characters')}`;
    case 'integer':
    case 'number':
      return `${schema.type}${range(schema.minimum, schema.maximum, ', ', '')}`;
    case 'boolean':
      return 'true or false';
    case undefined:
    default:
      return 'anything';
  }
}

function range(min: number | undefined, max: number | undefined, before: string, after: string): string {
  const top = max === undefined || max >= Number.MAX_SAFE_INTEGER ? undefined : max;
  if (min === undefined && top === undefined) return '';
  if (top === undefined) return `${before}at least ${min ?? 0}${after.trim() === 'of' ? '' : after}`;
  return `${before}${min ?? 0} to ${top}${after.trim() === 'of' ? '' : after}`;
}

if (import.meta.main) writeFileSync('docs/ledger-format.md', ledgerDocument());
