/**
 * Door: Sigma 2.1 rules from text to what the engines read. Every document is loaded or refused with a
 * reason; nothing is thrown, whatever the text.
 */
import type { DetectionRule } from '../ir.ts';
import { resolveCollection } from './collection.ts';
import type { Placeholders } from './expansions.ts';
import { type AppliedFilter, applyFilters, type FilterRule } from './filter.ts';
import { type CorrelationParser, type Loaded, loadDocument, type RuleHead } from './load-document.ts';
import { type Refusal, RuleRefused } from './refusal.ts';
import { type CheckRegex, checkRegexLightly } from './regex-check.ts';
import { readYaml } from './yaml-tree.ts';

export type { CorrelationParser } from './load-document.ts';
export type { AppliedFilter, CheckRegex, Placeholders, Refusal, RuleHead };

export interface RuleFile {
  readonly file: string;
  readonly text: string;
}

export interface LoadOptions<Correlation extends RuleHead> {
  /** What `expand` fills in; a rule with a placeholder that is not here is refused. */
  readonly placeholders?: Placeholders;
  /** By default only what RE2 never has is refused, and what is plainly no expression. */
  readonly checkRegex?: CheckRegex;
  /** Without it correlations are refused. */
  readonly parseCorrelation?: CorrelationParser<Correlation>;
  /** Names of fields that the events have; `sigma` by default. Rules for others would never match. */
  readonly taxonomies?: readonly string[];
}

export interface LoadedRules<Correlation extends RuleHead> {
  readonly detections: readonly DetectionRule[];
  readonly correlations: readonly Correlation[];
  readonly filters: readonly AppliedFilter[];
  readonly refused: readonly Refusal[];
}

/** Order is that of the files, and in a file that of the documents. Ids and names are unique over all. */
export function loadRules<Correlation extends RuleHead = never>(
  files: Iterable<RuleFile>,
  options: LoadOptions<Correlation> = {},
): LoadedRules<Correlation> {
  const settings = {
    placeholders: options.placeholders ?? {},
    checkRegex: options.checkRegex ?? checkRegexLightly,
    parseCorrelation: options.parseCorrelation,
    taxonomies: options.taxonomies ?? ['sigma'],
  };
  const detections: DetectionRule[] = [];
  const correlations: Correlation[] = [];
  const filters: FilterRule[] = [];
  const refused: Refusal[] = [];
  const taken: Taken = { ids: new Map(), names: new Map() };
  for (const { file, text } of files) {
    for (const loaded of loadFile(file, text, settings)) {
      const collision = loaded.kind === 'refused' ? undefined : collides(taken, loaded);
      if (loaded.kind === 'refused') refused.push(loaded.refusal);
      else if (collision !== undefined) refused.push(collision);
      else if (loaded.kind === 'detection') detections.push(loaded.rule);
      else if (loaded.kind === 'correlation') correlations.push(loaded.rule);
      else filters.push(loaded.rule);
    }
  }
  const filtered = applyFilters(detections, filters);
  return {
    detections: filtered.detections,
    correlations,
    filters: filtered.filters,
    refused: [...refused, ...filtered.refused],
  };
}

function loadFile<Correlation extends RuleHead>(
  file: string,
  text: string,
  settings: Parameters<typeof loadDocument<Correlation>>[2],
): readonly Loaded<Correlation>[] {
  try {
    const documents = resolveCollection(readYaml(text));
    if (documents.length > 0) return documents.map((document) => loadDocument(file, document, settings));
    const because = 'The file holds no rule.';
    return [{ kind: 'refused', refusal: { file, line: 1, code: 'not-a-rule', because } }];
  } catch (error) {
    if (!(error instanceof RuleRefused)) throw error;
    const { line, code, message } = error;
    return [{ kind: 'refused', refusal: { file, line, code, because: message } }];
  }
}

interface Taken {
  readonly ids: Map<string, RuleHead>;
  readonly names: Map<string, RuleHead>;
}

/** The first one keeps its id and name. */
function collides<Correlation extends RuleHead>(
  taken: Taken,
  loaded: Exclude<Loaded<Correlation>, { kind: 'refused' }>,
): Refusal | undefined {
  const { rule, kind } = loaded;
  const { id, title, file, line, name } = rule;
  const byId = taken.ids.get(id);
  const byName = name === undefined ? undefined : taken.names.get(name);
  const before = byId ?? byName;
  if (before !== undefined) {
    const what = byId === undefined ? 'name' : 'id';
    const because = `The ${what} is that of ${JSON.stringify(before.title)} in ${before.file}, line ${before.line}.`;
    return { file, line, kind, id, title, code: `duplicate-${what}`, because };
  }
  taken.ids.set(id, rule);
  if (name !== undefined) taken.names.set(name, rule);
  return undefined;
}
