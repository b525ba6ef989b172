/** Buying, with what it would do before it is done. */
import type { ServiceOffer } from '@demarc/platform/contract/api';
import { PurchaseSimulation } from '@demarc/platform/contract/assurance/handover';
import { Button, Checkbox, Modal, Radio, SegmentedControl, Stack } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../app/api.ts';
import { Failure, Loading } from '../parts/parts.tsx';
import { Groups, Outlooks, Risks } from '../parts/simulation.tsx';
import { isRunning, useAct } from './acts.ts';
import { useAssets, useTenantId } from './queries.ts';

export function Buy({ offer, onClose }: { readonly offer: ServiceOffer; readonly onClose: () => void }) {
  const assets = useAssets();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [everything, setEverything] = useState(false);
  const [tier, setTier] = useState(offer.tiers.find((each) => each === 'managed') ?? offer.tiers[0] ?? '');
  const [met, setMet] = useState<readonly string[]>([]);
  const buy = useAct('entitlements', onClose);
  const bought = new Set(
    offer.entitlements
      .filter(isRunning)
      .flatMap((entitlement) => entitlement.assets.map(({ assetId }) => assetId)),
  );
  const purchase = {
    serviceId: offer.serviceId,
    tier,
    assetIds: everything ? [] : chosen,
    ...(everything ? { scope: { kind: 'tenant' } } : {}),
  };
  const nothing = !everything && chosen.length === 0;
  const allMet = offer.prerequisites.every((each) => met.includes(each));
  return (
    <Modal
      opened
      onClose={onClose}
      size="64rem"
      title={`Buy ${offer.title}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
      transitionProps={{ duration: 0 }}
    >
      <div className="d-part">
        {offer.tiers.length > 1 ? (
          <SegmentedControl aria-label="Tier" value={tier} onChange={setTier} data={[...offer.tiers]} />
        ) : null}
        <Radio.Group
          label="For what"
          value={everything ? 'everything' : 'named'}
          onChange={(value) => setEverything(value === 'everything')}
        >
          <Stack gap="xs" mt="xs">
            <Radio
              value="everything"
              label={`Everything of its type (${offer.unit}) that there is or will be`}
            />
            <Radio value="named" label="Those that I name" />
          </Stack>
        </Radio.Group>
        {everything
          ? null
          : (assets.data ?? [])
              .filter(({ type }) => type === offer.unit)
              .map((asset) => (
                <Checkbox
                  key={asset.assetId}
                  ml="lg"
                  label={bought.has(asset.assetId) ? `${asset.name} (has it)` : asset.name}
                  disabled={bought.has(asset.assetId) || asset.state === 'revoked'}
                  checked={chosen.includes(asset.assetId)}
                  onChange={(event) => setChosen(toggled(chosen, asset.assetId, event.currentTarget.checked))}
                />
              ))}
        {nothing ? (
          <p className="d-quiet">Choose what it is for, to see what would move.</p>
        ) : (
          <Simulated purchase={purchase} />
        )}
        <h2>What you see to first</h2>
        {offer.prerequisites.map((text) => (
          <Checkbox
            key={text}
            label={text}
            checked={met.includes(text)}
            onChange={(event) => setMet(toggled(met, text, event.currentTarget.checked))}
          />
        ))}
        {buy.isError ? <Failure error={buy.error} /> : null}
        <Button
          mt="sm"
          disabled={nothing || !allMet}
          loading={buy.isPending}
          onClick={() => buy.mutate({ ...purchase, prerequisitesAccepted: true })}
        >
          {everything
            ? 'Buy for everything'
            : `Buy for ${chosen.length} machine${chosen.length === 1 ? '' : 's'}`}
        </Button>
      </div>
    </Modal>
  );
}

const toggled = (list: readonly string[], item: string, on: boolean): readonly string[] =>
  on ? [...list, item] : list.filter((each) => each !== item);

function Simulated({ purchase }: { readonly purchase: object }) {
  const tenantId = useTenantId();
  const simulation = useQuery({
    queryKey: ['matrix', tenantId, 'simulate-buy', purchase],
    queryFn: () => post(`/v1/tenants/${tenantId}/simulations/purchase`, PurchaseSimulation, purchase),
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (simulation.isError) return <Failure error={simulation.error} />;
  if (simulation.data === undefined) return <Loading />;
  const { moves, stays, keeps, unowned, contested, outlook, risks, promised } = simulation.data;
  const first = promised.filter(({ required }) => required).map(({ rule }) => rule);
  return (
    <section className="d-part" aria-label="What it would do" data-testid="simulation">
      <h2>What moves</h2>
      <p>
        {moves.lines.total} duties, each on its machine with the first passing evidence from there (
        {first.join(' or ')}). Until then they stay where they are.
      </p>
      <Groups label="Duties that move" groups={moves.groups} none="This tier moves no duty: it reports." />
      {stays.total === 0 ? null : (
        <>
          <h2>What stays although the tier would take it</h2>
          <Groups label="Duties that stay" groups={stays} none="" />
        </>
      )}
      <h2>What you keep</h2>
      <ul style={{ margin: 0 }}>
        {keeps.map((kept) => (
          <li key={kept.controlId}>
            <strong>{kept.controlId}</strong> {kept.title}:{' '}
            {kept.duties.length === 0 ? 'no duty' : kept.duties.join(', ')}
            {kept.keeps === null ? '' : `; ${kept.keeps}`}
          </li>
        ))}
      </ul>
      {unowned.total + contested.total === 0 ? null : (
        <p>
          Afterwards {unowned.total} duties of these controls would be nobody’s and {contested.total}{' '}
          disputed.
        </p>
      )}
      <h2>Score and risks</h2>
      <Outlooks outlook={outlook} />
      <Risks risks={risks} outlook={outlook} />
    </section>
  );
}
