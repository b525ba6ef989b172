/**
 * Reads the OCSF schema sources into pools by name: the core's files, and on top of them what the extensions
 * add and patch.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

interface Extension {
  readonly directory: string;
  /** Stands before the names of its profiles. */
  readonly prefix: string;
  /** A class of an extension has its number times this in its own. */
  readonly uid: number;
}
export const EXTENSION_FACTOR = 100_000;
/** What they patch of core objects is applied; their classes can be asked for. */
const EXTENSIONS: readonly Extension[] = [
  { directory: 'linux', prefix: 'linux/', uid: 1 },
  { directory: 'windows', prefix: 'win/', uid: 2 },
];

export interface RawAttribute {
  readonly type?: string;
  readonly is_array?: boolean;
  readonly requirement?: string;
  readonly profile?: string | null;
  readonly enum?: Readonly<Record<string, unknown>>;
  readonly observable?: number;
}
export type RawAttributes = Readonly<Record<string, RawAttribute>>;
export interface RawDefinition {
  readonly name?: string;
  readonly uid?: number;
  /** Of the extension that defines it; 0 is the core. */
  readonly extension?: number;
  readonly extends?: string;
  readonly category?: string;
  readonly observable?: number;
  readonly attributes?: RawAttributes;
  readonly constraints?: { readonly at_least_one?: readonly string[]; readonly just_one?: readonly string[] };
}
export interface RawType {
  readonly type?: string;
  readonly range?: readonly [number, number];
  readonly max_len?: number;
  readonly observable?: number;
}
export interface Dictionary {
  readonly attributes: RawAttributes;
  readonly types: { readonly attributes: Readonly<Record<string, RawType>> };
}
export type Pool = ReadonlyMap<string, RawDefinition>;

export interface Sources {
  readonly version: string;
  readonly dictionary: Dictionary;
  readonly categories: Readonly<Record<string, { readonly uid: number }>>;
  readonly events: Pool;
  readonly objects: Pool;
  readonly profiles: readonly string[];
}

/** @param root the folder of `dictionary.json` */
export function readSources(root: string): Sources {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));
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
  let dictionary = read('dictionary.json') as Dictionary;
  for (const { directory, prefix, uid } of EXTENSIONS) {
    const home = join('extensions', directory);
    const files = (pattern: string): readonly string[] => globSync(pattern, { cwd: join(root, home) }).sort();
    for (const path of files('dictionary.json'))
      dictionary = mergeDictionaries(dictionary, read(join(home, path)) as Dictionary);
    for (const path of files('{events,objects}/*.json')) {
      const definition = { ...load(path, home, prefix), extension: uid };
      const into = path.startsWith('events') ? events : objects;
      if (definition.name === undefined) patch(into, definition, `${home}/${path}`);
      else into.set(definition.name, definition);
    }
  }
  return {
    version: (read('version.json') as { readonly version: string }).version,
    dictionary,
    categories: (read('categories.json') as { readonly attributes: Sources['categories'] }).attributes,
    events,
    objects,
    profiles: profileNames(root),
  };
}

/** A definition without a name of its own adds to the one that it extends, in place. */
function patch(pool: Map<string, RawDefinition>, definition: RawDefinition, path: string): void {
  const name = definition.extends ?? '';
  const patched = pool.get(name);
  if (patched === undefined) throw new Error(`${path} patches nothing that is known`);
  pool.set(name, {
    ...patched,
    attributes: merge(patched.attributes ?? {}, definition.attributes ?? {}),
    ...(definition.constraints === undefined ? {} : { constraints: definition.constraints }),
  });
}

function mergeDictionaries(base: Dictionary, over: Dictionary): Dictionary {
  return {
    attributes: merge(base.attributes, over.attributes),
    types: { attributes: { ...base.types.attributes, ...over.types?.attributes } },
  };
}

function profileNames(root: string): readonly string[] {
  const names = globSync('profiles/*.json', { cwd: root }).map((path) => basename(path, '.json'));
  for (const { directory, prefix } of EXTENSIONS) {
    for (const path of globSync('profiles/*.json', { cwd: join(root, 'extensions', directory) }))
      names.push(`${prefix}${basename(path, '.json')}`);
  }
  return names.sort();
}

export function merge(base: RawAttributes, over: RawAttributes): RawAttributes {
  const merged: Record<string, RawAttribute> = { ...base };
  for (const [name, attribute] of Object.entries(over)) {
    const known = merged[name];
    const values = { ...known?.enum, ...attribute.enum };
    merged[name] = { ...known, ...attribute, ...(Object.keys(values).length === 0 ? {} : { enum: values }) };
  }
  return merged;
}
