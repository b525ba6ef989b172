/**
 * The schema's shapes as functions, one for each, so that checking an event is one pass over its keys.
 *
 * A key is found by its length first, then by comparison: V8 compares the cases of a `switch` over strings
 * one after the other, and a class has some sixty. Nothing is allocated until there is a problem to report, and
 * where it is in the event is noted on the way into an object or a list, or with the problem itself: a store for
 * every key cost as much as the checks.
 */
import { LENGTH_MAX } from '../../platform/ocsf/probe.ts';
import { type Attribute, type EventClass, type Schema, type Shape } from './schema.ts';

/** Bits of one shape's `seen`: required attributes and constraints together must fit a small integer. */
const BITS_MAX = 30;

export function validatorsOf(schema: Schema): string {
  const enumerations = new Enumerations();
  const profileBit = (name: string): number => 1 << schema.profiles.indexOf(name);
  const functions = [
    ...schema.classes.map((each) => functionOf(each, enumerations, profileBit, each)),
    ...schema.objects.map((each) => functionOf(each, enumerations, profileBit)),
  ];
  const profiles = schema.profiles.map((name) => `  [${text(name)}, ${profileBit(name)}],\n`).join('');
  const classes = schema.classes.map(({ name, uid }) => `  [${uid}, ${functionName(name)}],\n`).join('');
  const names = schema.classes.map(({ name, uid }) => `  ${published(name)}: ${uid},\n`).join('');
  return `import { type Probe, type Shape, anything, boolean, integer, list, missing, notOneOf, number, object, profile, string, unknown, without } from '../probe.ts';

export const OCSF_VERSION = ${text(schema.version)};

/** The bit of each profile in \`Probe.profiles\`. */
export const PROFILES: ReadonlyMap<string, number> = new Map([
${profiles}]);

${enumerations.text()}
${functions.join('\n')}
/** \`class_uid\` by the name of the class. */
export const OCSF_CLASS = {
${names}} as const;

/** By \`class_uid\`. */
export const CLASSES: ReadonlyMap<number, Shape> = new Map([
${classes}]);
`;
}

/** Comparing with more runs of numbers than these costs more than looking the number up. */
const RUNS_MAX = 4;

/** Which values an attribute may have. The same list of values is used by many attributes. */
class Enumerations {
  readonly #names = new Map<string, string>();

  /** An expression that is true where `v` is one of `values`. */
  test(values: readonly (number | string)[], v: string): string {
    const runs = runsOf(values);
    return runs === undefined
      ? `${this.#nameOf(values)}.has(${v})`
      : `(${runs.map(([from, to]) => (from === to ? `${v} === ${from}` : `(${v} as number) >= ${from} && (${v} as number) <= ${to}`)).join(' || ')})`;
  }

  #nameOf(values: readonly (number | string)[]): string {
    const key = JSON.stringify(values);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = `E${this.#names.size}`;
    this.#names.set(key, name);
    return name;
  }

  text(): string {
    return [...this.#names]
      .map(([key, name]) => `const ${name}: ReadonlySet<unknown> = new Set(${key});`)
      .join('\n');
  }
}

/** Whole numbers as ranges without a gap; undefined for texts, and where there are too many. */
function runsOf(values: readonly (number | string)[]): readonly (readonly [number, number])[] | undefined {
  const runs: [number, number][] = [];
  for (const value of values.toSorted((a, b) => Number(a) - Number(b))) {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) return undefined;
    const last = runs.at(-1);
    if (last !== undefined && value <= last[1] + 1) last[1] = value;
    else runs.push([value, value]);
  }
  return runs.length > RUNS_MAX ? undefined : runs;
}

