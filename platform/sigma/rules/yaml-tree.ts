/** YAML 1.2 as rules use it: maps with text keys, lists and scalars, each with the line it stands on. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import { quoted, RuleRefused, refuse } from './refusal.ts';

export type Scalar = string | number | boolean | null;
export type Yaml = YamlMap | YamlList | YamlScalar;

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly line: number;
  readonly value: Scalar;
}
export interface YamlList {
  readonly kind: 'list';
  readonly line: number;
  readonly items: readonly Yaml[];
}
export interface YamlMap {
  readonly kind: 'map';
  readonly line: number;
  readonly entries: readonly YamlEntry[];
}
export interface YamlEntry {
  readonly key: string;
  readonly line: number;
  readonly value: Yaml;
}

export interface YamlDocument {
  readonly line: number;
  readonly text: string;
  /** Undefined when the document was refused. */
  readonly root: Yaml | undefined;
  readonly refused: RuleRefused | undefined;
}

export const FILE_CHARACTERS_MAX = 524_288;
export const DOCUMENTS_MAX = 4_096;
/** Per document, what aliases repeat counted each time: a few anchors must not unfold into gigabytes. */
const NODES_MAX = 100_000;
const DEPTH_MAX = 32;

/**
 * The documents of a file; empty ones are left out. What cannot be read is refused per document.
 *
 * @throws RuleRefused when the file as a whole is too large or cannot be read at all
 */
export function readYaml(text: string): readonly YamlDocument[] {
  if (text.length > FILE_CHARACTERS_MAX)
    refuse('too-large', 1, `A file has at most ${FILE_CHARACTERS_MAX} characters.`);
  const lines = new LineCounter();
  const documents = parse(text, lines);
  if (documents.length > DOCUMENTS_MAX)
    refuse('too-large', 1, `A file has at most ${DOCUMENTS_MAX} documents.`);
  return documents
    .filter((document) => document.errors.length > 0 || document.contents !== null)
    .map((document) => toTree(document, text, lines));
}

function parse(text: string, lines: LineCounter): readonly Document.Parsed[] {
  try {
    const options = {
      lineCounter: lines,
      version: '1.2',
      // Told apart below: the package compares every key with every other.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    } as const;
    const documents = parseAllDocuments(text, options);
    return 'empty' in documents ? [] : documents;
  } catch {
    // The package recurses per level of nesting; its own depth is bounded by the stack only.
    return refuse('yaml-invalid', 1, 'This is not YAML, or it is nested too deeply to be read.');
  }
}

function toTree(document: Document.Parsed, text: string, lines: LineCounter): YamlDocument {
  const [error] = document.errors;
  const start = document.contents?.range[0] ?? document.range[0];
  const line = lines.linePos(start).line || 1;
  const common = { line, text: text.slice(start, document.range[2]).trimEnd() };
  try {
    if (error !== undefined) {
      const because = error.message.includes('call stack') ? 'It is nested too deeply' : error.message;
      refuse('yaml-invalid', lines.linePos(error.pos[0]).line || 1, `This is not YAML: ${because}.`);
    }
    return { ...common, root: new TreeBuilder(lines).build(document.contents), refused: undefined };
  } catch (refused) {
    if (refused instanceof RuleRefused) return { ...common, root: undefined, refused };
    throw refused;
  }
}

class TreeBuilder {
  readonly #lines: LineCounter;
  /** The package would look through the whole document for every alias. */
  readonly #anchors = new Map<string, Node>();
  #nodes = 0;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  build(contents: Node | null): Yaml {
    return this.#tree(contents, 0, 1);
  }

  #tree(node: Node | null, depth: number, lineAround: number): Yaml {
    const line = this.#lineOf(node, lineAround);
    this.#nodes += 1;
    if (this.#nodes > NODES_MAX)
      refuse('too-large', line, `A rule has at most ${NODES_MAX} values, aliases unfolded.`);
    if (depth > DEPTH_MAX) refuse('too-large', line, `A rule is nested at most ${DEPTH_MAX} levels deep.`);
    if (node === null) return { kind: 'scalar', line, value: null };
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target === undefined)
        refuse('yaml-invalid', line, `The alias ${quoted(node.source)} names no anchor.`);
      // The line is the alias's: that is where a reader looks.
      return { ...this.#tree(target, depth + 1, line), line };
    }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return { kind: 'scalar', line, value: scalarOf(node.value, node.source, line) };
    if (isSeq(node))
      return {
        kind: 'list',
        line,
        items: node.items.map((item) => this.#tree(item as Node, depth + 1, line)),
      };
    if (isMap(node)) return { kind: 'map', line, entries: this.#entries(node.items, depth, line) };
    return refuse('wrong-type', line, 'A rule holds maps, lists, texts, numbers, booleans and null only.');
  }

  #entries(
    items: readonly { key: unknown; value: unknown }[],
    depth: number,
    line: number,
  ): readonly YamlEntry[] {
    const seen = new Set<string>();
    return items.map((pair) => {
      const keyNode = pair.key as Node | null;
      const keyLine = this.#lineOf(keyNode, line);
      const key = this.#tree(keyNode, depth + 1, line);
      if (key.kind !== 'scalar' || key.value === null)
        refuse('wrong-type', keyLine, 'A key of a map is a text.');
      const name = String(key.value);
      if (seen.has(name)) refuse('yaml-invalid', keyLine, `The key ${quoted(name)} is there twice.`);
      if (name === '<<') refuse('yaml-invalid', keyLine, 'Merge keys (<<) are not part of YAML 1.2.');
      seen.add(name);
      return { key: name, line: keyLine, value: this.#tree(pair.value as Node | null, depth + 1, keyLine) };
    });
  }

  #lineOf(node: Node | null, around: number): number {
    const start = node?.range?.[0];
    return start === undefined ? around : this.#lines.linePos(start).line || around;
  }
}

/** An integer that a number cannot hold exactly stays the text it was written as. */
function scalarOf(value: unknown, source: string | undefined, line: number): Scalar {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    if (source !== undefined && /^[+-]?\d+$/.test(source)) return source;
    if (!Number.isFinite(value)) refuse('wrong-type', line, 'A number is finite.');
  }
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  return refuse('wrong-type', line, 'A value is a text, a number, a boolean or null.');
}

export function entryOf(map: YamlMap, key: string): YamlEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

/** The tree as plain JSON, for parsers that are handed in. */
export function plain(tree: Yaml): unknown {
  switch (tree.kind) {
    case 'scalar':
      return tree.value;
    case 'list':
      return tree.items.map(plain);
    case 'map': {
      // Without a prototype: a key may be named `__proto__`.
      const object = Object.create(null) as Record<string, unknown>;
      for (const { key, value } of tree.entries) object[key] = plain(value);
      return object;
    }
  }
}

/** The line of what a path leads to, or of the last part that is there. */
export function lineOfPath(tree: Yaml, path: readonly (string | number)[]): number {
  let { line } = tree;
  let at: Yaml | undefined = tree;
  for (const part of path) {
    if (at?.kind === 'map') {
      const entry: YamlEntry | undefined = entryOf(at, String(part));
      line = entry?.line ?? line;
      at = entry?.value;
    } else if (at?.kind === 'list') {
      at = at.items[Number(part)];
      line = at?.line ?? line;
    } else break;
  }
  return line;
}
