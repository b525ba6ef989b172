/**
 * A field filter as a condition of SQL. The path chooses a column from a list, or becomes parameters of
 * ClickHouse's JSON functions over the stored event; the value is always a parameter. No text of a user is
 * ever part of a query.
 */
import type { EventFilter } from '@demarc/platform/contract/api';
import { attributeLists, DETECTION_FINDING, FILE_SYSTEM_ACTIVITY } from '@demarc/platform/ocsf';
import { siemErrors } from './errors.ts';

export type Parameters = Record<string, string | number | readonly string[] | readonly number[]>;

const CLASSES = [FILE_SYSTEM_ACTIVITY, DETECTION_FINDING, 0];
const KEY = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const PATH_DEPTH_MAX = 12;

/** Attributes with a column of their own, among them all that the server adds and `raw` does not hold. */
const COLUMNS: Readonly<Record<string, string>> = {
  'metadata.uid': 'uid',
  'metadata.tenant_uid': 'tenant_id',
  'metadata.logged_time': 'toString(toUnixTimestamp64Milli(received_at))',
  time: 'toString(toUnixTimestamp64Milli(time))',
  'device.uid': 'asset_id',
  'device.hostname': 'hostname',
  'file.path': 'file_path',
  'actor.process.name': 'process_name',
  'actor.process.file.path': 'process_path',
  'actor.process.user.name': 'user_name',
  'finding_info.analytic.uid': 'rule_uid',
  class_uid: 'toString(class_uid)',
  activity_id: 'toString(activity_id)',
  severity_id: 'toString(severity_id)',
  message: 'message',
};

const OPERATORS: Readonly<Record<EventFilter['op'], (left: string, right: string) => string>> = {
  eq: (left, right) => `${left} = ${right}`,
  ne: (left, right) => `${left} = ${right}`,
  contains: (left, right) => `positionCaseInsensitiveUTF8(${left}, ${right}) > 0`,
  prefix: (left, right) => `startsWith(${left}, ${right})`,
};

/**
 * @param name of the parameters this filter adds; unique in its query
 * @throws SIEM_FIELD_UNKNOWN for what no event can hold
 */
export function fieldCondition(filter: EventFilter, name: string, parameters: Parameters): string {
  const { field, op, value } = filter;
  parameters[name] = value;
  const holds = (left: string): string => OPERATORS[op](left, `{${name}:String}`);
  const column = Object.hasOwn(COLUMNS, field) ? COLUMNS[field] : undefined;
  const condition = column === undefined ? inEvent(field, name, parameters, holds) : holds(column);
  // Of a list, "not" is that none of its entries is.
  return op === 'ne' ? `NOT (${condition})` : condition;
}

function inEvent(
  field: string,
  name: string,
  parameters: Parameters,
  holds: (left: string) => string,
): string {
  const path = field.split('.');
  const isPath = path.length <= PATH_DEPTH_MAX && path.every((key) => KEY.test(key));
  const lists = isPath
    ? CLASSES.map((uid) => attributeLists(uid, path)).find((found) => found !== undefined)
    : undefined;
  if (lists === undefined) throw siemErrors.make('SIEM_FIELD_UNKNOWN', { field: field.slice(0, 128) });
  const keys = path.map((key, depth) => {
    parameters[`${name}_${depth}`] = key;
    return `{${name}_${depth}:String}`;
  });
  return below('raw', keys, lists, 0, holds);
}

/** Steps into a list on the way: one entry that holds is enough. */
function below(
  json: string,
  keys: readonly string[],
  lists: readonly number[],
  from: number,
  holds: (left: string) => string,
): string {
  const list = lists.find((depth) => depth >= from);
  if (list === undefined)
    return from === keys.length ? holds(plain(json)) : holds(scalar(json, keys.slice(from)));
  const entry = `entry${list}`;
  const entries = `JSONExtractArrayRaw(${[json, ...keys.slice(from, list + 1)].join(', ')})`;
  return `arrayExists(${entry} -> ${below(entry, keys, lists, list + 1, holds)}, ${entries})`;
}

/** Texts as they are, numbers and booleans as they are written; what is absent is empty. */
function scalar(json: string, keys: readonly string[]): string {
  const path = [json, ...keys].join(', ');
  return `if(JSONType(${path}) = 'String', JSONExtractString(${path}), JSONExtractRaw(${path}))`;
}

function plain(json: string): string {
  return `if(JSONType(${json}) = 'String', JSONExtractString(${json}), ${json})`;
}