function functionOf(
  shape: Shape,
  enumerations: Enumerations,
  profileBit: (name: string) => number,
  eventClass?: EventClass,
): string {
  const bits = new Bits(shape);
  const byLength = new Map<number, string[]>();
  // What every event has is looked for first.
  const inOrder = shape.attributes.toSorted((a, b) => Number(b.isRequired) - Number(a.isRequired));
  for (const attribute of inOrder) {
    const code = attributeCode(attribute, bits, enumerations, profileBit, eventClass);
    const { length } = attribute.name;
    byLength.set(length, [...(byLength.get(length) ?? []), code]);
  }
  const cases = [...byLength]
    .sort(([a], [b]) => a - b)
    .map(([length, codes]) => `      case ${length}:\n${codes.join('')}        break;\n`);
  const identity = eventClass === undefined ? '' : '  let activity: unknown;\n  let type: unknown;\n';
  return `function ${functionName(shape.name)}(value: unknown, p: Probe, d: number): void {
  if (!object(value, p, d)) return;
${identity}  let seen = 0;
  for (const key in value) {
    const v = value[key];
    if (v === undefined) continue;
    switch (key.length) {
${cases.join('')}    }
    unknown(p, d, key);
  }
${bits.checks(profileBit)}${eventClass === undefined ? '' : identityCheck(eventClass)}}
`;
}

/** `type_uid` follows from class and activity; an activity that is wrong in itself is reported once. */
function identityCheck({ uid }: EventClass): string {
  return `  if (type !== undefined && Number.isSafeInteger(activity) && type !== ${uid * 100} + (activity as number)) {
    notOneOf(p, d, 'type_uid');
  }
`;
}

function attributeCode(
  attribute: Attribute,
  bits: Bits,
  enumerations: Enumerations,
  profileBit: (name: string) => number,
  eventClass: EventClass | undefined,
): string {
  const lines: string[] = [];
  if (attribute.profile !== undefined)
    lines.push(
      `if ((p.profiles & ${profileBit(attribute.profile)}) === 0) { profile(p, d, key, ${text(attribute.profile)}); continue; }`,
    );
  lines.push(...bits.marks(attribute.name));
  const fixed = eventClass === undefined ? undefined : identityOf(attribute.name, eventClass);
  if (fixed !== undefined) lines.push(fixed);
  else if (attribute.isArray) {
    const single = singleCode(attribute, 'e', ['d + 1', 'd + 2'], 'i', enumerations);
    lines.push(
      `p.path[d] = key; if (list(v, p, d + 1)) for (let i = 0; i < v.length; i += 1) { const e = v[i]; ${single} }`,
    );
  } else lines.push(singleCode(attribute, 'v', ['d', 'd + 1'], 'key', enumerations));
  if (eventClass !== undefined && attribute.name === 'activity_id') lines.push('activity = v;');
  return `        if (key === ${text(attribute.name)}) { ${[...lines, 'continue;'].join(' ')} }\n`;
}

function identityOf(name: string, { uid, categoryUid }: EventClass): string | undefined {
  if (name === 'class_uid') return `if (v !== ${uid}) notOneOf(p, d, key);`;
  if (name === 'category_uid') return `if (v !== ${categoryUid}) notOneOf(p, d, key);`;
  if (name === 'type_uid') return 'if (!Number.isSafeInteger(v)) integer(p, d, key); else type = v;';
  return undefined;
}

/**
 * @param v the variable that has the value
 * @param depths of the object or list that holds it, and of what it holds itself
 * @param key the variable that has its name there, or its place in a list
 */
