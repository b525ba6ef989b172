/** Records that no parser understood, or whose event came out wrong: kept whole, counted as unparsed. */

import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { draft, type Members } from './event/draft.ts';
import { TEXT_LENGTH_MAX } from './event/text.ts';
import type { NormaliseContext, Normalised } from './normaliser.ts';

/** Half of what one attribute may have: with escapes the event still fits on the link. */
export const RAW_LENGTH_MAX = TEXT_LENGTH_MAX / 2;
/** Deeper JSON is kept as text only. */
const DEPTH_MAX = 24;

/** @param record its fields, when they could be read: the rules may know them even so */
export function rawEvent(text: string, record: Members | undefined, context: NormaliseContext): Normalised {
  const event = draft(
    context,
    { parser: 'raw', product: 'unknown', logName: 'raw' },
    {
      classUid: OCSF_CLASS.base_event,
      activityId: 0,
      severityId: 0,
      ownMs: undefined,
      originalTime: undefined,
      host: undefined,
    },
  );
  event['raw_data'] = text.length > RAW_LENGTH_MAX ? text.slice(0, RAW_LENGTH_MAX) : text;
  if (text.length > RAW_LENGTH_MAX) {
    (event['metadata'] as Members)['is_truncated'] = true;
    event['raw_data_size'] = text.length;
  }
  if (record !== undefined && isShallow(record, DEPTH_MAX)) event['unmapped'] = record;
  return { event: event as unknown as OcsfEvent, parser: undefined };
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  return Object.values(value).every((each) => isShallow(each, depth - 1));
}
