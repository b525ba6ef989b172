/**
 * Validates an event against OCSF 1.8: required attributes, types, enumerations, constraints, unknown
 * attributes, profiles, and that `type_uid` follows from class and activity.
 *
 * The schema is data (`generated/schema.ts`); it is compiled to closures once, when a class is first seen.
 */
import { CLASSES, OBJECTS } from './generated/schema.ts';

export interface OcsfProblem {
  /** `file.hashes[0].value` */
  readonly path: string;
  readonly says: string;
}
export type OcsfVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly problems: readonly OcsfProblem[] };

/** Kind (`*` marks a list), required, object name or enumeration, profile that brings the attribute. */
type Row = readonly [
  kind: string,
  required: number,
  detail?: string | readonly number[] | 0,
  profile?: string,
];
interface Shape {
  readonly category?: number;
  readonly attributes: Readonly<Record<string, Row>>;
  readonly atLeastOne?: readonly string[];
  readonly justOne?: readonly string[];
}
type Record_ = Readonly<Record<string, unknown>>;
type Check = (value: unknown, path: string, run: Run) => void;

/** An event nests a process with ancestors at most this deep; deeper is an attack on the reader. */
const DEPTH_MAX = 16;
const PROBLEMS_MAX = 20;
const STRING_CHARACTERS_MAX = 131_072;
const LIST_MAX = 10_000;

interface Run {
  readonly profiles: readonly unknown[];
  readonly problems: OcsfProblem[];
  depth: number;
}

const classes = CLASSES as Readonly<Record<string, Shape>>;
const objects = OBJECTS as Readonly<Record<string, Shape>>;
const compiled = new Map<string, Check>();

/** @param event parsed JSON; never changed */
export function validateOcsf(event: unknown): OcsfVerdict {
  const run: Run = { profiles: [], problems: [], depth: 0 };
  if (!isRecord(event)) return { ok: false, problems: [{ path: '', says: 'is not an object' }] };
  const shape = classes[String(event['class_uid'])];
  if (shape === undefined)
    return { ok: false, problems: [{ path: 'class_uid', says: 'is not a class that is accepted here' }] };
  const metadata = event['metadata'];
  const profiles =
    isRecord(metadata) && Array.isArray(metadata['profiles']) ? (metadata['profiles'] as unknown[]) : [];
  const whole: Run = { ...run, profiles };
  checkOf(`class ${String(event['class_uid'])}`, shape)(event, '', whole);
  checkIdentity(event, shape, whole);
  return whole.problems.length === 0 ? { ok: true } : { ok: false, problems: whole.problems };
}

function checkIdentity(event: Record_, shape: Shape, run: Run): void {
  if (event['category_uid'] !== shape.category)
    say(run, 'category_uid', `is not ${shape.category}, the category of this class`);
  const expected = Number(event['class_uid']) * 100 + Number(event['activity_id']);
  if (event['type_uid'] !== expected)
    say(run, 'type_uid', `is not class_uid × 100 + activity_id (${expected})`);
}

function checkOf(name: string, shape: Shape): Check {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  // Registered before its attributes are compiled: objects contain themselves.
  const checks = new Map<string, { readonly check: Check; readonly profile: string | undefined }>();
  const required: string[] = [];
  const requiredByProfile: (readonly [string, string])[] = [];
  const check: Check = (value, path, run) => {
    if (!isRecord(value)) return say(run, path, 'is not an object');
    if (run.depth >= DEPTH_MAX) return say(run, path, `is nested deeper than ${DEPTH_MAX}`);
    run.depth += 1;
    for (const key in value) {
      const found = checks.get(key);
      const at = path === '' ? key : `${path}.${key}`;
      if (found === undefined) say(run, at, 'is not an attribute here');
      else if (found.profile !== undefined && !run.profiles.includes(found.profile)) {
        say(run, at, `needs the profile ${found.profile}`);
      } else found.check(value[key], at, run);
    }
    for (const key of required)
      if (value[key] === undefined) say(run, path === '' ? key : `${path}.${key}`, 'is required');
    for (const [key, profile] of requiredByProfile) {
      if (value[key] === undefined && run.profiles.includes(profile))
        say(run, `${path}.${key}`, `is required by the profile ${profile}`);
    }
    if (shape.atLeastOne !== undefined && !shape.atLeastOne.some((key) => value[key] !== undefined)) {
      say(run, path, `needs at least one of ${shape.atLeastOne.join(', ')}`);
    }
    if (shape.justOne !== undefined && shape.justOne.filter((key) => value[key] !== undefined).length !== 1) {
      say(run, path, `needs exactly one of ${shape.justOne.join(', ')}`);
    }
    run.depth -= 1;
  };
  compiled.set(name, check);
  for (const [attribute, row] of Object.entries(shape.attributes)) {
    const [kind, isRequired, detail, profile] = row;
    if (isRequired === 1) {
      if (profile === undefined) required.push(attribute);
      else requiredByProfile.push([attribute, profile]);
    }
    const identity =
      name.startsWith('class ') &&
      (attribute === 'class_uid' || attribute === 'category_uid' || attribute === 'type_uid');
    checks.set(attribute, { check: attributeCheck(kind, identity ? 0 : (detail ?? 0)), profile });
  }
  return check;
}

function attributeCheck(kind: string, detail: string | readonly number[] | 0): Check {
  const single = singleCheck(kind.charAt(0), detail);
  if (!kind.endsWith('*')) return single;
  return (value, path, run) => {
    if (!Array.isArray(value)) return say(run, path, 'is not a list');
    if (value.length > LIST_MAX) return say(run, path, `has more than ${LIST_MAX} entries`);
    for (let at = 0; at < value.length && run.problems.length < PROBLEMS_MAX; at += 1)
      single(value[at], `${path}[${at}]`, run);
  };
}

function singleCheck(kind: string, detail: string | readonly number[] | 0): Check {
  if (kind === 's') {
    return (value, path, run) => {
      if (typeof value !== 'string') say(run, path, 'is not a string');
      else if (value.length > STRING_CHARACTERS_MAX)
        say(run, path, `is longer than ${STRING_CHARACTERS_MAX} characters`);
    };
  }
  if (kind === 'i') {
    const allowed = Array.isArray(detail) ? new Set(detail as readonly number[]) : undefined;
    return (value, path, run) => {
      if (!Number.isSafeInteger(value)) say(run, path, 'is not an integer');
      else if (allowed !== undefined && !allowed.has(value as number))
        say(run, path, 'is not one of the values defined for it');
    };
  }
  if (kind === 'f')
    return (value, path, run) => void (typeof value === 'number' || say(run, path, 'is not a number'));
  if (kind === 'b')
    return (value, path, run) => void (typeof value === 'boolean' || say(run, path, 'is not true or false'));
  if (kind === 'j') return () => undefined;
  const name = String(detail);
  // `object` has no attributes of its own: anything goes below it (`unmapped`, `xattributes`).
  if (name === 'object')
    return (value, path, run) => void (isRecord(value) || say(run, path, 'is not an object'));
  return (value, path, run) => {
    const shape = objects[name];
    if (shape !== undefined) checkOf(name, shape)(value, path, run);
  };
}

function say(run: Run, path: string, says: string): void {
  if (run.problems.length < PROBLEMS_MAX) run.problems.push({ path, says });
}

function isRecord(value: unknown): value is Record_ {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
