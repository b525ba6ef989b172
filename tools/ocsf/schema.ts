/**
 * Reads the OCSF schema sources and resolves what the files leave implied: inheritance, profiles,
 * extension patches, the dictionary, and the attributes the schema compiler adds by itself.
 *
 * The regular expressions of types are left out: what fails one is worth a warning to its producer, not
 * the loss of the event, and `bytestring_t`'s refuses Base 64 that needs no padding.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Extensions whose patches of core objects are applied. */
const EXTENSIONS = ['linux'] as const;
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

interface RawAttribute {
  readonly type?: string;
  readonly is_array?: boolean;
  readonly requirement?: string;
  readonly profile?: string | null;
  readonly enum?: Readonly<Record<string, unknown>>;
  readonly observable?: number;
}
type RawAttributes = Readonly<Record<string, RawAttribute>>;
interface RawDefinition {
  readonly name?: string;
  readonly uid?: number;
  readonly extends?: string;
  readonly category?: string;
  readonly observable?: number;
  readonly attributes?: RawAttributes;
  readonly constraints?: { readonly at_least_one?: readonly string[]; readonly just_one?: readonly string[] };
}
interface RawType {
  readonly type?: string;
  readonly range?: readonly [number, number];
  readonly max_len?: number;
  readonly observable?: number;
}
interface Dictionary {
  readonly attributes: RawAttributes;
  readonly types: { readonly attributes: Readonly<Record<string, RawType>> };
}
type Pool = ReadonlyMap<string, RawDefinition>;

/** @param classNames as the sources name them, `base_event` included when wanted */
export function readSchema(root: string, classNames: readonly string[]): Schema {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));
  const dictionary = read('dictionary.json') as Dictionary;
  const categories = (
    read('categories.json') as { readonly attributes: Readonly<Record<string, { readonly uid: number }>> }
  ).attributes;

  /** A file with its profiles merged in: what the file itself says wins over what a profile says. */
  const load = (path: string, directory: string, prefix: string): RawDefinition => {
    const definition = read(join(directory, path)) as RawDefinition;
    const { $include, ...own } = definition.attributes ?? {};
    let attributes: RawAttributes = {};
    for (const included of ($include ?? []) as unknown as readonly string[]) {
      const profile = read(join(directory, included)) as RawDefinition;
      const marked: Record<string, RawAttribute> = {};
      for (const [name, attribute] of Object.entries(profile.attributes ?? {})) {
        marked[name] = { ...attribute, profile: `${prefix}${profile.name ?? ''}` };
      }
      attributes = merge(attributes, marked);
    }
    return { ...definition, attributes: merge(attributes, own) };
  };
  const pool = (pattern: string): Map<string, RawDefinition> => {
    const found = new Map<string, RawDefinition>();
    for (const path of globSync(pattern, { cwd: root }).sort()) {
      const definition = load(path, '.', '');
      if (definition.name !== undefined) found.set(definition.name, definition);
    }
    return found;
  };
  const events = pool('events/**/*.json');
  const objects = pool('objects/*.json');
  const observables = observableNumbers(dictionary, objects, events);
  for (const extension of EXTENSIONS) {
    for (const path of globSync('objects/*.json', { cwd: join(root, 'extensions', extension) }).sort()) {
      const patch = load(path, join('extensions', extension), `${extension}/`);
      const patched = patch.extends === undefined ? undefined : objects.get(patch.extends);
      if (patched === undefined || patch.name !== undefined)
        throw new Error(`${extension}/${path} is not a patch of an object`);
      objects.set(patch.extends ?? '', {
        ...patched,
        attributes: merge(patched.attributes ?? {}, patch.attributes ?? {}),
      });
    }
  }

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
    return {
      ...shapeOf(name, events),
      uid: category * 1_000 + (events.get(name)?.uid ?? 0),
      categoryUid: category,
    };
  });
  const shapes: Shape[] = [];
  for (let at = 0; at < reached.length; at += 1) shapes.push(shapeOf(reached[at] ?? '', objects));
  shapes.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    version: (read('version.json') as { readonly version: string }).version,
    classes,
    objects: shapes,
    profiles: profileNames(root),
  };
}

function profileNames(root: string): readonly string[] {
  const names = globSync('profiles/*.json', { cwd: root }).map((path) => basename(path, '.json'));
  for (const extension of EXTENSIONS) {
    for (const path of globSync('profiles/*.json', { cwd: join(root, 'extensions', extension) }))
      names.push(`${extension}/${basename(path, '.json')}`);
  }
  return names.sort();
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

function merge(base: RawAttributes, over: RawAttributes): RawAttributes {
  const merged: Record<string, RawAttribute> = { ...base };
  for (const [name, attribute] of Object.entries(over)) {
    const known = merged[name];
    const values = { ...known?.enum, ...attribute.enum };
    merged[name] = { ...known, ...attribute, ...(Object.keys(values).length === 0 ? {} : { enum: values }) };
  }
  return merged;
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