function singleCode(
  attribute: Attribute,
  v: string,
  [depth, inside]: readonly [string, string],
  key: string,
  enumerations: Enumerations,
): string {
  const { base, enumeration, lengthMax = LENGTH_MAX, range, object } = attribute;
  const at = `p, ${depth}, ${key}`;
  const enter = `p.path[${depth}] = ${key};`;
  const also =
    enumeration === undefined ? '' : ` else if (!${enumerations.test(enumeration, v)}) notOneOf(${at});`;
  switch (base) {
    case 'string':
      return `if (typeof ${v} !== 'string' || ${v}.length > ${lengthMax}) string(${v}, ${at}, ${lengthMax});${also}`;
    case 'integer': {
      const bounds =
        range === undefined
          ? ''
          : ` else if ((${v} as number) < ${range[0]} || (${v} as number) > ${range[1]}) notOneOf(${at});`;
      return `if (!Number.isSafeInteger(${v})) integer(${at});${bounds}${also}`;
    }
    case 'float':
      return `if (!Number.isFinite(${v})) number(${at});`;
    case 'boolean':
      return `if (typeof ${v} !== 'boolean') boolean(${at});`;
    case 'json':
      return `${enter} anything(${v}, p, ${inside});`;
    case 'any-object':
      return `${enter} if (object(${v}, p, ${inside})) anything(${v}, p, ${inside});`;
    case 'object':
      return `${enter} ${functionName(object ?? '')}(${v}, p, ${inside});`;
  }
}

/** What must have been seen when all keys are through: one bit each. */
class Bits {
  readonly #shape: Shape;
  readonly #required = new Map<string, number>();
  readonly #atLeastOne: number;
  readonly #justOne: number;
  readonly #justOneAgain: number;
  #used = 0;

  constructor(shape: Shape) {
    this.#shape = shape;
    for (const { name, isRequired } of shape.attributes)
      if (isRequired) this.#required.set(name, this.#next());
    this.#atLeastOne = shape.atLeastOne === undefined ? 0 : this.#next();
    this.#justOne = shape.justOne === undefined ? 0 : this.#next();
    this.#justOneAgain = shape.justOne === undefined ? 0 : this.#next();
  }

  #next(): number {
    if (this.#used >= BITS_MAX) throw new Error(`${this.#shape.name} has more required attributes than fit`);
    this.#used += 1;
    return 1 << (this.#used - 1);
  }

  marks(name: string): readonly string[] {
    const bit =
      (this.#required.get(name) ?? 0) |
      (this.#shape.atLeastOne?.includes(name) === true ? this.#atLeastOne : 0);
    const lines = bit === 0 ? [] : [`seen |= ${bit};`];
    if (this.#shape.justOne?.includes(name) === true)
      lines.push(`seen |= (seen & ${this.#justOne}) === 0 ? ${this.#justOne} : ${this.#justOneAgain};`);
    return lines;
  }

  checks(profileBit: (name: string) => number): string {
    const { attributes, atLeastOne, justOne } = this.#shape;
    let always = '';
    let mask = 0;
    let byProfile = '';
    for (const { name, profile } of attributes) {
      const bit = this.#required.get(name);
      if (bit === undefined) continue;
      const report = `if ((seen & ${bit}) === 0) missing(p, d, ${text(name)});`;
      if (profile === undefined) {
        mask |= bit;
        always += `    ${report}\n`;
      } else
        byProfile += `  if ((p.profiles & ${profileBit(profile)}) !== 0 && (seen & ${bit}) === 0) missing(p, d, ${text(name)});\n`;
    }
    let checks = mask === 0 ? '' : `  if ((seen & ${mask}) !== ${mask}) {\n${always}  }\n`;
    checks += byProfile;
    if (atLeastOne !== undefined)
      checks += `  if ((seen & ${this.#atLeastOne}) === 0) without(p, d, ${text(`at least one of ${atLeastOne.join(', ')}`)});\n`;
    if (justOne !== undefined)
      checks += `  if ((seen & ${this.#justOne | this.#justOneAgain}) !== ${this.#justOne}) without(p, d, ${text(`exactly one of ${justOne.join(', ')}`)});\n`;
    return checks;
  }
}

/** The sources have a letter less in one name. */
function published(name: string): string {
  return name === 'event_log_actvity' ? 'event_log_activity' : name;
}

function functionName(name: string): string {
  return `check_${name}`;
}

function text(value: string): string {
  return JSON.stringify(value);
}
