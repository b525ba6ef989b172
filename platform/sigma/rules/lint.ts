/** What `lint` prints: one line per rule. */

import type { RuleKind } from './refusal.ts';
import type { LoadedRules, RuleHead } from './rules.ts';

export type LintLine = {
  readonly file: string;
  readonly line: number;
  readonly id: string | null;
  readonly title: string | null;
  /** Null when the document says too little to tell. */
  readonly kind: RuleKind | null;
} & (
  | {
      readonly outcome: 'loaded' /** Rules that a filter names and that are not there. */;
      readonly missing?: readonly string[];
    }
  | { readonly outcome: 'refused'; readonly code: string; readonly because: string }
);

/** One object per rule, by file and line. */
export function lintLines<Correlation extends RuleHead>(
  loaded: LoadedRules<Correlation>,
): Iterable<LintLine> {
  const line = (kind: RuleKind, { file, line, id, title }: RuleHead): LintLine => ({
    file,
    line,
    id,
    title,
    kind,
    outcome: 'loaded',
  });
  const lines: LintLine[] = [
    ...loaded.detections.map((rule) => line('detection', rule)),
    ...loaded.correlations.map((rule) => line('correlation', rule)),
    ...loaded.filters.map((rule): LintLine => {
      const { missing } = rule;
      return { ...line('filter', rule), outcome: 'loaded', ...(missing.length > 0 ? { missing } : {}) };
    }),
    ...loaded.refused.map(
      ({ file, line, id, title, kind, code, because }): LintLine => ({
        file,
        line,
        id: id ?? null,
        title: title ?? null,
        kind: kind ?? null,
        outcome: 'refused',
        code,
        because,
      }),
    ),
  ];
  return lines.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
}
