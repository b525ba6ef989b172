/** What narrows the rules; all of it stands in the address. */
import type { RuleList } from '@demarc/platform/contract/detection';
import { NativeSelect } from '@mantine/core';
import { useMemo } from 'react';
import type * as z from 'zod';
import { usePageSearch } from '../../app/page-search.ts';
import { FilterField } from './filter-field.tsx';
import { attackProblem } from './finding-filters.tsx';
import { LEVELS } from './findings-view.ts';
import { levelWord } from './marks.tsx';
import { ORIGIN_WORDS } from './rule-words.ts';
import { ORDERS, sourcesOf } from './rules-view.ts';

type List = z.infer<typeof RuleList>;

/** In pixels; together they stand in one line of an ordinary window. */
const WIDTHS: Readonly<Record<string, number>> = { level: 140, source: 180, origin: 165 };

export function RuleFilters({ list, shown }: { readonly list: List; readonly shown: number }) {
  const { search, setSearch } = usePageSearch();
  const sources = useMemo(() => sourcesOf(list.rules), [list]);
  const choice = (name: string, label: string, all: string, data: readonly (readonly [string, string])[]) => (
    <NativeSelect
      aria-label={label}
      value={search[name] ?? ''}
      onChange={(event) => {
        const { value } = event.currentTarget;
        setSearch({ [name]: value === '' ? undefined : value });
      }}
      data={[{ value: '', label: all }, ...data.map(([value, words]) => ({ value, label: words }))]}
      w={WIDTHS[name]}
      maw="100%"
    />
  );
  return (
    <search className="d-filters d-screen" aria-label="Filter rules">
      <FilterField
        name="text"
        width={200}
        label="Words in title, id, file or reason"
        placeholder="Title, id, file, reason"
      />
      {choice(
        'level',
        'Level',
        'Every level',
        LEVELS.map((level) => [level, levelWord(level)] as const),
      )}
      {choice(
        'source',
        'Log source',
        'Every log source',
        sources.map(([words, count]) => [words, `${words} (${count})`] as const),
      )}
      {choice('origin', 'Origin', 'From anywhere', Object.entries(ORIGIN_WORDS))}
      <FilterField
        name="technique"
        label="ATT&CK technique or tactic"
        placeholder="T1059, TA0002"
        width={170}
        problem={attackProblem}
      />
      <NativeSelect
        aria-label="Order"
        value={search['sort'] ?? 'title'}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setSearch({ sort: value === 'title' ? undefined : value });
        }}
        data={Object.entries(ORDERS).map(([value, [words]]) => ({ value, label: `By: ${words}` }))}
        w={165}
        maw="100%"
      />
      <span className="d-quiet d-shown" role="status">
        {shown} of {list.rules.length}
      </span>
    </search>
  );
}
