/**
 * Containers of records: CloudTrail's files (`{"Records":[…]}`), Azure's exports (`{"records":[…]}`), Microsoft
 * Graph (`{"value":[…]}`), Kubernetes' webhook (`{"kind":"EventList","items":[…]}`), CloudWatch's subscriptions
 * (`{"logEvents":[{"message":…}]}`), EventBridge (`{"detail-type":…,"detail":{…}}`), and plain lists.
 */
import type { Members } from './event/draft.ts';

/** CloudTrail closes a file long before this. */
export const RECORDS_MAX = 100_000;

export interface Expanded {
  readonly records: readonly (string | Members)[];
  /** Entries that are no record, or beyond the bound; the caller counts them as dropped. */
  readonly leftOutCount: number;
}

/** @returns the record itself when it contains no others */
export function expand(record: string | Members | readonly unknown[], recordsMax = RECORDS_MAX): Expanded {
  if (typeof record === 'string') return { records: [record], leftOutCount: 0 };
  const list = listIn(record);
  if (list !== undefined) {
    const records: (string | Members)[] = [];
    for (const each of list) {
      if (records.length >= recordsMax) break;
      const one = singleOf(each);
      if (one !== undefined) records.push(one);
    }
    return { records, leftOutCount: list.length - records.length };
  }
  const { detail } = record as Members;
  if (typeof (record as Members)['detail-type'] === 'string' && isObject(detail))
    return { records: [detail], leftOutCount: 0 };
  return { records: [record as Members], leftOutCount: 0 };
}

const LISTS = ['Records', 'records', 'value', 'items', 'logEvents'] as const;

function listIn(record: Members | readonly unknown[]): readonly unknown[] | undefined {
  if (Array.isArray(record)) return record;
  for (const name of LISTS) {
    const list = Object.hasOwn(record, name) ? (record as Members)[name] : undefined;
    if (Array.isArray(list) && (name !== 'items' || (record as Members)['kind'] === 'EventList')) return list;
  }
  return undefined;
}

function singleOf(value: unknown): string | Members | undefined {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return undefined;
  const { message, id, timestamp } = value;
  // An entry of CloudWatch is three fields around a line.
  return typeof message === 'string' && id !== undefined && timestamp !== undefined ? message : value;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
