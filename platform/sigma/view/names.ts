/**
 * What fields are called: from where they stand in an event to how rules name them. One table for the view
 * of parsed events and for the engine that reads bytes.
 */
import type { FieldValue, SigmaEvent } from '../event.ts';

export interface Names {
  /** Replaced in a path first, in this order. */
  readonly replace: readonly (readonly [text: string, by: string])[];
  /** The first that a path begins with is taken off; `*` is one name. */
  readonly strip: readonly string[];
  /** What a whole path is called instead. */
  readonly rename: Readonly<Record<string, string>>;
  /** Where the second is absent, it has the values of the first. In this order. */
  readonly aliases: readonly (readonly [from: string, to: string])[];
  /** Where it is absent and all parts are there with one text each, the parts joined. */
  readonly joins: readonly { readonly to: string; readonly of: readonly string[]; readonly by: string }[];
}

export type Fields = SigmaEvent['fields'];
type Values = FieldValue | readonly FieldValue[];

/**
 * Windows events as `evtx_dump` and our own reader give them (`Event.System`, `Event.EventData`), as Elastic's
 * agents send them (`winlog`), and flat, as NXLog and Splunk do. What else arrives keeps its names.
 */
export const NAMES: Names = {
  replace: [
    ['.#attributes.', '_'],
    ['_attributes.', '_'],
    ['.#text', ''],
  ],
  strip: [
    'Event.System.',
    'Event.EventData.',
    'Event.UserData.*.',
    'Event.',
    'winlog.event_data.',
    'winlog.user_data.',
  ],
  rename: {
    'winlog.channel': 'Channel',
    'winlog.event_id': 'EventID',
    'winlog.computer_name': 'Computer',
    'winlog.provider_name': 'Provider_Name',
    'winlog.provider_guid': 'Provider_Guid',
    'winlog.record_id': 'EventRecordID',
    'winlog.task': 'Task',
    'winlog.opcode': 'Opcode',
    'winlog.process.pid': 'Execution_ProcessID',
    'winlog.process.thread.id': 'Execution_ThreadID',
    'winlog.user.identifier': 'Security_UserID',
  },
  aliases: [
    ['SourceName', 'Provider_Name'],
    ['ProviderGuid', 'Provider_Guid'],
    ['Hostname', 'Computer'],
    ['RecordNumber', 'EventRecordID'],
    // What SigmaHQ's generic categories call it, and what Windows' own auditing does.
    ['NewProcessName', 'Image'],
    ['ParentProcessName', 'ParentImage'],
    ['NewValue', 'Details'],
    ['Application', 'Image'],
    ['SourceAddress', 'SourceIp'],
    ['DestAddress', 'DestinationIp'],
    ['DestPort', 'DestinationPort'],
    ['SubjectUserName', 'User'],
    ['SubjectLogonId', 'LogonId'],
  ],
  joins: [{ to: 'TargetObject', of: ['ObjectName', 'ObjectValueName'], by: '\\' }],
};

/** Everything keeps the name of its path. */
export const PLAIN_NAMES: Names = { replace: [], strip: [], rename: {}, aliases: [], joins: [] };

/** What the leaf at a path is called. */
export function nameOf({ replace, strip, rename }: Names, path: string): string {
  let name = path;
  for (const [text, by] of replace) name = name.replaceAll(text, by);
  for (const prefix of strip) {
    const length = lengthOfPrefix(name, prefix);
    if (length > 0 && length < name.length) {
      name = name.slice(length);
      break;
    }
  }
  return Object.hasOwn(rename, name) ? (rename[name] ?? name) : name;
}

function lengthOfPrefix(path: string, prefix: string): number {
  const star = prefix.indexOf('*');
  if (star < 0) return path.startsWith(prefix) ? prefix.length : 0;
  if (!path.startsWith(prefix.slice(0, star))) return 0;
  const dot = path.indexOf('.', star);
  return dot < 0 ? 0 : dot + 1;
}

/** Adds, in place, what the fields are called besides. */
export function addAliases(fields: Record<string, Values>, { aliases, joins }: Names): void {
  for (const [from, to] of aliases) {
    const values = fields[from];
    if (values !== undefined && fields[to] === undefined) fields[to] = values;
  }
  for (const { to, of, by } of joins) {
    if (fields[to] !== undefined) continue;
    const parts = of.map((name) => fields[name]);
    if (parts.every((part) => typeof part === 'string')) fields[to] = parts.join(by);
  }
}
