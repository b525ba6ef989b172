/** The parts every page is made of. */
import { Alert, Button, Drawer, Group, Loader, Menu, TextInput, Tooltip } from '@mantine/core';
import { IconClock, IconSearch } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { Problem } from '../app/api.ts';
import { usePageSearch } from '../app/page-search.ts';
import { useZone } from '../app/zone.ts';
import { ago, formatInstant, RANGES, rangeLabel, zoneName } from './time.ts';

export function PageHeader({
  title,
  summary,
  actions,
}: {
  readonly title: string;
  readonly summary: ReactNode;
  readonly actions?: ReactNode;
}) {
  return (
    <header className="d-header">
      <div>
        <h1>{title}</h1>
        <p>{summary}</p>
      </div>
      <div className="d-toolbar">{actions}</div>
    </header>
  );
}

export function Instant({ at }: { readonly at: string | number | null }) {
  const zone = useZone();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 10_000);
    return () => window.clearInterval(timer);
  }, []);
  if (at === null) return <span className="d-quiet">never</span>;
  const inZone = `${formatInstant(at, zone)} ${zoneName(zone)}`;
  return (
    <Tooltip label={`${inZone} · ${new Date(at).toISOString()}`} withArrow>
      {/* On paper nobody knows from when on it was: there it is the instant itself (tokens.css). */}
      <time dateTime={new Date(at).toISOString()} data-on-paper={inZone}>
        {ago(at, now)}
      </time>
    </Tooltip>
  );
}

export function TimeRange() {
  const { search, setSearch } = usePageSearch();
  const zone = useZone();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const choose = (range: string): void => setSearch({ range, cursor: undefined });
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="default" leftSection={<IconClock size={16} />}>
          {rangeLabel(search['range'], zone)} · {zoneName(zone)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {RANGES.map(([key, label]) => (
          <Menu.Item key={key} onClick={() => choose(key)}>
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <div style={{ padding: '0.5rem' }} className="d-stack">
          <TextInput
            type="datetime-local"
            label="From"
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <TextInput
            type="datetime-local"
            label="To"
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
          <Button
            size="xs"
            disabled={!(from < to)}
            onClick={() => choose(`${instantOf(from, zone)}..${instantOf(to, zone)}`)}
          >
            Apply ({zoneName(zone)})
          </Button>
        </div>
      </Menu.Dropdown>
    </Menu>
  );
}

function instantOf(local: string, zone: 'local' | 'utc'): string {
  return new Date(zone === 'utc' ? `${local}Z` : local).toISOString();
}

export function SearchBox({
  label,
  placeholder,
  name,
}: {
  readonly label: string;
  readonly placeholder: string;
  readonly name: string;
}) {
  const { search, setSearch } = usePageSearch();
  const [text, setText] = useState(search[name] ?? '');
  useEffect(() => setText(search[name] ?? ''), [search, name]);
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        setSearch({ [name]: text === '' ? undefined : text });
      }}
    >
      <TextInput
        aria-label={label}
        placeholder={placeholder}
        leftSection={<IconSearch size={16} />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        w={280}
      />
    </form>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="d-state" data-testid="empty">
      <h2>{title}</h2>
      <div>{children}</div>
    </div>
  );
}

export function Loading() {
  return (
    <div className="d-state" role="status" aria-label="Loading">
      <Loader size="sm" />
    </div>
  );
}

export function Failure({ error }: { readonly error: unknown }) {
  const problem = error instanceof Problem ? error : undefined;
  return (
    <Alert
      color="red"
      variant="light"
      title={problem?.message ?? 'Something went wrong in this page.'}
      role="alert"
      m="sm"
    >
      <p style={{ margin: 0 }}>
        {problem?.fix ?? 'Reload the page; what you typed in the filters is in the address.'}
      </p>
      <p className="d-mono" style={{ margin: '0.4rem 0 0' }}>
        {problem?.code ?? (error instanceof Error ? error.message : String(error))}
      </p>
    </Alert>
  );
}

export function Details({
  title,
  onClose,
  children,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={title}
      closeButtonProps={{ 'aria-label': 'Close' }}
      transitionProps={{ duration: 0 }}
    >
      <div className="d-stack" style={{ gap: '1.25rem' }}>
        {children}
      </div>
    </Drawer>
  );
}

export function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="d-facts">
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Json({ value }: { readonly value: unknown }) {
  return (
    <pre className="d-code" tabIndex={0} aria-label="Raw record">
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}

export function Diff({ text }: { readonly text: string }) {
  return (
    <pre className="d-code" tabIndex={0} aria-label="Difference">
      {text.split('\n').map((line, index) => {
        const kind = line.startsWith('+')
          ? 'add'
          : line.startsWith('-')
            ? 'remove'
            : line.startsWith('@@')
              ? 'at'
              : undefined;
        return (
          // oxlint-disable-next-line react/no-array-index-key -- lines of one text never move
          <span key={index} className={kind}>
            {line}
            {kind === undefined ? '\n' : ''}
          </span>
        );
      })}
    </pre>
  );
}

/** Live data must not move what is being read: it waits here until it is asked for. */
export function Fresh({ count, onShow }: { readonly count: number; readonly onShow: () => void }) {
  return (
    <Group gap="xs" aria-live="polite">
      {count > 0 ? (
        <Button variant="light" size="xs" onClick={onShow} data-testid="fresh">
          {count} new
        </Button>
      ) : null}
    </Group>
  );
}
