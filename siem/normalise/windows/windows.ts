/**
 * Door: Windows events, as parsed JSON in any of the shapes that collectors give them, to OCSF.
 *
 * What is not in `families/` is a base event with all its fields. Nothing is lost either way: a field is at
 * the path that the mapping names, or in `unmapped` under its own name.
 */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { OCSF_CLASS, OCSF_VERSION, validateOcsf } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import type { NormaliseContext, Normalised } from '../normaliser.ts';
import { BY_OBJECT_TYPE } from './families/objects.ts';
import { SECURITY } from './families/security.ts';
import { SYSMON } from './families/sysmon.ts';
import { POWERSHELL, POWERSHELL_CLASSIC, SYSTEM } from './families/system.ts';
import { type Families, type Family, type Fields, type Members, textOf } from './family.ts';
import { finishObjects, withoutProblems } from './finish.ts';
import { type Plan, place, planOf } from './place.ts';
import { SHAPES, type ShapeName, timeOf, type WindowsRecord, windowsRecord } from './shape.ts';

const FAMILIES: Families = {
  'linux-sysmon/operational': SYSMON,
  'microsoft-windows-powershell/operational': POWERSHELL,
  'microsoft-windows-sysmon/operational': SYSMON,
  'powershellcore/operational': POWERSHELL,
  security: SECURITY,
  system: SYSTEM,
  'windows powershell': POWERSHELL_CLASSIC,
};
const OTHER: Family = { name: 'other', classUid: OCSF_CLASS.base_event, activity: 0, paths: {} };
/** Of taking out what does not pass; each takes at least one object. */
const REPAIRS_MAX = 8;
/** `severity_id` by Windows' level: critical, error, warning. Everything else is informational. */
const SEVERITIES: Readonly<Record<string, number>> = { 1: 4, 2: 3, 3: 2 };
const INFORMATIONAL = 1;

const everyFamily: readonly Family[] = [
  ...new Set([
    OTHER,
    ...[...Object.values(FAMILIES), ...Object.values(BY_OBJECT_TYPE)].flatMap((of) => Object.values(of)),
  ]),
];
const mappingName = (family: Family, shape: ShapeName): string =>
  `windows-${shape}-${familyLog(family)}-${family.name}`;

/** The log a family is of, since two logs tell of the same thing with fields of their own. */
function familyLog(family: Family): string {
  for (const [log, families] of LOGS) if (Object.values(families).includes(family)) return log;
  return family === OTHER ? 'any' : 'security';
}
const LOGS: readonly (readonly [string, Readonly<Record<string, Family>>])[] = [
  ['sysmon', SYSMON],
  ['powershell', POWERSHELL],
  ['powershell-classic', POWERSHELL_CLASSIC],
  ['system', SYSTEM],
];

interface Prepared {
  readonly mapping: string;
  readonly plan: Plan;
}
const prepared = new Map<Family, Map<ShapeName, Prepared>>();

/** What the Sigma view reads the events by. */
export const WINDOWS_MAPPINGS: readonly Mapping[] = everyFamily.flatMap((family) =>
  (Object.keys(SHAPES) as ShapeName[]).map((shape) => ({
    name: mappingName(family, shape),
    paths: { ...SHAPES[shape], ...family.paths },
  })),
);

/** @param json an event as its collector gives it. Pure: the same event and context, the same result. */
export function normaliseWindows(json: unknown, context: NormaliseContext): Normalised | undefined {
  const record = windowsRecord(json);
  if (record === undefined) return undefined;
  const event = eventOf(record, familyOf(record), context) ?? eventOf(record, OTHER, context);
  return event === undefined ? undefined : { event, parser: 'windows' };
}

