/** What narrows the findings: words, levels, rule, technique or tactic, host. All of it stands in the address. */
import { Pill } from '@mantine/core';
import { usePageSearch } from '../../app/page-search.ts';
import { attackAsked, attackOf, attackWords } from './attack-view.ts';
import { FilterField } from './filter-field.tsx';
import { LEVELS, levelsIn, withLevel } from './findings-view.ts';
import { LevelMark } from './marks.tsx';

export function FindingFilters({
  hosts,
  titleOf,
}: {
  readonly hosts: readonly string[];
  readonly titleOf: (ruleId: string) => string | undefined;
}) {
  const { search, setSearch } = usePageSearch();
  const rule = search['rule'];
  const asked = attackAsked(search['technique'] ?? '');
  return (
    <>
      <search className="d-filters d-screen" aria-label="Filter findings">
        <FilterField name="text" label="Words in the finding" placeholder='Words, or "a phrase"' />
        <FilterField
          name="technique"
          label="ATT&CK technique or tactic"
          placeholder="T1059.001, TA0002"
          width={210}
          problem={attackProblem}
        />
        <FilterField name="host" label="Host" placeholder="Host, in full" width={190} suggestions={hosts} />
        <fieldset className="d-levels" aria-label="Levels">
          {LEVELS.map((level) => (
            <button
              key={level}
              type="button"
              aria-pressed={search['level'] !== undefined && levelsIn(search).includes(level)}
              onClick={() => setSearch({ level: withLevel(search, level) })}
            >
              <LevelMark level={level} />
            </button>
          ))}
        </fieldset>
      </search>
      {rule === undefined && asked === undefined ? null : (
        <div className="d-filters">
          {rule === undefined ? null : <Removable name="rule" words={`Rule: ${titleOf(rule) ?? rule}`} />}
          {asked === undefined ? null : (
            <Removable name="technique" words={attackWords(attackOf(asked.uid))} />
          )}
        </div>
      )}
    </>
  );
}

export function attackProblem(text: string): string | undefined {
  return attackAsked(text) === undefined ? 'Like T1059, T1059.001, TA0002 or a tactic’s name' : undefined;
}

function Removable({ name, words }: { readonly name: string; readonly words: string }) {
  const { setSearch } = usePageSearch();
  return (
    <Pill
      withRemoveButton
      removeButtonProps={{ 'aria-label': `Remove filter ${name}`, 'aria-hidden': false, tabIndex: 0 }}
      onRemove={() => setSearch({ [name]: undefined })}
    >
      {words}
    </Pill>
  );
}
