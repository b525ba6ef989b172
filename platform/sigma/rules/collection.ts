/**
 * Rule collections: documents of one file that share content (Sigma 1.x, `action`).
 *
 * `global` goes into every document after it, `reset` ends that, `repeat` is the previous rule once more with
 * what the document changes. Where both say something, the document itself is right, not what is shared.
 */
import { quoted, RuleRefused, refuse } from './refusal.ts';
import { entryOf, type Yaml, type YamlDocument, type YamlMap } from './yaml-tree.ts';

export interface RuleDocument {
  readonly line: number;
  readonly text: string;
  /** From 1, among all documents of the file. */
  readonly place: number;
  readonly root: YamlMap | undefined;
  readonly refused: RuleRefused | undefined;
}

const DEPTH_MAX = 32;

/** The rules that the documents of a file amount to. */
export function resolveCollection(documents: readonly YamlDocument[]): readonly RuleDocument[] {
  const rules: RuleDocument[] = [];
  let shared: YamlMap | undefined;
  let previous: YamlMap | undefined;
  for (const [index, { line, text, root, refused }] of documents.entries()) {
    const common = { line, text, place: index + 1 };
    try {
      if (refused !== undefined) throw refused;
      if (root?.kind !== 'map')
        refuse('not-a-rule', line, 'A rule is a map: title, logsource, detection, ….');
      const action = entryOf(root, 'action');
      const own: YamlMap = { ...root, entries: root.entries.filter((entry) => entry !== action) };
      switch (actionOf(root)) {
        case 'global':
          shared = shared === undefined ? own : merged(shared, own, 0);
          continue;
        case 'reset':
          if (own.entries.length > 0)
            refuse('collection-action', line, 'A document with "action: reset" holds nothing else.');
          shared = undefined;
          continue;
        case 'repeat':
          if (previous === undefined)
            refuse('collection-action', line, '"action: repeat" has no rule before it to repeat.');
          previous = merged(previous, own, 0);
          break;
        case undefined:
          previous = shared === undefined ? own : merged(shared, own, 0);
          break;
      }
      rules.push({ ...common, root: previous, refused: undefined });
    } catch (problem) {
      if (!(problem instanceof RuleRefused)) throw problem;
      rules.push({ ...common, root: undefined, refused: problem });
    }
  }
  return rules;
}

function actionOf(root: YamlMap): 'global' | 'reset' | 'repeat' | undefined {
  const entry = entryOf(root, 'action');
  if (entry === undefined) return undefined;
  const action = entry.value.kind === 'scalar' ? entry.value.value : undefined;
  if (action === 'global' || action === 'reset' || action === 'repeat') return action;
  return refuse(
    'collection-action',
    entry.line,
    `An action is global, reset or repeat, not ${quoted(String(action))}.`,
  );
}

function merged(below: YamlMap, above: YamlMap, depth: number): YamlMap {
  if (depth > DEPTH_MAX)
    refuse('too-large', above.line, `Shared content is nested at most ${DEPTH_MAX} deep.`);
  const entries = new Map(below.entries.map((entry) => [entry.key, entry]));
  for (const entry of above.entries) {
    const before: Yaml | undefined = entries.get(entry.key)?.value;
    const both = before?.kind === 'map' && entry.value.kind === 'map';
    entries.set(entry.key, both ? { ...entry, value: merged(before, entry.value, depth + 1) } : entry);
  }
  return { ...above, entries: [...entries.values()] };
}