function familyOf({ fields }: WindowsRecord): Family {
  // An event about a log has that log's name as well, behind its own.
  const channel = fields.get('Channel');
  const log = String(Array.isArray(channel) ? channel[0] : channel).toLowerCase();
  const eventId = String(fields.get('EventID'));
  const byType = log === 'security' ? BY_OBJECT_TYPE[eventId] : undefined;
  if (byType !== undefined) {
    const type = textOf(fields, 'ObjectType') ?? '';
    return Object.hasOwn(byType, type) ? (byType[type] ?? OTHER) : OTHER;
  }
  if (!Object.hasOwn(FAMILIES, log)) return OTHER;
  const families = FAMILIES[log] ?? {};
  return Object.hasOwn(families, eventId) ? (families[eventId] ?? OTHER) : OTHER;
}

/** @returns undefined when the record does not have what the family's class requires */
function eventOf(record: WindowsRecord, family: Family, context: NormaliseContext): OcsfEvent | undefined {
  const { fields, shape } = record;
  const { classUid } = family;
  const { mapping, plan } = preparedFor(family, shape);
  const activity = typeof family.activity === 'number' ? family.activity : family.activity(fields);
  const unmapped: Members = {};
  const event: Members = {
    class_uid: classUid,
    category_uid: Math.floor((classUid % 100_000) / 1_000),
    activity_id: activity,
    type_uid: classUid * 100 + activity,
    severity_id: SEVERITIES[String(fields.get('Level'))] ?? INFORMATIONAL,
    time: timeOf(fields) ?? context.receivedAtMs,
    metadata: {
      uid: context.uid,
      version: OCSF_VERSION,
      product: productOf(fields.get('Channel')),
      profiles: ['host'],
      event_code: String(fields.get('EventID')),
      transformation_info_list: [{ name: mapping }],
    },
  };
  let placed = place(plan, fields, event, unmapped);
  addHost(event, classUid, context.peer);
  family.complete?.(event, fields, hostOf(fields) ?? 'unknown');
  finishObjects(event);
  if (Object.keys(unmapped).length > 0) event['unmapped'] = unmapped;
  for (let repair = 0; repair < REPAIRS_MAX; repair += 1) {
    // Most classes want to know who did it, which Windows often does not say.
    if (family !== OTHER)
      event['actor'] ??= {
        app_name: textOf(fields, 'Provider_Name') ?? textOf(fields, 'SourceName') ?? 'unknown',
      };
    const verdict = validateOcsf(event);
    if (verdict.ok) return event as unknown as OcsfEvent;
    const left = withoutProblems(event, verdict.problems, placed, unmapped);
    if (left === undefined) return undefined;
    placed = left;
    if (Object.keys(unmapped).length > 0) event['unmapped'] = unmapped;
  }
  return undefined;
}

function hostOf(fields: Fields): string | undefined {
  return textOf(fields, 'Computer') ?? textOf(fields, 'Hostname');
}

/** @param peer the machine of last resort: the one that sent the record */
function addHost(event: Members, classUid: number, peer: string | undefined): void {
  const device = (event['device'] ?? {}) as Members;
  if (device['hostname'] === undefined) device['name'] = peer ?? 'unknown';
  event['device'] = { ...device, type_id: 0, os: { name: 'Windows', type_id: 100 } };
}

function productOf(channel: unknown): Readonly<Record<string, string>> {
  return String(channel).includes('Sysmon')
    ? { name: 'Sysmon', vendor_name: 'Microsoft' }
    : { name: 'Windows', vendor_name: 'Microsoft' };
}

/** Laid out at the first event of its kind: asking the schema for every path takes a while. */
function preparedFor(family: Family, shape: ShapeName): Prepared {
  const shapes = prepared.get(family) ?? new Map<ShapeName, Prepared>();
  prepared.set(family, shapes);
  const known = shapes.get(shape);
  if (known !== undefined) return known;
  const plan = planOf(family.classUid, { ...SHAPES[shape], ...family.paths });
  const made = { mapping: mappingName(family, shape), plan };
  shapes.set(shape, made);
  return made;
}
