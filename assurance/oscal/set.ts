/** OSCAL documents as the checker and the importer read them: every object with where it is. */
import { rootOf } from './schema.ts';
import { type Node, NS, type OurProp, valueOf } from './words.ts';

export interface Found {
  readonly node: Node;
  /** JSON pointer. */
  readonly location: string;
  /** The property that it hangs from: `findings`, `by-components`, … */
  readonly key: string;
  readonly parent: Found | undefined;
}

export interface Doc {
  readonly file: string;
  /** `catalog`, `system-security-plan`, … */
  readonly model: string;
  readonly root: Node;
  readonly all: readonly Found[];
  readonly byKey: ReadonlyMap<string, readonly Found[]>;
}

/** Nothing of ours nests deeper; what does is not read. */
const DEPTH_MAX = 40;

export function readDoc(file: string, document: unknown): Doc | undefined {
  const model = rootOf(document);
  const root = model === undefined ? undefined : (document as Record<string, unknown>)[model];
  if (model === undefined || !isNode(root)) return undefined;
  const all: Found[] = [];
  const walk = (
    value: unknown,
    key: string,
    location: string,
    parent: Found | undefined,
    depth: number,
  ): void => {
    if (depth > DEPTH_MAX) return;
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) walk(item, key, `${location}/${index}`, parent, depth + 1);
      return;
    }
    if (!isNode(value)) return;
    const found = { node: value, location, key, parent };
    all.push(found);
    for (const [name, held] of Object.entries(value))
      walk(held, name, `${location}/${name}`, found, depth + 1);
  };
  walk(root, model, `/${model}`, undefined, 0);
  return { file, model, root, all, byKey: Map.groupBy(all, ({ key }) => key) };
}

export class OscalSet {
  readonly docs: readonly Doc[];

  constructor(docs: readonly Doc[]) {
    this.docs = docs;
  }

  find(model: string): Doc | undefined {
    return this.docs.find((doc) => doc.model === model);
  }

  get catalog(): Doc | undefined {
    return this.find('catalog');
  }

  /** Of the two plans, the one that leans on the other. */
  get tenantPlan(): Doc | undefined {
    return this.docs.find((doc) => doc.model === 'system-security-plan' && leans(doc));
  }

  get providerPlan(): Doc | undefined {
    return this.docs.find((doc) => doc.model === 'system-security-plan' && !leans(doc));
  }

  *keyed(...keys: readonly string[]): Generator<Found & { readonly doc: Doc }> {
    for (const doc of this.docs)
      for (const key of keys) for (const found of doc.byKey.get(key) ?? []) yield { ...found, doc };
  }
}

const leans = ({ root }: Doc): boolean => {
  const implementation = root['system-implementation'];
  return isNode(implementation) && Array.isArray(implementation['leveraged-authorizations']);
};

export const isNode = (value: unknown): value is Node =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

export const listOf = (node: Node | undefined, key: string): readonly Node[] => {
  const held = node?.[key];
  return Array.isArray(held) ? held.filter(isNode) : [];
};

export const nodeOf = (node: Node | undefined, key: string): Node => {
  const held = node?.[key];
  return isNode(held) ? held : {};
};

export const textOf = (node: Node | undefined, key: string): string => {
  const held = node?.[key];
  return typeof held === 'string' ? held : '';
};

export const textsOf = (node: Node | undefined, key: string): readonly string[] => {
  const held = node?.[key];
  return Array.isArray(held) ? held.filter((item): item is string => typeof item === 'string') : [];
};

/** Our properties of a name, as the text they were made of. */
export function ours(node: Node | undefined, name: OurProp): readonly string[] {
  return listOf(node, 'props')
    .filter((each) => each['ns'] === NS && each['name'] === name)
    .map((each) => readable(each));
}

export const our = (node: Node | undefined, name: OurProp): string | undefined => ours(node, name)[0];

export const theirs = (node: Node | undefined, name: string): string | undefined => {
  const found = listOf(node, 'props').find((each) => each['ns'] === undefined && each['name'] === name);
  return found === undefined ? undefined : textOf(found, 'value');
};

function readable(each: Node): string {
  try {
    return valueOf(each);
  } catch {
    return textOf(each, 'value');
  }
}
