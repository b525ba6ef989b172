/**
 * The OCSF event of a syslog message before anybody has read its text: its header's parts at their places,
 * and the text whole, which the rules' keywords look at.
 */
import { draft, type Members, put } from '../event/draft.ts';
import { fit, integer, TEXT_LENGTH_MAX } from '../event/text.ts';
import type { NormaliseContext } from '../normaliser.ts';
import { own, type StructuredElement, type SyslogRecord } from './record.ts';

/** What every mapping of a syslog message begins with. */
export const HEADER_PATHS = { app: 'metadata.log_provider', message: 'message' } as const;

/** An event under way: `event` in OCSF's names, `rest` in the source's own. */
export interface Line {
  readonly parser: string;
  readonly event: Members;
  readonly rest: Members;
}

/** `severity_id` of a syslog severity: emergency is fatal, notice and below are informational. */
const SEVERITIES = [6, 5, 5, 4, 2, 1, 1, 1] as const;

export function severityOf(record: SyslogRecord): number {
  return record.severity === undefined ? 1 : (SEVERITIES[record.severity] ?? 1);
}

/**
 * @param parser its name; of the mapping too
 * @param severityId by the message's priority when left out
 */
export function begin(
  parser: string,
  record: SyslogRecord,
  context: NormaliseContext,
  classUid: number,
  activityId: number,
  severityId = severityOf(record),
): Line {
  const event = draft(
    context,
    { parser, product: record.app ?? 'syslog', logName: 'syslog', logProvider: record.app },
    {
      classUid,
      activityId,
      severityId,
      ownMs: record.timeMs,
      originalTime: record.originalTime,
      host: record.host,
    },
  );
  event['message'] = fit(record.message);
  const rest: Members = {};
  put(rest, 'facility', record.facility);
  put(rest, 'severity', record.severity);
  put(rest, 'pid', record.pid);
  put(rest, 'msgid', record.msgid);
  if (record.structured !== undefined) rest['structured_data'] = structuredData(record.structured);
  if (record.message.length > TEXT_LENGTH_MAX) rest['message'] = record.message;
  return { parser, event, rest };
}

/** By SD-ID, then by name; what comes twice has its values in a list. */
export function structuredData(elements: readonly StructuredElement[]): Members {
  const data: Members = {};
  for (const { id, parameters } of elements) {
    const members = (Object.hasOwn(data, id) ? data[id] : {}) as Members;
    for (const [name, value] of parameters) {
      const before = Object.hasOwn(members, name) ? members[name] : undefined;
      own(members, name, before === undefined ? value : [before, value].flat());
    }
    own(data, id, members);
  }
  return data;
}

/** The process that wrote the message, where it says its number. */
export function processOf(record: SyslogRecord): Members | undefined {
  const pid = integer(record.pid);
  if (pid === undefined) return undefined;
  return record.app === undefined ? { pid } : { pid, name: fit(record.app) };
}

/** Reads one kind of text behind a syslog header; undefined when the text is of no kind it knows. */
export type AppParser = (record: SyslogRecord, context: NormaliseContext) => Line | undefined;

/** A member of the source's own; numbers and texts as they are. */
export function keepOwn(line: Line, name: string, value: unknown): void {
  if (value !== undefined) own(line.rest, name, value);
}
