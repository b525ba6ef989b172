/** A field that filters while it is typed in; the address follows when the typing pauses. */
import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { usePageSearch } from '../../app/page-search.ts';

const PAUSE_MS = 150;

export function FilterField({
  name,
  label,
  placeholder,
  width = 260,
  problem,
  suggestions = [],
}: {
  /** In the address. */
  readonly name: string;
  readonly label: string;
  readonly placeholder: string;
  readonly width?: number;
  /** Of what is typed, when it cannot be asked for. */
  readonly problem?: (text: string) => string | undefined;
  readonly suggestions?: readonly string[];
}) {
  const { search, setSearch } = usePageSearch();
  const stands = search[name] ?? '';
  const [text, setText] = useState(stands);
  const timer = useRef<number>(undefined);
  // What this field put into the address must not overwrite what has been typed since.
  const sent = useRef(stands);
  useEffect(() => {
    if (stands !== sent.current) setText(stands);
    sent.current = stands;
  }, [stands]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const wrong = text === '' ? undefined : problem?.(text);
  const listId = `suggestions-${name}`;
  return (
    <>
      <TextInput
        aria-label={label}
        placeholder={placeholder}
        leftSection={<IconSearch size={16} />}
        value={text}
        w={width}
        maw="100%"
        error={wrong}
        {...(suggestions.length === 0 ? {} : { list: listId })}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setText(value);
          window.clearTimeout(timer.current);
          timer.current = window.setTimeout(() => {
            const asked = value.trim() === '' ? undefined : value;
            sent.current = asked ?? '';
            setSearch({ [name]: asked });
          }, PAUSE_MS);
        }}
      />
      {suggestions.length === 0 ? null : (
        <datalist id={listId}>
          {suggestions.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
    </>
  );
}
