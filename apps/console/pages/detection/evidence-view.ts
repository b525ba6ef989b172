/** On which values a finding rests: by the explanation where there is one, else by what was kept with it. Pure. */
import type { FindingDetails } from '@demarc/platform/contract/detection';
import type * as z from 'zod';
import { decidingTests } from './explain-view.ts';
import { findingOf, type SeenValue } from './finding-view.ts';

export function seenIn({ finding, explained }: z.infer<typeof FindingDetails>): readonly SeenValue[] {
  const { matched } = findingOf(finding);
  const tests = explained === null || !explained.holds ? [] : decidingTests(explained);
  const decided = tests
    .filter(({ holds }) => holds)
    .flatMap(({ field, values }) => values.map((value) => ({ field, value })));
  const found = new Map<string, SeenValue>();
  // What was kept knows the field also of a keyword.
  for (const seen of [...matched, ...decided.filter(({ field }) => matched.length === 0 || field !== null)])
    found.set(`${seen.field ?? ''} ${String(seen.value)}`, seen);
  return [...found.values()];
}

/** The `tags:` of a rule, from its text. */
export function tagsIn(text: string): readonly string[] {
  const [, list = ''] = /^tags:[^\n]*\n((?:[ \t]*-[^\n]*\n?)*)/m.exec(text) ?? [];
  return [...list.matchAll(/^[ \t]*-\s*['"]?([^\s'"#]+)/gm)].map(([, tag = '']) => tag);
}
