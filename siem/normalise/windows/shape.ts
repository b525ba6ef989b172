/** The shapes in which Windows events arrive, and where each has what every event has. */
import { leafReader, NAMES } from '@demarc/platform/sigma/view';
import type { Fields } from './family.ts';

export type ShapeName = 'system' | 'flat' | 'winlog';

/** Field → OCSF path, for each shape. Never named by a family. */
export const SHAPES: Readonly<Record<ShapeName, Readonly<Record<string, string>>>> = {
  /** `{ Event: { System, EventData } }` */
  system: {
    Channel: 'metadata.log_name',
    Computer: 'device.hostname',
    EventRecordID: 'metadata.sequence',
    Provider_Name: 'metadata.log_provider',
    TimeCreated_SystemTime: 'metadata.original_time',
  },
  /** Everything at the root, as NXLog writes it. */
  flat: {
    '@timestamp': 'metadata.original_time',
    Channel: 'metadata.log_name',
    Hostname: 'device.hostname',
    Message: 'message',
    SourceName: 'metadata.log_provider',
  },
  /** Elastic's agents. */
  winlog: {
    '@timestamp': 'metadata.original_time',
    Channel: 'metadata.log_name',
    Computer: 'device.hostname',
    Provider_Name: 'metadata.log_provider',
    message: 'message',
  },
};

export interface WindowsRecord {
  readonly shape: ShapeName;
  readonly fields: Fields;
}

const read = leafReader(NAMES);

/** @returns undefined when it is not a Windows event, or larger than events are */
export function windowsRecord(json: unknown): WindowsRecord | undefined {
  const shape = shapeOf(json);
  if (shape === undefined) return undefined;
  const { leaves, isWhole } = read(json);
  return isWhole ? { shape, fields: leaves } : undefined;
}

function shapeOf(json: unknown): ShapeName | undefined {
  if (!isObject(json)) return undefined;
  const { Event, winlog, Channel, EventID } = json;
  if (isObject(Event) && isObject(Event['System'])) return 'system';
  if (isObject(winlog) && winlog['channel'] !== undefined) return 'winlog';
  return typeof Channel === 'string' && (typeof EventID === 'string' || typeof EventID === 'number')
    ? 'flat'
    : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** When it happened, in milliseconds since the epoch, by the first field that says it. */
export function timeOf(fields: Fields): number | undefined {
  for (const name of TIMES) {
    const value = fields.get(name);
    if (typeof value !== 'string') continue;
    // To the millisecond: `Date` takes no more digits for sure.
    const found = ISO.exec(value);
    if (found === null) continue;
    const [, date = '', time = '', fraction = '', zone = ''] = found;
    const ms = Date.parse(
      `${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${zone === '' ? 'Z' : zone}`,
    );
    if (Number.isFinite(ms) && ms >= 0) return ms;
  }
  return undefined;
}

const TIMES = ['TimeCreated_SystemTime', 'TimeCreated', '@timestamp', 'EventTime', 'UtcTime'];
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/;
