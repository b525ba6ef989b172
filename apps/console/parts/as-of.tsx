/** The frame's control of the instant that pages look at, and the line with which a page says that it is not now. */
import { Button, Menu, TextInput } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useState } from 'react';
import { fieldOf, instantOfField, useAsOf } from '../app/as-of.ts';
import { useZone } from '../app/zone.ts';
import { formatInstant, zoneName } from './time.ts';

const BACK = [
  ['An hour ago', 3_600],
  ['Yesterday', 86_400],
  ['A week ago', 604_800],
  ['30 days ago', 2_592_000],
  ['90 days ago', 7_776_000],
] as const;

export function AsOfControl() {
  const zone = useZone();
  const { asOf, setAsOf } = useAsOf();
  const [field, setField] = useState('');
  const chosen = instantOfField(field, zone);
  const label = asOf === undefined ? 'now' : formatInstant(asOf, zone);
  return (
    <Menu position="bottom-start" withinPortal onOpen={() => setField(fieldOf(asOf, zone))}>
      <Menu.Target>
        <Button
          size="xs"
          variant={asOf === undefined ? 'default' : 'filled'}
          leftSection={<IconHistory size={16} />}
          aria-label={`As of ${label}`}
          className="d-asof"
        >
          As of: {label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => setAsOf(undefined)}>Now</Menu.Item>
        {BACK.map(([words, seconds]) => (
          <Menu.Item
            key={seconds}
            onClick={() => setAsOf(new Date(Date.now() - seconds * 1_000).toISOString())}
          >
            {words}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <form
          className="d-stack"
          style={{ padding: '0.5rem' }}
          onSubmit={(event) => {
            event.preventDefault();
            setAsOf(chosen);
          }}
        >
          <TextInput
            type="datetime-local"
            label={`Instant (${zoneName(zone)})`}
            value={field}
            onChange={(event) => setField(event.currentTarget.value)}
          />
          <Button type="submit" size="xs" disabled={chosen === undefined}>
            Look at it
          </Button>
        </form>
      </Menu.Dropdown>
    </Menu>
  );
}

/** For the header of a page that honours the instant; nothing while it is now. */
export function AsOfNote() {
  const zone = useZone();
  const { asOf, setAsOf } = useAsOf();
  if (asOf === undefined) return null;
  return (
    <span className="d-asof-note" data-testid="as-of-note">
      <IconHistory size={14} aria-hidden="true" /> As it was on{' '}
      <time dateTime={asOf}>
        {formatInstant(asOf, zone)} {zoneName(zone)}
      </time>
      .{' '}
      <button type="button" className="d-link" onClick={() => setAsOf(undefined)}>
        Back to now
      </button>
    </span>
  );
}
