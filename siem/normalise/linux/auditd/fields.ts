/** The fields of an audit event: those of all its records, each name with one value or several in order. */
import { own } from '../../syslog/record.ts';
import type { AuditRecord } from './record.ts';
import { syscallName, X86_64 } from './syscalls.ts';

export type AuditFields = Record<string, string | string[]>;

/** The kernel's texts for "not set". */
const UNSET: ReadonlySet<string> = new Set(['?', '(null)', '(none)', '4294967295', 'unset', '']);

export function fieldsOf(records: readonly AuditRecord[]): AuditFields {
  const fields: AuditFields = {};
  for (const record of records) {
    add(fields, 'type', record.type);
    for (const [name, value] of record.fields) add(fields, name, value);
  }
  const number = first(fields, 'syscall');
  if (number !== undefined && fields['SYSCALL'] === undefined && first(fields, 'arch') === X86_64) {
    const name = syscallName(number);
    if (name !== undefined) fields['SYSCALL'] = name;
  }
  return fields;
}

function add(fields: AuditFields, name: string, value: string): void {
  const before = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (before === undefined) own(fields, name, value);
  else if (Array.isArray(before)) before.push(value);
  else own(fields, name, [before, value]);
}

/** The first value that is set. */
export function first(fields: AuditFields, name: string): string | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'string') return UNSET.has(value) ? undefined : value;
  return value.find((each) => !UNSET.has(each));
}

/** One value of the record of a type; `PATH` has many, its `nth` is counted from 0. */
export function ofRecord(record: AuditRecord | undefined, name: string): string | undefined {
  const value = record?.fields.find(([each]) => each === name)?.[1];
  return value === undefined || UNSET.has(value) ? undefined : value;
}

/** `execve`'s arguments in order; long ones come in pieces, `a1[0]=… a1[1]=…`. */
export function argumentsOf(records: readonly AuditRecord[]): readonly string[] {
  const found: string[] = [];
  for (const record of records) {
    if (record.type !== 'EXECVE') continue;
    for (const [name, value] of record.fields) {
      if (name.charCodeAt(0) !== 97 || name === 'argc' || name.endsWith('_len')) continue;
      const piece = name.indexOf('[');
      if (piece > 0 && name !== `${name.slice(0, piece)}[0]`) found[found.length - 1] += value;
      else found.push(value);
    }
  }
  return found;
}

/** The address of `struct sockaddr` in hexadecimal: family in host order, the port in the network's. */
export function addressOf(saddr: string): { readonly ip: string; readonly port: number } | undefined {
  const bytes = Buffer.from(saddr, 'hex');
  if (bytes.length < 8) return undefined;
  const family = bytes.readUInt16LE(0);
  const port = bytes.readUInt16BE(2);
  if (family === 2) return { ip: bytes.subarray(4, 8).join('.'), port };
  if (family !== 10 || bytes.length < 24) return undefined;
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(8 + at * 2).toString(16));
  return { ip: compressed(groups), port };
}

/** RFC 5952 section 4.2: the longest run of zero groups is left out. */
function compressed(groups: readonly string[]): string {
  let best = -1;
  let length = 1;
  for (let from = 0; from < groups.length; from += 1) {
    let to = from;
    while (groups[to] === '0') to += 1;
    if (to - from > length) {
      best = from;
      length = to - from;
    }
  }
  if (best < 0) return groups.join(':');
  return `${groups.slice(0, best).join(':')}::${groups.slice(best + length).join(':')}`;
}
