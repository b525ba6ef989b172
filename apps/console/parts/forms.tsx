/** Fields and buttons, as rooms' pages get them. */

import type { ConsoleTools } from '@demarc/platform/contract/console';
import { Button as MantineButton, NativeSelect, Textarea, TextInput } from '@mantine/core';

type Parts = ConsoleTools['parts'];

const VARIANTS = { main: 'filled', other: 'default', danger: 'filled' } as const;

export const Button: Parts['Button'] = ({
  children,
  onClick,
  kind = 'other',
  busy = false,
  disabled = false,
}) => (
  <MantineButton
    size="xs"
    variant={VARIANTS[kind]}
    {...(kind === 'danger' ? { color: 'red.9' } : {})}
    loading={busy}
    disabled={disabled}
    onClick={onClick}
  >
    {children}
  </MantineButton>
);

export const TextField: Parts['TextField'] = ({
  label,
  value,
  onChange,
  placeholder,
  required = false,
  rows,
}) =>
  rows === undefined ? (
    <TextInput
      label={label}
      value={value}
      required={required}
      {...(placeholder === undefined ? {} : { placeholder })}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  ) : (
    <Textarea
      label={label}
      value={value}
      required={required}
      rows={rows}
      spellCheck={false}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8rem' } }}
      {...(placeholder === undefined ? {} : { placeholder })}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );

export const Choice: Parts['Choice'] = ({ label, value, options, onChange }) => (
  <NativeSelect
    label={label}
    value={value}
    data={options.map((option) => ({ ...option }))}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
);
