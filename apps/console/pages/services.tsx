/** What can be bought, what is, and what buying or cancelling moves. */
import type { Entitlement, ServiceOffer } from '@demarc/platform/contract/api';
import { Badge, Button, Checkbox, Group, Modal, Radio, Stack, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../app/api.ts';
import { Done } from '../app/schemas.ts';
import { Failure, Instant, Loading, PageHeader } from '../parts/parts.tsx';
import { useAssets, useServices, useTenantId } from './queries.ts';

function useAct(path: string, onDone: () => void) {
  const tenantId = useTenantId();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: unknown) => post(`/v1/tenants/${tenantId}/${path}`, Done, body),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['matrix', tenantId] });
      onDone();
    },
  });
}

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
          <Button onClick={() => setBuying(true)}>Buy</Button>
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

/** An end that is still to come is not an end. */
function isRunning({ validTo }: Entitlement): boolean {
  return validTo === null || Date.parse(validTo) > Date.now();
}

function Bought({
  entitlement,
  onCancel,
}: {
  readonly entitlement: Entitlement;
  readonly onCancel: () => void;
}) {
  const handback = useAct(`entitlements/${entitlement.entitlementId}/assets`, () => undefined);
  const tenantId = useTenantId();
  const queries = useQueryClient();
  const take = useMutation({
    mutationFn: (assetId: string) =>
      post(
        `/v1/tenants/${tenantId}/entitlements/${entitlement.entitlementId}/assets/${assetId}/handback`,
        Done,
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['matrix', tenantId] }),
  });
  return (
    <div style={{ borderTop: '1px solid var(--d-line)', marginTop: '0.75rem', paddingTop: '0.75rem' }}>
      {handback.isError || take.isError ? <Failure error={handback.error ?? take.error} /> : null}
      {entitlement.assets.map((asset) => (
        <Group key={asset.assetId} justify="space-between">
          <span>
            <strong>{asset.assetName}</strong> · {entitlement.tier} · {asset.state}
            {asset.pending.length === 0 ? '' : `, waiting for ${asset.pending.join(', ')}`}
            {asset.operationalAt === null ? null : (
              <span className="d-quiet">
                {' '}
                · operational since <Instant at={asset.operationalAt} />
              </span>
            )}
          </span>
          <Group gap="xs">
            {asset.state === 'ended' && asset.pending.length > 0 ? (
              <Button
                size="xs"
                variant="light"
                loading={take.isPending}
                onClick={() => take.mutate(asset.assetId)}
              >
                Take the duties back
              </Button>
            ) : null}
            {isRunning(entitlement) ? (
              <Button size="xs" variant="default" onClick={onCancel}>
                Cancel
              </Button>
            ) : null}
          </Group>
        </Group>
      ))}
    </div>
  );
}

function Buy({ offer, onClose }: { readonly offer: ServiceOffer; readonly onClose: () => void }) {
  const assets = useAssets();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [accepted, setAccepted] = useState(false);
  const buy = useAct('entitlements', onClose);
  const bought = new Set(
    offer.entitlements
      .filter(isRunning)
      .flatMap((entitlement) => entitlement.assets.map(({ assetId }) => assetId)),
  );
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Buy ${offer.title}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
      transitionProps={{ duration: 0 }}
    >
      <div className="d-stack">
        <strong>For which machines</strong>
        {(assets.data ?? []).map((asset) => (
          <Checkbox
            key={asset.assetId}
            label={bought.has(asset.assetId) ? `${asset.name} (has it)` : asset.name}
            disabled={bought.has(asset.assetId) || asset.state === 'revoked'}
            checked={chosen.includes(asset.assetId)}
            onChange={(event) =>
              setChosen(
                event.currentTarget.checked
                  ? [...chosen, asset.assetId]
                  : chosen.filter((id) => id !== asset.assetId),
              )
            }
          />
        ))}
        <strong>What moves</strong>
        <span>
          With the first passing evidence on each machine, the duties this service takes move to the provider,
          for {offer.controls.join(', ')}. Until then they stay where they are.
        </span>
        <strong>What you keep</strong>
        <Checkbox
          label={`We see to: ${offer.prerequisites.join('; ')}`}
          checked={accepted}
          onChange={(event) => setAccepted(event.currentTarget.checked)}
        />
        {buy.isError ? <Failure error={buy.error} /> : null}
        <Button
          disabled={chosen.length === 0 || !accepted}
          loading={buy.isPending}
          onClick={() =>
            buy.mutate({
              serviceId: offer.serviceId,
              tier: 'managed',
              assetIds: chosen,
              prerequisitesAccepted: accepted,
            })
          }
        >
          Buy for {chosen.length} machine{chosen.length === 1 ? '' : 's'}
        </Button>
      </div>
    </Modal>
  );
}

/** For how long a duty may be nobody’s before it must be decided again. */
const ACCEPTED_MS = 30 * 86_400_000;

function Cancel({
  offer,
  entitlement,
  onClose,
}: {
  readonly offer: ServiceOffer;
  readonly entitlement: Entitlement;
  readonly onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  const [takes, setTakes] = useState<'us' | 'nobody'>('us');
  const cancel = useAct(`entitlements/${entitlement.entitlementId}/cancel`, onClose);
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Cancel ${offer.title}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
      transitionProps={{ duration: 0 }}
    >
      <div className="d-stack">
        <span>
          Protection of {entitlement.assets.map(({ assetName }) => assetName).join(', ')} ends now. The duties
          that the provider has for {offer.controls.join(', ')} come back: each needs somebody who takes it,
          or your acceptance, until a date, that nobody does.
        </span>
        <Radio.Group
          label="The returned duties"
          value={takes}
          onChange={(value) => setTakes(value === 'nobody' ? 'nobody' : 'us')}
        >
          <Stack gap="xs" mt="xs">
            <Radio value="us" label="We take them back now" />
            <Radio value="nobody" label="Nobody takes them for 30 days; we accept that risk" />
          </Stack>
        </Radio.Group>
        <Textarea
          label="Reason (kept in the ledger)"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          required
        />
        {cancel.isError ? <Failure error={cancel.error} /> : null}
        <Button
          color="red"
          disabled={reason.trim() === ''}
          loading={cancel.isPending}
          onClick={() =>
            cancel.mutate(
              takes === 'us'
                ? { reason, acceptHandback: true }
                : { reason, riskAcceptedUntil: new Date(Date.now() + ACCEPTED_MS).toISOString() },
            )
          }
        >
          Cancel the service
        </Button>
      </div>
    </Modal>
  );
}
