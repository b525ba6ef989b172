/** Ending a service, with what it would do before it is done: notice for a date, or now. */
import type { Entitlement, ServiceOffer } from '@demarc/platform/contract/api';
import { CancellationSimulation } from '@demarc/platform/contract/assurance/handover';
import { Button, Modal, Radio, Stack, Textarea, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../app/api.ts';
import { Failure, Loading } from '../parts/parts.tsx';
import { Groups, Outlooks, Risks } from '../parts/simulation.tsx';
import { useAct } from './acts.ts';
import { instantOfDay } from './handover-view.ts';
import { useTenantId } from './queries.ts';

/** For how long a duty may be nobody’s before it must be decided again. */
const ACCEPTED_MS = 30 * 86_400_000;
const NOTICE_MS = 31 * 86_400_000;

type Takes = 'us' | 'nobody' | 'later';

export function Cancel({
  offer,
  entitlement,
  onClose,
}: {
  readonly offer: ServiceOffer;
  readonly entitlement: Entitlement;
  readonly onClose: () => void;
}) {
  const { entitlementId, noticeEndsAt } = entitlement;
  const [openedMs] = useState(() => Date.now());
  const [reason, setReason] = useState('');
  const [on, setOn] = useState<'date' | 'now'>('date');
  const [day, setDay] = useState(new Date(openedMs + NOTICE_MS).toISOString().slice(0, 10));
  const [takes, setTakes] = useState<Takes>('us');
  const cancel = useAct(`entitlements/${entitlementId}/cancel`, onClose);
  const notice = useAct(`entitlements/${entitlementId}/notice`, onClose);
  const givesNotice = noticeEndsAt === null && on === 'date';
  const endsAt = noticeEndsAt ?? (on === 'date' ? instantOfDay(day, openedMs) : undefined);
  const untilMs = Math.max(openedMs, endsAt === undefined ? 0 : Date.parse(endsAt)) + ACCEPTED_MS;
  const riskAcceptedUntil = new Date(untilMs).toISOString();
  const supposed = {
    entitlementId,
    ...(endsAt === undefined || noticeEndsAt !== null ? {} : { endsAt }),
    ...(takes === 'us' ? { taker: 'customer' } : takes === 'nobody' ? { riskAcceptedUntil } : {}),
  };
  const act = (): void => {
    if (givesNotice) notice.mutate({ endsAt, reason });
    else if (takes === 'us') cancel.mutate({ reason, acceptHandback: true });
    else cancel.mutate({ reason, ...(takes === 'nobody' ? { riskAcceptedUntil } : {}) });
  };
  return (
    <Modal
      opened
      onClose={onClose}
      size="64rem"
      title={`${noticeEndsAt === null ? 'Cancel' : 'Confirm the end of'} ${offer.title}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
      transitionProps={{ duration: 0 }}
    >
      <div className="d-part">
        {noticeEndsAt === null ? (
          <Radio.Group
            label="When it ends"
            value={on}
            onChange={(value) => setOn(value === 'now' ? 'now' : 'date')}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="date" label="On a date; until then it runs on, and who takes what is settled" />
              <Radio value="now" label="Now" />
            </Stack>
          </Radio.Group>
        ) : (
          <p>Notice was given: it ends at {noticeEndsAt}, once that is confirmed here.</p>
        )}
        {givesNotice ? (
          <TextInput
            type="date"
            label="Ends on (00:00 UTC)"
            value={day}
            onChange={(event) => setDay(event.currentTarget.value)}
            error={endsAt === undefined ? 'a day that lies ahead' : undefined}
            w="14rem"
          />
        ) : null}
        <Radio.Group
          label={givesNotice ? 'Suppose that the returned duties' : 'The returned duties that are still open'}
          value={takes}
          onChange={(value) => setTakes(value as Takes)}
        >
          <Stack gap="xs" mt="xs">
            <Radio value="us" label={givesNotice ? 'come back to us' : 'come back to us: we take them'} />
            <Radio
              value="nobody"
              label={`are nobody’s until ${riskAcceptedUntil.slice(0, 10)}, and we accept that risk`}
            />
            <Radio
              value="later"
              label={givesNotice ? 'are taken by nobody yet' : 'are settled in the hand-over'}
            />
          </Stack>
        </Radio.Group>
        <Simulated supposed={supposed} />
        <Textarea
          label="Reason (kept in the ledger)"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          required
        />
        {cancel.isError || notice.isError ? <Failure error={cancel.error ?? notice.error} /> : null}
        <Button
          mt="sm"
          color="red"
          disabled={reason.trim() === '' || (givesNotice && endsAt === undefined)}
          loading={cancel.isPending || notice.isPending}
          onClick={act}
        >
          {givesNotice
            ? 'Give notice and open the hand-over'
            : noticeEndsAt === null
              ? 'End the service now'
              : 'Confirm the end'}
        </Button>
      </div>
    </Modal>
  );
}

function Simulated({ supposed }: { readonly supposed: object }) {
  const tenantId = useTenantId();
  const simulation = useQuery({
    queryKey: ['matrix', tenantId, 'simulate-cancel', supposed],
    queryFn: () => post(`/v1/tenants/${tenantId}/simulations/cancellation`, CancellationSimulation, supposed),
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (simulation.isError) return <Failure error={simulation.error} />;
  if (simulation.data === undefined) return <Loading />;
  const { moves, unowned, unownedWithoutTakers, outlook, risks, endsAt, blockedBy, assets } = simulation.data;
  return (
    <section className="d-part" aria-label="What it would do" data-testid="simulation">
      <h2>What comes back</h2>
      <p>
        {moves.lines.total} duties on {assets.total} machine{assets.total === 1 ? '' : 's'}, at {endsAt}.
      </p>
      <Groups
        label="Duties that come back"
        groups={moves.groups}
        none="Nothing had moved: nothing comes back."
      />
      <h2>What would be nobody’s</h2>
      <p>
        {unowned.total === 0
          ? 'No duty, with the takers chosen here'
          : `${unowned.total} duties from ${endsAt} on`}
        ; without any taker {unownedWithoutTakers.lines.total}.
      </p>
      {blockedBy.length === 0 ? null : (
        <p>
          The end cannot be confirmed before this is settled: {blockedBy.slice(0, 10).join('; ')}
          {blockedBy.length > 10 ? `; and ${blockedBy.length - 10} more` : ''}.
        </p>
      )}
      <h2>Score and risks</h2>
      <Outlooks outlook={outlook} />
      <Risks risks={risks} outlook={outlook} />
    </section>
  );
}
