/** The events that a finding rests on, with what matched marked in them. */
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Facts, Instant } from '../../parts/parts.tsx';
import { useTenantId } from '../queries.ts';
import { cut, type SeenValue } from './finding-view.ts';
import { searchFor } from './findings-view.ts';
import { type JsonObject, numberAt, textAt } from './json.ts';
import { MarkedEvent } from './marked.tsx';

/** Those of a correlation are opened one by one. */
const OPENED_MAX = 1;

export function FindingEvents({
  events,
  seen,
  count,
}: {
  readonly events: readonly JsonObject[];
  readonly seen: readonly SeenValue[];
  readonly count: number;
}) {
  return (
    <section className="d-part">
      <h2>Evidence</h2>
      {seen.length === 0 ? null : (
        <Facts
          facts={seen.map(({ field, value }) => [
            field ?? 'somewhere in it',
            <mark key="v" className="d-value">
              {cut(String(value), 300)}
            </mark>,
          ])}
        />
      )}
      {events.length === 0 ? (
        <p className="d-quiet">
          {count === 0 ? 'The finding names no event.' : 'The events are older than what is kept.'}
        </p>
      ) : null}
      {events.map((event, index) => (
        <Event
          key={textAt(event, 'metadata.uid') ?? index}
          event={event}
          seen={seen}
          open={index < OPENED_MAX}
        />
      ))}
    </section>
  );
}

/** What tells an event from others: its own words, or what was done. */
const eventWords = (event: JsonObject): string | undefined =>
  textAt(event, 'message') ??
  textAt(event, 'process.cmd_line') ??
  textAt(event, 'file.path') ??
  textAt(event, 'metadata.event_code');

function Event({
  event,
  seen,
  open,
}: {
  readonly event: JsonObject;
  readonly seen: readonly SeenValue[];
  readonly open: boolean;
}) {
  const tenantId = useTenantId();
  const uid = textAt(event, 'metadata.uid') ?? '';
  const atMs = numberAt(event, 'time') ?? 0;
  return (
    <details open={open}>
      <summary>
        <Instant at={atMs} /> {eventWords(event) ?? uid}
      </summary>
      <Button
        my="xs"
        size="xs"
        variant="default"
        component={Link}
        to="/t/$tenantId/search"
        params={{ tenantId } as never}
        search={searchFor(uid, atMs) as never}
      >
        Open it in the event search
      </Button>
      <MarkedEvent event={event} seen={seen} />
    </details>
  );
}
