/** One claim: what it says, what was said to it, and what whoever looks may say. */
import type { Claim, SAYINGS } from '@demarc/platform/contract/assurance/responsibility';
import { Button, Group, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../app/api.ts';
import { Done } from '../app/schemas.ts';
import { PartyMark } from '../parts/marks.tsx';
import { Details, Facts, Failure, Instant } from '../parts/parts.tsx';
import { partyWord } from '../parts/party.ts';
import { useTenantId } from './queries.ts';

type Saying = (typeof SAYINGS)[number];

const BUTTONS: Readonly<Record<Saying, string>> = {
  accept: 'Accept',
  decline: 'Decline',
  dispute: 'Dispute',
  withdraw: 'Withdraw the dispute',
  end: 'End the claim',
};
/** What each of them does, before it is done. */
const DOES: Readonly<Record<Saying, string>> = {
  accept: 'has the duties from now on',
  decline: 'does not take the duties',
  dispute: 'disputes it: the duties count as disputed until that is settled',
  withdraw: 'lets the claim stand as it stood before',
  end: 'ends it now: the duties go where they would be without it',
};

const STATES: Readonly<Record<Claim['state'], readonly [word: string, colour: string]>> = {
  proposed: ['Waits', 'var(--d-stale)'],
  accepted: ['Accepted', 'var(--d-holds)'],
  declined: ['Declined', 'var(--d-unknown)'],
  disputed: ['Disputed', 'var(--d-nobody)'],
  ended: ['Ended', 'var(--d-unknown)'],
};

export function selectorWord(selector: string): string {
  if (selector === '*') return 'every control';
  return selector.startsWith('area:') ? `all of ${selector.slice(5)}` : selector;
}

export function ClaimState({ state }: { readonly state: Claim['state'] }) {
  const [word, colour] = STATES[state];
  return (
    <span className="d-mark" style={{ color: colour }}>
      {word}
    </span>
  );
}

export function ClaimDetails({
  claim,
  may,
  names,
  onClose,
}: {
  readonly claim: Claim;
  readonly may: boolean;
  readonly names: ReadonlyMap<string, string>;
  readonly onClose: () => void;
}) {
  const tenantId = useTenantId();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const say = useMutation({
    mutationFn: ({ saying, party }: Claim['says'][number]) =>
      post(`/v1/tenants/${tenantId}/claims/${encodeURIComponent(claim.claimId)}/${saying}`, Done, {
        party,
        reason,
      }),
    onSuccess: () => {
      setReason('');
      return queries.invalidateQueries({ queryKey: ['matrix', tenantId] });
    },
  });
  const word = (party: string): string => partyWord(party, 'owned', names);
  return (
    <Details title={`Claim: ${claim.duties.join(', ')} for ${word(claim.party)}`} onClose={onClose}>
      <Facts
        facts={[
          ['State', <ClaimState key="state" state={claim.state} />],
          ['Names', <PartyMark key="party" party={claim.party} state="owned" />],
          ['Duties', claim.duties.join(', ')],
          ['Controls', claim.controls.map(selectorWord).join(', ')],
          ['About', claim.about],
          ['Kind', claim.kind === 'carve-out' ? 'keeps them from a service' : 'has them'],
          ['Source', claim.source],
          ['Reason', claim.reason || 'none given'],
          ['Proposed for', claim.proposer === null ? 'not said' : word(claim.proposer)],
          ['From', <Instant key="from" at={claim.from} />],
          ['Until', claim.to === null ? 'somebody ends it' : <Instant key="to" at={claim.to} />],
        ]}
      />
      <section>
        <h2>What was said</h2>
        <ol style={{ margin: 0, paddingLeft: '1.1rem' }}>
          {claim.history.map(({ standing, at, by, party, reason: said, recordId }) => (
            <li key={recordId}>
              {standing} by {by}
              {party === null ? '' : ` for ${word(party)}`}, <Instant at={at} />
              {said === '' ? '' : `: ${said}`} <span className="d-quiet">({recordId})</span>
            </li>
          ))}
        </ol>
      </section>
      {may && claim.says.length > 0 ? (
        <section>
          <h2>Your word</h2>
          <Textarea
            label="Reason"
            description="Both parties see it; it is kept in the ledger."
            value={reason}
            maxLength={4_000}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {claim.says.map((each) => (
            <Group key={`${each.saying} ${each.party}`} mt="xs" gap="sm" wrap="nowrap">
              <Button
                size="xs"
                variant={each.saying === 'accept' ? 'filled' : 'default'}
                // What is against somebody says why.
                disabled={['decline', 'dispute'].includes(each.saying) && reason.trim() === ''}
                loading={say.isPending && say.variables === each}
                onClick={() => say.mutate(each)}
              >
                {BUTTONS[each.saying]}
                <span className="d-visually-hidden"> for {word(each.party)}</span>
              </Button>
              <span className="d-quiet">
                {word(each.party)} {DOES[each.saying]}.
              </span>
            </Group>
          ))}
          {say.isError ? <Failure error={say.error} /> : null}
        </section>
      ) : null}
    </Details>
  );
}
