/** Shields until patched: what stands before which weakness of which machine, since when, and what was done to it. */
import { useMachineNames, useReply } from '@demarc/platform/console';
import type { Act, ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import { OpenShield } from './open-shield.tsx';
import { REFRESH_MS } from './refresh.ts';
import { againstText, draftFor, isShieldInForce, type Shield, shieldStateText } from './shield-view.ts';

interface Listed {
  readonly shields: readonly Shield[];
  /** Older ones are left out. */
  readonly more: boolean;
}

export function ShieldsPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Button, Empty, Instant, ListPage } = tools.parts;
  const nameOf = useMachineNames(tools);
  const { found, failure, reload } = useReply<Listed>(tools, 'shields', REFRESH_MS);
  const asked = draftFor(tools.search);
  const [isOpening, setOpening] = useState(false);
  const close = (): void => {
    setOpening(false);
    if (asked !== undefined) tools.setSearch({ for: undefined, asset: undefined, finding: undefined });
  };
  return (
    <>
      <ListPage<Shield>
        title="Shields"
        summary={found === undefined ? 'Looking…' : summaryOf(found)}
        actions={
          <Button kind="main" onClick={() => setOpening(true)}>
            Open a shield
          </Button>
        }
        failure={failure}
        rows={found?.shields}
        label="Shields"
        rowKey={({ id }) => id}
        empty={
          <Empty title="No shield was opened yet">
            A shield stands before a weakness that is not patched yet: it watches for its exploit, prevents it
            after a while in which it was never wrong, and is withdrawn when the patch is proved.
          </Empty>
        }
        columns={[
          { key: 'vulnerability', title: 'Against', width: '10rem', render: (one) => one.vulnerability },
          { key: 'what', title: 'What it looks at', width: 'minmax(14rem, 2fr)', render: againstText },
          { key: 'asset', title: 'On', width: '9rem', render: ({ assetId }) => nameOf(assetId) },
          { key: 'state', title: 'State', width: '10rem', render: shieldStateText },
          {
            key: 'prevents',
            title: 'Prevents',
            width: '8rem',
            render: ({ preventsAt }) => (preventsAt === null ? '' : <Instant at={preventsAt} />),
          },
          {
            key: 'ends',
            title: 'Ends',
            width: '8rem',
            render: ({ expiresAt }) => <Instant at={expiresAt} />,
          },
        ]}
        renderDetails={(shield) => ({
          title: `Shield against ${shield.vulnerability}`,
          facts: [
            ['On', nameOf(shield.assetId)],
            ['What it looks at', againstText(shield)],
            ['State', shieldStateText(shield)],
            [
              'Prevents',
              shield.preventsAt === null ? (
                'no change is to come'
              ) : (
                <Instant key="p" at={shield.preventsAt} />
              ),
            ],
            ['Ends', <Instant key="e" at={shield.expiresAt} />],
            ['Finding', shield.findingUid ?? 'opened by hand'],
          ],
          more: <History tools={tools} shield={shield} onDone={reload} />,
        })}
      />
      {isOpening || asked !== undefined ? (
        <OpenShield tools={tools} first={asked} onClose={close} onOpened={reload} />
      ) : null}
    </>
  );
}

function History({
  tools,
  shield,
  onDone,
}: {
  readonly tools: ConsoleTools;
  readonly shield: Shield;
  readonly onDone: () => Promise<void>;
}) {
  const { ActWithReason, Facts, Instant } = tools.parts;
  return (
    <>
      <section>
        <h2>History</h2>
        <Facts
          facts={shield.history.map(({ at, action, by, because }) => [
            action.replace('-', ' '),
            <span key={`${at} ${action}`}>
              {because} ({by}, <Instant at={at} />)
            </span>,
          ])}
        />
      </section>
      {isShieldInForce(shield) ? (
        <ActWithReason key={shield.id} label="Reason" acts={actsOf(shield)} onDone={onDone} />
      ) : null}
    </>
  );
}

function actsOf({ id, state, against }: Shield): readonly Act[] {
  const path = (act: string): string => `shields/${id}/${act}`;
  const kept = against.what === 'port' ? 'whoever asks for the port is turned away' : 'attackers are blocked';
  return [
    ...(state === 'detect'
      ? [
          {
            title: 'Prevent now',
            says: `from now on ${kept}.`,
            kind: 'danger' as const,
            path: path('prevent'),
          },
        ]
      : []),
    {
      title: 'It was wrong',
      says: 'it stood in an honest user’s way; it only watches, for as long again.',
      path: path('was-wrong'),
    },
    {
      title: 'Withdraw',
      says: 'nothing stands before the weakness any more, as when the patch is proved; nothing brings it back.',
      kind: 'main',
      path: path('withdraw'),
    },
  ];
}

function summaryOf({ shields, more }: Listed): string {
  const inForce = shields.filter(isShieldInForce);
  const preventing = inForce.filter(({ state }) => state === 'prevent').length;
  const newest = more ? ` The newest ${shields.length} are shown.` : '';
  return `${inForce.length} ${inForce.length === 1 ? 'shield stands' : 'shields stand'} before a weakness that is not patched; ${preventing} of them ${preventing === 1 ? 'prevents' : 'prevent'}, the others watch.${newest}`;
}
