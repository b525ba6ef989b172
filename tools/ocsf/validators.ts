/**
 * The schema's shapes as functions, one for each, so that checking an event is one pass over its keys.
 *
 * A key is found by its length first, then by comparison: V8 compares the cases of a `switch` over strings
 * one after the other, and a class has some sixty. Nothing is allocated until there is a problem to report.
 */
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
  return `import { LENGTH_MAX, type Probe, type Shape, anything, boolean, integer, list, missing, notOneOf, number, object, profile, string, unknown, without } from '../probe.ts';

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

/** The same list of values is used by many attributes. */
class Enumerations {
  readonly #names = new Map<string, string>();

  nameOf(values: readonly (number | string)[]): string {
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

function functionOf(
  shape: Shape,
  enumerations: Enumerations,
  profileBit: (name: string) => number,
  eventClass?: EventClass,
): string {
  const bits = new Bits(shape);
  const byLength = new Map<number, string[]>();
  for (const attribute of shape.attributes) {
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
    p.path[d] = key;
    switch (key.length) {
${cases.join('')}    }
    unknown(p, d + 1);
  }
${bits.checks(profileBit)}${eventClass === undefined ? '' : identityCheck(eventClass)}}
`;
}

/** `type_uid` follows from class and activity; an activity that is wrong in itself is reported once. */
function identityCheck({ uid }: EventClass): string {
  return `  if (type !== undefined && Number.isSafeInteger(activity) && type !== ${uid * 100} + (activity as number)) {
    p.path[d] = 'type_uid';
    notOneOf(p, d + 1);
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
      `if ((p.profiles & ${profileBit(attribute.profile)}) === 0) { profile(p, d + 1, ${text(attribute.profile)}); continue; }`,
    );
  lines.push(...bits.marks(attribute.name));
  const fixed = eventClass === undefined ? undefined : identityOf(attribute.name, eventClass);
  if (fixed !== undefined) lines.push(fixed);
  else if (attribute.isArray) {
    const single = singleCode(attribute, 'e', 'd + 2', enumerations);
    const body =
      single === ''
        ? ''
        : ` for (let i = 0; i < v.length; i += 1) { p.path[d + 1] = i; const e = v[i]; ${single} }`;
    lines.push(`if (list(v, p, d + 1)) {${body} }`);
  } else lines.push(singleCode(attribute, 'v', 'd + 1', enumerations));
  if (eventClass !== undefined && attribute.name === 'activity_id') lines.push('activity = v;');
  return `        if (key === ${text(attribute.name)}) { ${[...lines, 'continue;'].join(' ')} }\n`;
}

function identityOf(name: string, { uid, categoryUid }: EventClass): string | undefined {
  if (name === 'class_uid') return `if (v !== ${uid}) notOneOf(p, d + 1);`;
  if (name === 'category_uid') return `if (v !== ${categoryUid}) notOneOf(p, d + 1);`;
  if (name === 'type_uid') return 'if (!Number.isSafeInteger(v)) integer(p, d + 1); else type = v;';
  return undefined;
}

function singleCode(attribute: Attribute, v: string, depth: string, enumerations: Enumerations): string {
  const { base, enumeration, lengthMax, range, object } = attribute;
  const also =
    enumeration === undefined
      ? ''
      : ` else if (!${enumerations.nameOf(enumeration)}.has(${v})) notOneOf(p, ${depth});`;
  switch (base) {
    case 'string':
      return `if (typeof ${v} !== 'string' || ${v}.length > ${lengthMax ?? 'LENGTH_MAX'}) string(${[v, 'p', depth, ...(lengthMax === undefined ? [] : [lengthMax])].join(', ')});${also}`;
    case 'integer': {
      const bounds =
        range === undefined
          ? ''
          : ` else if ((${v} as number) < ${range[0]} || (${v} as number) > ${range[1]}) notOneOf(p, ${depth});`;
      return `if (!Number.isSafeInteger(${v})) integer(p, ${depth});${bounds}${also}`;
    }
    case 'float':
      return `if (!Number.isFinite(${v})) number(p, ${depth});`;
    case 'boolean':
      return `if (typeof ${v} !== 'boolean') boolean(p, ${depth});`;
    case 'json':
      return `anything(${v}, p, ${depth});`;
    case 'any-object':
      return `if (object(${v}, p, ${depth})) anything(${v}, p, ${depth});`;
    case 'object':
      return `${functionName(object ?? '')}(${v}, p, ${depth});`;
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
