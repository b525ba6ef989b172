/** What of a match is kept: the fields that some correlation looks at, as PostgreSQL and memory can hold them. */
import { createHash } from 'node:crypto';
import type { BaseMatch, MatchFields } from '@demarc/platform/sigma/correlation';

type Value = NonNullable<MatchFields[string]>;

/** Group keys are kept by the million; what is longer is told apart by its digest. */
const CHARACTERS_MAX = 256;
const HEAD_CHARACTERS = 160;
const VALUES_MAX = 64;

/** Pure: the same match is kept the same, so that a repetition falls into the same groups. */
export function keptOf(match: BaseMatch, wanted: readonly string[]): BaseMatch {
  const fields: Record<string, Value> = {};
  for (const name of wanted) {
    const value = Object.hasOwn(match.fields, name) ? match.fields[name] : undefined;
    if (value !== undefined && value !== null) fields[name] = kept(value);
  }
  const { ruleId, eventUid, timeMs } = match;
  return { ruleId, eventUid, timeMs: Math.floor(timeMs), fields };
}

function kept(value: Value): Value {
  if (typeof value === 'string') return storable(value);
  if (typeof value !== 'object') return value;
  return value.slice(0, VALUES_MAX).map((one) => (typeof one === 'string' ? storable(one) : one));
}

/** jsonb takes neither NUL nor half a surrogate pair. */
function storable(text: string): string {
  const short =
    text.length <= CHARACTERS_MAX
      ? text
      : `${text.slice(0, HEAD_CHARACTERS)}…${createHash('sha256').update(text).digest('hex')}`;
  return short.toWellFormed().replaceAll('\0', '\ufffd');
}
