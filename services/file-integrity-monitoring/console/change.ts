/** What the page shows of one event; pure, so that it can be tried without a browser. */

export interface Change {
  readonly uid: string;
  readonly time: number;
  readonly message: string;
  readonly what: string;
  readonly path: string;
  readonly process: string;
  readonly executable: string;
  readonly commandLine: string;
  readonly user: string;
  readonly parent: string;
  readonly host: string;
  readonly seenBy: string;
  readonly sha256: string;
  readonly diff: string;
  readonly raw: unknown;
}

const WHAT: Readonly<Record<number, string>> = {
  1: 'Created',
  3: 'Changed',
  4: 'Deleted',
  5: 'Renamed',
  6: 'Attributes',
  7: 'Permissions',
  99: 'Verified after a gap',
};

export function changeOf(event: Readonly<Record<string, unknown>>): Change {
  const text = (...path: readonly string[]): string => {
    let value: unknown = event;
    for (const key of path)
      value =
        typeof value === 'object' && value !== null
          ? (value as Readonly<Record<string, unknown>>)[key]
          : undefined;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const uid = text('actor', 'process', 'user', 'uid');
  return {
    uid: text('metadata', 'uid'),
    time: Number(event['time']),
    message: text('message'),
    what: WHAT[Number(event['activity_id'])] ?? 'Other',
    path: text('file', 'path'),
    process: text('actor', 'process', 'name') || 'not known',
    executable: text('actor', 'process', 'file', 'path'),
    commandLine: text('actor', 'process', 'cmd_line'),
    user: text('actor', 'process', 'user', 'name') || (uid === '' ? 'not known' : `uid ${uid}`),
    parent: text('actor', 'process', 'parent_process', 'name'),
    host: text('device', 'hostname'),
    seenBy: text('unmapped', 'seen_by'),
    sha256: text('unmapped', 'after', 'sha256'),
    diff: text('file_diff'),
    raw: event,
  };
}
