/** One document of a file: a rule, a correlation, a filter, or a refusal. */
import type { DetectionRule } from '../ir.ts';
import type { RuleDocument } from './collection.ts';
import { detectionCondition } from './detection.ts';
import { type FilterRule, readFilter } from './filter.ts';
import {
  descriptionOf,
  idOf,
  levelOf,
  logSourceOf,
  nameOf,
  statusOf,
  textAt,
  textsAt,
  titleOf,
} from './header.ts';
import type { ItemOptions } from './item.ts';
import { quoted, type Refusal, type RefusalCode, type RuleKind, RuleRefused, refuse } from './refusal.ts';
import { entryOf, lineOfPath, plain, type YamlMap } from './yaml-tree.ts';

/** What every loaded thing says about itself. */
export interface RuleHead {
  readonly id: string;
  readonly name?: string | undefined;
  readonly title: string;
  readonly file: string;
  readonly line: number;
}

export interface CorrelationDocument extends RuleHead {
  /** The document as plain JSON; maps have no prototype. */
  readonly value: unknown;
  readonly text: string;
  /** The line of what a path leads to, or of the last part of it that is there. */
  lineOf(...path: readonly (string | number)[]): number;
}

export type CorrelationParser<Correlation> = (
  document: CorrelationDocument,
) =>
  | { readonly rule: Correlation }
  | { readonly refused: { readonly code: RefusalCode; readonly because: string; readonly line?: number } };

export interface DocumentSettings<Correlation> extends ItemOptions {
  readonly parseCorrelation: CorrelationParser<Correlation> | undefined;
  readonly taxonomies: readonly string[];
}

export type Loaded<Correlation> =
  | { readonly kind: 'detection'; readonly rule: DetectionRule }
  | { readonly kind: 'correlation'; readonly rule: Correlation }
  | { readonly kind: 'filter'; readonly rule: FilterRule & { readonly name?: string | undefined } }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export function loadDocument<Correlation extends RuleHead>(
  file: string,
  document: RuleDocument,
  settings: DocumentSettings<Correlation>,
): Loaded<Correlation> {
  try {
    const root = document.root ?? refuseAgain(document.refused);
    const kind = kindOf(root);
    const head = headOf(root, file, document);
    const taxonomy = textAt(root, 'taxonomy', 256) ?? 'sigma';
    if (!settings.taxonomies.includes(taxonomy))
      refuse(
        'taxonomy-unknown',
        entryOf(root, 'taxonomy')?.line ?? root.line,
        `The names of the taxonomy ${quoted(taxonomy)} are not known here.`,
      );
    switch (kind) {
      case 'detection':
        return { kind, rule: detectionRule(root, head, document.text, settings) };
      case 'filter':
        return { kind, rule: { ...head, ...readFilter(root, settings) } };
      case 'correlation':
        return correlation(root, head, document.text, settings);
    }
  } catch (error) {
    if (!(error instanceof RuleRefused)) throw error;
    const { code, line, message: because } = error;
    return { kind: 'refused', refusal: { file, line, ...glimpse(document.root), code, because } };
  }
}

function refuseAgain(refused: RuleRefused | undefined): never {
  throw refused ?? new RuleRefused('not-a-rule', 1, 'The document holds no rule.');
}

function kindOf(root: YamlMap): RuleKind {
  const kinds = (['detection', 'correlation', 'filter'] as const).filter(
    (kind) => entryOf(root, kind) !== undefined,
  );
  const [kind] = kinds;
  if (kind === undefined)
    return refuse('missing-detection', root.line, 'A rule has a detection, a correlation or a filter.');
  if (kinds.length > 1) refuse('not-a-rule', root.line, `A rule is one of ${kinds.join(' and ')}, not both.`);
  return kind;
}

function headOf(root: YamlMap, file: string, document: RuleDocument): RuleHead {
  const title = titleOf(root);
  // A rule without an id is named by where it stands, so that it can be spoken of.
  const id = idOf(root) ?? `${file}#${document.place}`;
  return { id, name: nameOf(root), title, file, line: document.line };
}

function detectionRule(root: YamlMap, head: RuleHead, text: string, settings: ItemOptions): DetectionRule {
  const logsource = logSourceOf(root);
  const entry = entryOf(root, 'detection');
  const detection = entry?.value;
  if (detection?.kind !== 'map') return refuse('wrong-type', entry?.line ?? root.line, 'detection is a map.');
  return {
    ...head,
    name: head.name,
    description: descriptionOf(root),
    status: statusOf(root),
    level: levelOf(root),
    tags: textsAt(root, 'tags'),
    references: textsAt(root, 'references'),
    falsepositives: textsAt(root, 'falsepositives'),
    fields: textsAt(root, 'fields'),
    logsource,
    condition: detectionCondition(detection, settings),
    text,
  };
}

function correlation<Correlation extends RuleHead>(
  root: YamlMap,
  head: RuleHead,
  text: string,
  settings: DocumentSettings<Correlation>,
): Loaded<Correlation> {
  if (settings.parseCorrelation === undefined)
    return refuse('correlation-unsupported', head.line, 'Correlations are not looked at here.');
  const parsed = settings.parseCorrelation({
    ...head,
    value: plain(root),
    text,
    lineOf: (...path) => lineOfPath(root, path),
  });
  if ('rule' in parsed) return { kind: 'correlation', rule: parsed.rule };
  const { code, because, line } = parsed.refused;
  return refuse(code, line ?? head.line, because);
}

/** What can be told of a document that was refused, without being refused again. */
function glimpse(root: YamlMap | undefined): Pick<Refusal, 'id' | 'title' | 'kind'> {
  if (root === undefined) return {};
  const text = (key: string): string | undefined => {
    const value = entryOf(root, key)?.value;
    return value?.kind === 'scalar' && typeof value.value === 'string'
      ? value.value.slice(0, 256)
      : undefined;
  };
  const kind = (['detection', 'correlation', 'filter'] as const).find(
    (key) => entryOf(root, key) !== undefined,
  );
  return { id: text('id'), title: text('title'), kind };
}
