/**
 * The OCSF schema with everything resolved that its sources leave implied: inheritance, the dictionary, and
 * the attributes the schema compiler adds by itself.
 *
 * The regular expressions of types are left out: what fails one is worth a warning to its producer, not
 * the loss of the event, and `bytestring_t`'s refuses Base 64 that needs no padding.
 */
import {
  type Dictionary,
  EXTENSION_FACTOR,
  merge,
  type Pool,
  type RawAttribute,
  type RawDefinition,
  type RawType,
  readSources,
} from './sources.ts';

/** The profile that gives every timestamp a `_dt` twin in RFC 3339; the schema compiler makes those. */
const DATETIME_PROFILE = 'datetime';

export type Base = 'string' | 'integer' | 'float' | 'boolean' | 'json' | 'any-object' | 'object';

export interface Attribute {
  readonly name: string;
  readonly base: Base;
  /** The object's name where `base` is `object`. */
  readonly object: string | undefined;
  readonly isArray: boolean;
  readonly isRequired: boolean;
  /** Allowed (and perhaps required) only where the event declares this profile. */
  readonly profile: string | undefined;
  readonly enumeration: readonly (number | string)[] | undefined;
  readonly lengthMax: number | undefined;
  readonly range: readonly [number, number] | undefined;
}

export interface Shape {
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly atLeastOne: readonly string[] | undefined;
  readonly justOne: readonly string[] | undefined;
}

export interface EventClass extends Shape {
  readonly uid: number;
  readonly categoryUid: number;
}

export interface Schema {
  readonly version: string;
  readonly classes: readonly EventClass[];
  /** Every object the classes reach, by name. */
  readonly objects: readonly Shape[];
  readonly profiles: readonly string[];
}

/** @param classNames as the sources name them, `base_event` included when wanted */
export function readSchema(root: string, classNames: readonly string[]): Schema {
  const { version, dictionary, categories, events, objects, profiles } = readSources(root);
  const observables = observableNumbers(dictionary, objects, events);

  const reached: string[] = [];
  const shapeOf = (name: string, from: Pool): Shape => {
    const resolved = resolve(name, from);
    const attributes: Attribute[] = [];
    for (const [key, raw] of Object.entries(resolved.attributes ?? {})) {
      const attribute = attributeOf(key, raw, dictionary, name === 'observable' ? observables : []);
      if (attribute.object !== undefined && !reached.includes(attribute.object))
        reached.push(attribute.object);
      attributes.push(attribute);
      const type = raw.type ?? dictionary.attributes[key]?.type;
      if (type === 'timestamp_t') attributes.push(datetimeTwin(attribute));
    }
    attributes.sort((a, b) => (a.name < b.name ? -1 : 1));
    const { at_least_one: atLeastOne, just_one: justOne } = resolved.constraints ?? {};
    return { name, attributes, atLeastOne, justOne };
  };

  const classes = classNames.map((name): EventClass => {
    const category = categories[resolve(name, events).category ?? 'other']?.uid ?? 0;
    const { uid = 0, extension = 0 } = events.get(name) ?? {};
    return {
      ...shapeOf(name, events),
      uid: extension * EXTENSION_FACTOR + category * 1_000 + uid,
      categoryUid: category,
    };
  });
  const shapes: Shape[] = [];
  for (let at = 0; at < reached.length; at += 1) shapes.push(shapeOf(reached[at] ?? '', objects));
  shapes.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    version,
    classes,
    objects: shapes,
    profiles,
  };
}

function resolve(name: string, pool: Pool): RawDefinition {
  const definition = pool.get(name);
  if (definition === undefined) throw new Error(`the schema has no ${name}`);
  if (definition.extends === undefined) return definition;
  const parent = resolve(definition.extends, pool);
  return {
    ...parent,
    ...definition,
    attributes: merge(parent.attributes ?? {}, definition.attributes ?? {}),
    constraints: definition.constraints ?? parent.constraints ?? {},
  };
}

function attributeOf(
  name: string,
  raw: RawAttribute,
  dictionary: Dictionary,
  extraValues: readonly number[],
): Attribute {
  const defined = dictionary.attributes[name];
  const typeName = raw.type ?? defined?.type;
  if (typeName === undefined) throw new Error(`the dictionary has no type for ${name}`);
  const type = dictionary.types.attributes[typeName];
  const values = Object.keys({ ...defined?.enum, ...raw.enum });
  const base = baseOf(typeName, type);
  const numbers = values.map(Number).concat(name === 'type_id' ? extraValues : []);
  return {
    name,
    base,
    object: base === 'object' ? typeName : undefined,
    isArray: raw.is_array ?? defined?.is_array ?? false,
    isRequired: raw.requirement === 'required',
    profile: raw.profile ?? undefined,
    enumeration:
      values.length === 0
        ? undefined
        : base === 'integer'
          ? [...new Set(numbers)].sort((a, b) => a - b)
          : values.sort((a, b) => (a < b ? -1 : 1)),
    lengthMax: type?.max_len,
    range: type?.range,
  };
}

function baseOf(name: string, type: RawType | undefined): Base {
  if (type === undefined) return name === 'object' ? 'any-object' : 'object';
  switch (type.type ?? name) {
    case 'string_t':
      return 'string';
    case 'integer_t':
    case 'long_t':
      return 'integer';
    case 'float_t':
      return 'float';
    case 'boolean_t':
      return 'boolean';
    case 'json_t':
      return 'json';
    default:
      throw new Error(`the type ${name} is new`);
  }
}

function datetimeTwin(timestamp: Attribute): Attribute {
  return {
    ...timestamp,
    name: `${timestamp.name}_dt`,
    base: 'string',
    isRequired: false,
    profile: DATETIME_PROFILE,
  };
}

/** `observable.type_id` lists every number that any type, attribute or object carries. */
function observableNumbers(dictionary: Dictionary, objects: Pool, events: Pool): readonly number[] {
  const numbers: (number | undefined)[] = [
    ...Object.values(dictionary.types.attributes).map((type) => type.observable),
    ...Object.values(dictionary.attributes).map((attribute) => attribute.observable),
  ];
  for (const definition of [...objects.values(), ...events.values()]) {
    numbers.push(
      definition.observable,
      ...Object.values(definition.attributes ?? {}).map((each) => each.observable),
    );
  }
  return numbers.filter((number) => typeof number === 'number');
}
