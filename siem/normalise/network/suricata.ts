/**
 * Suricata's EVE JSON: one object a line, its kind in `event_type`.
 *
 * DNS and HTTP records also carry the fields of Sigma's `dns` and `proxy` rules, which are written for logs of
 * any make.
 *
 * @see https://docs.suricata.io/en/latest/output/eve/eve-json-format.html
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Recognition } from '@demarc/platform/sigma/event';
import { readIso } from '../event/clock.ts';
import { done, draft, keep, type Members } from '../event/draft.ts';
import { mapperOf } from '../event/mapper.ts';
import { fit } from '../event/text.ts';
import { suricataMapping } from '../json-mappings.ts';
import type { NormaliseContext, Normalised } from '../normaliser.ts';
import { shapeOf } from './suricata-shapes.ts';

const PRODUCT = 'metadata.product.name';

export const suricataRecognitions: readonly Recognition[] = [
  { when: { [PRODUCT]: ['Suricata'] }, is: { product: 'suricata' } },
  { when: { [PRODUCT]: ['Suricata'], event_type: ['dns'] }, is: { product: 'suricata', category: 'dns' } },
  { when: { [PRODUCT]: ['Suricata'], event_type: ['http'] }, is: { product: 'suricata', category: 'proxy' } },
  {
    when: { [PRODUCT]: ['Suricata'], event_type: ['http'] },
    is: { product: 'suricata', category: 'webserver' },
  },
  {
    when: { [PRODUCT]: ['Suricata'], event_type: ['flow', 'netflow'] },
    is: { product: 'suricata', service: 'netflow' },
  },
];

const mapSuricata = mapperOf(suricataMapping);
const UNKNOWN_DIRECTION = 0;

export function isSuricata(record: Members): boolean {
  return typeof record['event_type'] === 'string' && typeof record['timestamp'] === 'string';
}

export function parseSuricata(record: Members, context: NormaliseContext): Normalised {
  const kind = record['event_type'] as string;
  const stamp = record['timestamp'] as string;
  const shape = shapeOf(kind, record);
  const { host } = record;
  const event = draft(
    context,
    {
      parser: shape.hasEndpoints ? 'suricata' : 'suricata-plain',
      product: 'Suricata',
      vendor: 'OISF',
      logName: 'eve',
    },
    {
      classUid: shape.classUid,
      activityId: shape.activityId,
      severityId: shape.severityId,
      ownMs: readIso(stamp, 0)?.ms,
      originalTime: undefined,
      host: typeof host === 'string' ? host : undefined,
    },
  );
  const rest = shape.hasEndpoints ? mapSuricata(record, event) : plain(record, event);
  if (shape.hasEndpoints) {
    const connection = event['connection_info'] as Members | undefined;
    if (connection !== undefined) connection['direction_id'] = UNKNOWN_DIRECTION;
  }
  shape.fill?.(event, rest);
  return done(keep(event, rest), 'suricata');
}

function plain(record: Members, event: Members): Members {
  const { timestamp, host: _, ...rest } = record;
  (event['metadata'] as Members)['original_time'] = fit(timestamp as string);
  if (record['host'] !== undefined && typeof record['host'] !== 'string') rest['host'] = record['host'];
  return rest;
}
