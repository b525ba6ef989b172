/** One hand-over: its duties and who takes them, the checklist, both signatures, the certificate. */
import type { Handover } from '@demarc/platform/contract/assurance/handover';
import { Anchor, Button, Checkbox, Group, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Details, Facts, Failure, Instant } from '../parts/parts.tsx';
import { Holder, Lines } from '../parts/simulation.tsx';
import { useAct, useMay } from './acts.ts';
import { instantOfDay, itemWord, stateWord, whyOf } from './handover-view.ts';
import { useTenantId } from './queries.ts';

const COLOURS: Readonly<Record<Handover['state'], string>> = {
  open: 'var(--d-partly)',
  'ready-to-sign': 'var(--d-provider)',
  complete: 'var(--d-holds)',
  withdrawn: 'var(--d-unknown)',
};
const SIGNS: Readonly<Record<Handover['state'], string>> = {
  open: '◐',
  'ready-to-sign': '✎',
  complete: '●',
  withdrawn: '–',
};

export function HandoverMark({ state }: { readonly state: Handover['state'] }) {
  return (
    <span className="d-mark" style={{ color: COLOURS[state] }}>
      <span aria-hidden="true">{SIGNS[state]}</span>
      {stateWord(state)}
    </span>
  );
}

export function HandoverDetails({
  handover,
  onClose,
}: {
  readonly handover: Handover;
  readonly onClose: () => void;
}) {
  const tenantId = useTenantId();
  const mayPrint = useMay('export:read');
  const mayWrite = useMay('handover:write');
  const closed = handover.state === 'withdrawn' || handover.signatures.length === 2;
  const base = `handovers/${handover.handoverId}`;
  return (
    <Details
      title={`${handover.title} ${handover.direction === 'onboarding' ? 'begins' : 'ends'}`}
      onClose={onClose}
    >
      <Facts
        facts={[
          ['State', <HandoverMark key="state" state={handover.state} />],
          ['Because', whyOf(handover)],
          ['Opened', <Instant key="opened" at={handover.openedAt} />],
          [
            handover.direction === 'onboarding' ? 'Contracted' : 'Effective',
            `${handover.effectiveAt}${handover.endConfirmed ? ', confirmed' : ''}`,
          ],
          ['Operational on', `${handover.operationalCount} of ${handover.assets.total} assets`],
          ['Entitlement', handover.entitlementId],
          [
            'Digest',
            <span key="digest" className="d-mono">
              {handover.digest}
            </span>,
          ],
        ]}
      />
      <Duties handover={handover} base={base} mayWrite={mayWrite && !closed} />
      <Checklist handover={handover} base={base} mayWrite={mayWrite && !closed} />
      <Signatures handover={handover} base={base} mayWrite={mayWrite && !closed} />
      {mayPrint ? (
        <Anchor href={`/v1/tenants/${tenantId}/${base}/certificate`} download>
          {handover.signatures.length === 2 ? 'Certificate (PDF)' : 'The record so far (PDF)'}
        </Anchor>
      ) : null}
    </Details>
  );
}

interface Part {
  readonly handover: Handover;
  readonly base: string;
  readonly mayWrite: boolean;
}

