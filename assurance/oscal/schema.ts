/** The OSCAL schemas of NIST (CC0), as a validator. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import type { OscalVersion } from './words.ts';

export interface SchemaProblem {
  /** JSON pointer into the document. */
  readonly location: string;
  readonly says: string;
}

/** More than these say nothing new. */
const PROBLEMS_MAX = 100;

const schemas = new Map<OscalVersion, Record<string, unknown>>();
const compiled = new Map<string, ValidateFunction>();

export function schemaProblems(version: OscalVersion, document: unknown): readonly SchemaProblem[] {
  const model = rootOf(document);
  const validate = model === undefined ? undefined : validatorOf(version, model);
  if (validate === undefined)
    return [{ location: '/', says: `is none of the documents that OSCAL ${version} has` }];
  if (validate(document)) return [];
  return (validate.errors ?? []).slice(0, PROBLEMS_MAX).map(({ instancePath, message, params }) => ({
    location: instancePath === '' ? '/' : instancePath,
    says: `${message ?? 'is not as the schema wants it'} ${JSON.stringify(params).slice(0, 200)}`,
  }));
}

/** `catalog`, `system-security-plan`, …: the one member beside `$schema`. */
export function rootOf(document: unknown): string | undefined {
  if (document === null || typeof document !== 'object' || Array.isArray(document)) return undefined;
  const [model, ...others] = Object.keys(document).filter((key) => key !== '$schema');
  return others.length === 0 ? model : undefined;
}

/** The schema is one choice of all models; asking for the one that is meant gives errors that say something. */
function validatorOf(version: OscalVersion, model: string): ValidateFunction | undefined {
  const key = `${version} ${model}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const { oneOf, $id: _unused, ...schema } = schemaOf(version);
  const branches = (oneOf ?? []) as readonly { readonly properties?: Record<string, unknown> }[];
  const branch = branches.find(({ properties }) => Object.hasOwn(properties ?? {}, model));
  if (branch === undefined) return undefined;
  // Their patterns use \p{L}, which JavaScript knows only under the `u` flag (Ajv's default, said aloud here). Strict
  // mode dislikes `type` beside `anyOf` and the like, which the generator of these schemas writes everywhere.
  const ajv = new Ajv({ strict: false, allErrors: false, unicodeRegExp: true, validateSchema: false });
  formats.default(ajv);
  const validate = ajv.compile({ ...schema, ...branch });
  compiled.set(key, validate);
  return validate;
}

function schemaOf(version: OscalVersion): Record<string, unknown> {
  const known = schemas.get(version);
  if (known !== undefined) return known;
  const packed = readFileSync(new URL(`./schemas/oscal-complete-${version}.json.gz`, import.meta.url));
  const schema = JSON.parse(gunzipSync(packed).toString('utf8')) as Record<string, unknown>;
  schemas.set(version, schema);
  return schema;
}
