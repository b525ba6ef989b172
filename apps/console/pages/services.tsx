/** What can be bought, what is, and what buying or cancelling moves. */
import type { Entitlement, ServiceOffer } from '@demarc/platform/contract/api';
import { Badge, Button, Group } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Failure, Instant, Loading, PageHeader } from '../parts/parts.tsx';
import { isRunning, useAct, useMay } from './acts.ts';
import { countdown } from './handover-view.ts';
import { useServices, useTenantId } from './queries.ts';
import { Buy } from './services-buy.tsx';
import { Cancel } from './services-cancel.tsx';

export function ServicesPage() {
  const services = useServices();
  if (services.isError) return <Failure error={services.error} />;
  if (services.data === undefined) return <Loading />;
  const running = services.data.flatMap(({ entitlements }) => entitlements).filter(isRunning).length;
  return (
    <>
      <PageHeader
        title="Services"
        summary={`${running} running. Duties move to the provider with the first passing evidence, and come back when a service ends.`}
      />
      <div className="d-stack" style={{ gap: '0.75rem' }}>
        {services.data.map((offer) => (
          <Offer key={offer.serviceId} offer={offer} />
        ))}
      </div>
    </>
  );
}

function Offer({ offer }: { readonly offer: ServiceOffer }) {
  const [buying, setBuying] = useState(false);
  const may = useMay('service:buy');
  const [cancelling, setCancelling] = useState<Entitlement>();
  return (
    <section className="d-card d-tile" data-testid={`service-${offer.serviceId}`}>
      <Group justify="space-between" align="flex-start">
        <div style={{ maxWidth: '52rem' }}>
          <h2 style={{ fontSize: '1rem', color: 'var(--d-text)' }}>{offer.title}</h2>
          <div className="d-quiet">{offer.delivers}</div>
          <div className="d-quiet">Controls: {offer.controls.join(', ')}</div>
        </div>
        {offer.available ? (
          may ? (
            <Button onClick={() => setBuying(true)}>Buy</Button>
          ) : null
        ) : (
          <Badge variant="default">Not in this installation yet</Badge>
        )}
      </Group>
      {offer.entitlements.map((entitlement) => (
        <Bought
          key={entitlement.entitlementId}
          entitlement={entitlement}
          onCancel={() => setCancelling(entitlement)}
        />
      ))}
      {buying ? <Buy offer={offer} onClose={() => setBuying(false)} /> : null}
      {cancelling === undefined ? null : (
        <Cancel offer={offer} entitlement={cancelling} onClose={() => setCancelling(undefined)} />
      )}
    </section>
  );
}

function Bought({
  entitlement,
  onCancel,
}: {
  readonly entitlement: Entitlement;
  readonly onCancel: () => void;
}) {
  const tenantId = useTenantId();
  const may = useMay('service:cancel');
  const { entitlementId, noticeEndsAt, endConfirmed, scope, tier, validTo, assets } = entitlement;
  const withdraw = useAct(`entitlements/${entitlementId}/notice/withdraw`);
  const running = isRunning(entitlement);
  return (
    <div style={{ borderTop: '1px solid var(--d-line)', marginTop: '0.75rem', paddingTop: '0.75rem' }}>
      {withdraw.isError ? <Failure error={withdraw.error} /> : null}
      <Group justify="space-between">
        <span>
          {tier}
          {scope === undefined ? '' : `, for ${scope}`}
          {running ? '' : ', ended '}
          {running || validTo === null ? null : <Instant at={validTo} />}
          {running && noticeEndsAt !== null ? (
            <strong>
              {' '}
              · ends {countdown(noticeEndsAt, Date.now())} ({noticeEndsAt.slice(0, 10)}),{' '}
              {endConfirmed === true ? 'confirmed' : 'not confirmed yet'}
            </strong>
          ) : null}{' '}
          ·{' '}
          <Link to="/t/$tenantId/handovers" params={{ tenantId }} search={{ entitlement: entitlementId }}>
            hand-overs
          </Link>
        </span>
        {running && may ? (
          <Group gap="xs">
            {noticeEndsAt === null ? null : (
              <Button
                size="xs"
                variant="default"
                loading={withdraw.isPending}
                onClick={() => withdraw.mutate({ reason: 'withdrawn in the console' })}
              >
                Withdraw the notice
              </Button>
            )}
            {endConfirmed === true ? null : (
              <Button size="xs" variant="default" onClick={onCancel}>
                {noticeEndsAt === null ? 'Cancel' : 'Confirm the end'}
              </Button>
            )}
          </Group>
        ) : null}
      </Group>
      {assets.slice(0, ASSETS_SHOWN).map((asset) => (
        <BoughtAsset key={asset.assetId} entitlementId={entitlementId} asset={asset} />
      ))}
      {assets.length > ASSETS_SHOWN ? (
        <div className="d-quiet">and {assets.length - ASSETS_SHOWN} more machines</div>
      ) : null}
    </div>
  );
}

const ASSETS_SHOWN = 50;

function BoughtAsset({
  entitlementId,
  asset,
}: {
  readonly entitlementId: string;
  readonly asset: Entitlement['assets'][number];
}) {
  const may = useMay('handback:accept');
  const take = useAct(`entitlements/${entitlementId}/assets/${asset.assetId}/handback`);
  return (
    <Group justify="space-between">
      <span>
        <strong>{asset.assetName}</strong> · {asset.state}
        {asset.pending.length === 0 ? '' : `, waiting for ${asset.pending.join(', ')}`}
        {asset.operationalAt === null ? null : (
          <span className="d-quiet">
            {' '}
            · operational since <Instant at={asset.operationalAt} />
          </span>
        )}
      </span>
      {take.isError ? <Failure error={take.error} /> : null}
      {may && asset.state === 'ended' && asset.pending.length > 0 ? (
        <Button size="xs" variant="light" loading={take.isPending} onClick={() => take.mutate({})}>
          Take the duties back
        </Button>
      ) : null}
    </Group>
  );
}