function Duties({ handover, base, mayWrite }: Part) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [taker, setTaker] = useState('customer');
  const [day, setDay] = useState('');
  const settle = useAct(`${base}/settle`, () => setChosen([]));
  const accept = useAct(`${base}/accept`);
  const settles = mayWrite && handover.direction === 'offboarding';
  const proposed = handover.items.some(({ state }) => state === 'proposed');
  const until = instantOfDay(day, Date.parse(handover.effectiveAt));
  const items = chosen.length === 0 ? {} : { items: chosen };
  return (
    <section className="d-part" aria-label="Duties">
      <h2>Duties</h2>
      {handover.items.length === 0 ? <p className="d-quiet">This tier moves no duty.</p> : null}
      <Lines
        label="Duties and their takers"
        headings={[...(settles ? ['Choose'] : []), 'Control', 'Duty', 'From', 'To', 'State']}
      >
        {handover.items.map((item) => (
          <tr key={item.itemId}>
            {settles ? (
              <td>
                <Checkbox
                  aria-label={`Choose ${item.itemId}`}
                  checked={chosen.includes(item.itemId)}
                  onChange={(event) =>
                    setChosen(
                      event.currentTarget.checked
                        ? [...chosen, item.itemId]
                        : chosen.filter((id) => id !== item.itemId),
                    )
                  }
                />
              </td>
            ) : null}
            <td>
              <strong>{item.controlId}</strong> {item.title}
            </td>
            <td>{item.duty}</td>
            <td>
              {item.from.split(', ').map((party) => (
                <Holder key={party} party={party} />
              ))}
            </td>
            <td>
              <Holder party={item.taker ?? 'nobody'} />
            </td>
            <td>
              {itemWord(item)}
              <span className="d-quiet">
                {item.acceptedBy === null ? '' : ` by ${item.acceptedBy}`}
                {item.riskAcceptedUntil === null
                  ? ''
                  : ` until ${item.riskAcceptedUntil.slice(0, 10)} by ${item.settledBy ?? ''}`}
              </span>
            </td>
          </tr>
        ))}
      </Lines>
      {settle.isError || accept.isError ? <Failure error={settle.error ?? accept.error} /> : null}
      {settles ? (
        <Group align="flex-end" gap="xs">
          <NativeSelect
            label={
              chosen.length === 0 ? 'All that are open are taken by' : `${chosen.length} chosen are taken by`
            }
            value={taker}
            onChange={(event) => setTaker(event.currentTarget.value)}
            data={[
              { value: 'customer', label: 'the customer' },
              { value: 'ams', label: 'AMS' },
              { value: 'provider', label: 'the provider' },
              { value: '', label: 'nobody, until a date' },
            ]}
          />
          {taker === '' ? (
            <TextInput
              type="date"
              label="Until (00:00 UTC)"
              value={day}
              onChange={(event) => setDay(event.currentTarget.value)}
            />
          ) : null}
          <Button
            variant="default"
            loading={settle.isPending}
            disabled={taker === '' && until === undefined}
            onClick={() =>
              settle.mutate({ ...items, ...(taker === '' ? { riskAcceptedUntil: until } : { taker }) })
            }
          >
            Settle
          </Button>
          {proposed ? (
            <Button variant="default" loading={accept.isPending} onClick={() => accept.mutate({})}>
              Accept what is proposed to us
            </Button>
          ) : null}
        </Group>
      ) : null}
    </section>
  );
}

function Checklist({ handover, base, mayWrite }: Part) {
  const check = useAct(`${base}/check`);
  return (
    <section className="d-part" aria-label="Checklist">
      <h2>Checklist</h2>
      {handover.checklist.map(({ itemId, text, checkedBy, checkedAt }) => (
        <Checkbox
          key={itemId}
          label={text}
          description={checkedBy === null ? undefined : `${checkedBy}, ${checkedAt ?? ''}`}
          checked={checkedBy !== null}
          readOnly={checkedBy !== null || !mayWrite}
          disabled={!mayWrite && checkedBy === null}
          onChange={() => {
            if (checkedBy === null && mayWrite) check.mutate({ items: [itemId] });
          }}
        />
      ))}
      {check.isError ? <Failure error={check.error} /> : null}
    </section>
  );
}

function Signatures({ handover, base, mayWrite }: Part) {
  const sign = useAct(`${base}/sign`);
  return (
    <section className="d-part" aria-label="Signatures">
      <h2>Signatures</h2>
      {(['releasing', 'receiving'] as const).map((side) => {
        const signed = handover.signatures.find((each) => each.side === side);
        return (
          <Group key={side} justify="space-between">
            <span>
              <strong>{side}</strong> ({handover.sides[side].join(' or ')}):{' '}
              {signed === undefined ? (
                'not signed'
              ) : (
                <>
                  {signed.person} for {signed.party}, <Instant at={signed.at} />{' '}
                  <span className="d-quiet">{signed.recordId}</span>
                </>
              )}
            </span>
            {signed === undefined && mayWrite ? (
              <Button
                size="xs"
                variant="default"
                disabled={handover.open.length > 0}
                loading={sign.isPending}
                onClick={() => sign.mutate({ side })}
              >
                Sign for the {side} side
              </Button>
            ) : null}
          </Group>
        );
      })}
      {handover.open.length > 0 ? (
        <p className="d-quiet">It can be signed once nothing in it is open.</p>
      ) : null}
      {sign.isError ? <Failure error={sign.error} /> : null}
    </section>
  );
}
