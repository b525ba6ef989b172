/** The plan of action: findings with an owner and a date, beside the control as it is. */
import type { PoamRow } from '@demarc/platform/contract/assurance/workbook';
import type { Column } from '@demarc/platform/contract/console';
import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { usePageSearch } from '../app/page-search.ts';
import { PartyMark, StatusMark } from '../parts/marks.tsx';
import { Details, Empty, Facts, Failure, Instant, Loading } from '../parts/parts.tsx';
import { useAct, useMay, usePoam, useWorkbook } from './records.ts';
import { Day, Decision, Register, ScopeField } from './records-parts.tsx';
import { dayIn, instantOfDay } from './workbook-view.ts';

export function Plan({ asOf }: { readonly asOf: string | undefined }) {
  const { search, setSearch } = usePageSearch();
  const poam = usePoam(asOf);
  const may = useMay();
  const [opening, setOpening] = useState(false);
  if (poam.isError) return <Failure error={poam.error} />;
  if (poam.data === undefined) return <Loading />;
  const selected = poam.data.items.find(({ poamId }) => poamId === search['open']);
  const decide = asOf === undefined && may('risk:write');
  return (
    <>
      {decide ? (
        <Button mb="sm" className="d-screen" onClick={() => setOpening(true)}>
          Open a plan item
        </Button>
      ) : null}
      <Register
        label="Plan of action"
        rows={poam.data.items}
        rowKey={(item) => item.poamId}
        selectedKey={search['open']}
        onOpen={(item) => setSearch({ open: item.poamId })}
        empty={
          <Empty title="No plan yet">
            A finding that somebody is to close by a date: open one here, or with ./demarc poam open.
          </Empty>
        }
        columns={COLUMNS}
      />
      {selected === undefined ? null : (
        <Item item={selected} decide={decide} onClose={() => setSearch({ open: undefined })} />
      )}
      {opening ? <OpenItem onClose={() => setOpening(false)} /> : null}
    </>
  );
}

const COLUMNS: readonly Column<PoamRow>[] = [
  { key: 'status', title: 'State', width: '7.5rem', render: (item) => item.status },
  {
    key: 'due',
    title: 'Due',
    width: '10.5rem',
    render: (item) => <Day at={item.dueAt} late={item.overdue} />,
  },
  { key: 'control', title: 'Control', width: '5.5rem', render: (item) => item.controlId },
  { key: 'asset', title: 'Asset', width: 'minmax(8rem, 1fr)', render: (item) => item.assetName },
  {
    key: 'now',
    title: 'Control is',
    width: '8rem',
    render: (item) => (item.controlStatus === null ? 'gone' : <StatusMark status={item.controlStatus} />),
  },
  {
    key: 'owner',
    title: 'Sees to it',
    width: '9rem',
    render: (item) => <PartyMark party={item.owner} state="owned" />,
  },
  { key: 'finding', title: 'Finding', width: 'minmax(18rem, 3fr)', render: (item) => item.finding },
];

function Item({
  item,
  decide,
  onClose,
}: {
  readonly item: PoamRow;
  readonly decide: boolean;
  readonly onClose: () => void;
}) {
  const [status, setStatus] = useState<string>(item.status === 'open' ? 'in-progress' : item.status);
  const [note, setNote] = useState('');
  const update = useAct(`poam/${encodeURIComponent(item.poamId)}`, () => setNote(''));
  return (
    <Details title={`${item.controlId} on ${item.assetName}`} onClose={onClose}>
      <p style={{ margin: 0 }}>{item.finding}</p>
      <Facts
        facts={[
          ['State', item.status],
          ['Due', <Day key="d" at={item.dueAt} late={item.overdue} />],
          ['Sees to it', <PartyMark key="p" party={item.owner} state="owned" />],
          [
            'Control is',
            item.controlStatus === null ? 'gone' : <StatusMark key="s" status={item.controlStatus} />,
          ],
          ['Risk', item.riskId ?? 'none named'],
          ['Opened', <Instant key="o" at={item.openedAt} />],
          ...item.milestones.map(
            (milestone) =>
              [
                milestone.title,
                <Day key={milestone.title} at={milestone.dueAt} late={milestone.overdue} />,
              ] as const,
          ),
        ]}
      />
      {item.status === 'done' && item.controlStatus !== null && item.controlStatus !== 'satisfied' ? (
        <p className="d-late" style={{ margin: 0 }}>
          It is said to be done; the control does not hold.
        </p>
      ) : null}
      <section>
        <h2>Log</h2>
        {item.log.map((each) => (
          <div key={`${each.at} ${each.status}`} className="d-entry">
            {each.status}: {each.note}
            <div className="d-quiet">
              {each.by}, <Instant at={each.at} />
            </div>
          </div>
        ))}
      </section>
      {decide && item.status !== 'done' ? (
        <section className="d-stack">
          <h2>How it stands</h2>
          <NativeSelect
            label="State"
            value={status}
            onChange={(event) => setStatus(event.currentTarget.value)}
            data={['open', 'in-progress', 'done', 'risk-accepted']}
          />
          <Textarea
            label="Note"
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            required={status === 'risk-accepted'}
            autosize
            minRows={1}
          />
          {update.isError ? <Failure error={update.error} /> : null}
          <Button
            style={{ justifySelf: 'start' }}
            loading={update.isPending}
            onClick={() => update.mutate({ status, note })}
          >
            Record
          </Button>
        </section>
      ) : null}
    </Details>
  );
}

function OpenItem({ onClose }: { readonly onClose: () => void }) {
  const book = useWorkbook(undefined, undefined);
  const [controlId, setControlId] = useState('');
  const [assetId, setAssetId] = useState('tenant');
  const [finding, setFinding] = useState('');
  const [due, setDue] = useState(() => dayIn(30, Date.now()));
  const open = useAct('poam', onClose);
  return (
    <Decision title="Open a plan item" onClose={onClose}>
      <span>Whoever has the duty to operate the control on that asset sees to it.</span>
      <NativeSelect
        label="Control"
        value={controlId}
        onChange={(event) => setControlId(event.currentTarget.value)}
        data={[
          { value: '', label: 'choose one' },
          ...(book.data?.rows ?? []).map((row) => ({
            value: row.controlId,
            label: `${row.controlId} ${row.title}`,
          })),
        ]}
      />
      <ScopeField value={assetId} onChange={setAssetId} everything={false} />
      <Textarea
        label="Finding"
        value={finding}
        onChange={(event) => setFinding(event.currentTarget.value)}
        required
        autosize
        minRows={2}
      />
      <TextInput
        type="date"
        label="Due (UTC)"
        value={due}
        onChange={(event) => setDue(event.currentTarget.value)}
        required
      />
      {open.isError ? <Failure error={open.error} /> : null}
      <Button
        disabled={controlId === '' || finding.trim() === '' || due === ''}
        loading={open.isPending}
        onClick={() => open.mutate({ controlId, assetId, finding, dueAt: instantOfDay(due) })}
      >
        Open it
      </Button>
    </Decision>
  );
}
