/** When work may be done and when not: the calendar, the windows and freezes behind it, and what plans are made by. */
import { useReply } from '@demarc/platform/console';
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import type { FreezeList, ShownFreeze, ShownWindow, WindowList } from '../api.ts';
import { CalendarView } from './calendar.tsx';
import { FreezeDetails, FreezeForm } from './freeze-form.tsx';
import { SettingsForm } from './settings-form.tsx';
import { whenText } from './window-draft.ts';
import { WindowForm } from './window-form.tsx';
import { instantIn, minutesText, scopeText, spanIn, windowsSummary } from './words.ts';
import { ZoneChoice, zoneOf } from './zone-choice.tsx';

export function WindowsPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Button, Failure, Loading, PageHeader } = tools.parts;
  const { search, setSearch } = tools;
  const windows = useReply<WindowList>(tools, 'patching/windows');
  const freezes = useReply<FreezeList>(tools, 'patching/freezes');
  const [version, setVersion] = useState(0);
  const timeZone = zoneOf(tools);
  const open = search['open'];
  const close = (): void => setSearch({ open: undefined });
  const done = async (): Promise<void> => {
    await Promise.all([windows.reload(), freezes.reload()]);
    setVersion((before) => before + 1);
    close();
  };
  const kept = windows.found?.windows.find(({ id }) => id === open);
  const freeze = freezes.found?.freezes.find(({ id }) => id === open);
  const zones = (windows.found?.windows ?? []).flatMap(({ recurrence }) =>
    recurrence === null ? [] : [recurrence.timeZone],
  );
  const failure = windows.failure ?? freezes.failure;
  return (
    <>
      <PageHeader
        title="Maintenance windows"
        summary={windows.found === undefined ? 'Looking…' : windowsSummary(windows.found.windows, timeZone)}
        actions={
          <>
            <ZoneChoice tools={tools} zones={zones} />
            <Button kind="main" onClick={() => setSearch({ open: 'new-window' })}>
              Add a window
            </Button>
            <Button onClick={() => setSearch({ open: 'new-freeze' })}>Add a freeze</Button>
            <Button onClick={() => setSearch({ open: 'settings' })}>Settings</Button>
          </>
        }
      />
      {failure === undefined ? null : <Failure error={failure} />}
      <CalendarView key={version} tools={tools} timeZone={timeZone} />
      {windows.found === undefined ? (
        failure === undefined ? (
          <Loading />
        ) : null
      ) : (
        <Windows tools={tools} windows={windows.found.windows} timeZone={timeZone} />
      )}
      {freezes.found === undefined ? null : (
        <Freezes tools={tools} freezes={freezes.found.freezes} timeZone={timeZone} />
      )}
      {open === 'new-window' ? (
        <WindowForm tools={tools} timeZone={timeZone} onClose={close} onDone={done} />
      ) : null}
      {kept === undefined ? null : (
        <WindowForm
          key={kept.id}
          tools={tools}
          timeZone={timeZone}
          kept={kept}
          onClose={close}
          onDone={done}
        />
      )}
      {open === 'new-freeze' ? (
        <FreezeForm tools={tools} timeZone={timeZone} onClose={close} onDone={done} />
      ) : null}
      {freeze === undefined ? null : (
        <FreezeDetails tools={tools} timeZone={timeZone} freeze={freeze} onClose={close} onDone={done} />
      )}
      {open === 'settings' ? <SettingsForm tools={tools} onClose={close} /> : null}
    </>
  );
}

interface ListProps {
  readonly tools: ConsoleTools;
  readonly timeZone: string;
}

function Windows({ tools, timeZone, windows }: ListProps & { readonly windows: readonly ShownWindow[] }) {
  const { DataTable, Empty } = tools.parts;
  return (
    <section className="d-section d-short" aria-label="Windows">
      <h2>Windows</h2>
      <DataTable<ShownWindow>
        label="Maintenance windows"
        rows={windows}
        rowKey={({ id }) => id}
        selectedKey={tools.search['open']}
        onOpen={({ id }) => tools.setSearch({ open: id })}
        empty={
          <Empty title="No window is set">
            A plan puts work only where a window is: add one, once or recurring.
          </Empty>
        }
        columns={[
          {
            key: 'name',
            title: 'Window',
            width: 'minmax(9rem, 1fr)',
            render: ({ name, removed }) => (
              <>
                {name} {removed === null ? null : <span className="d-tag">removed</span>}
              </>
            ),
          },
          {
            key: 'when',
            title: 'When',
            width: 'minmax(16rem, 1.8fr)',
            render: (window) => whenText(window, timeZone),
          },
          {
            key: 'minutes',
            title: 'Takes',
            width: '6rem',
            render: ({ minutes }) => minutesText(minutes),
          },
          {
            key: 'next',
            title: 'Next',
            width: 'minmax(15rem, 1.4fr)',
            render: ({ next }) =>
              next.length === 0 ? (
                <span className="d-quiet">none</span>
              ) : (
                next
                  .slice(0, 2)
                  .map((at) => instantIn(at, timeZone))
                  .join('; ')
              ),
          },
          {
            key: 'for',
            title: 'Machines',
            width: 'minmax(9rem, 1fr)',
            render: (window) => `${scopeText(window)} (${window.machineCount})`,
          },
          {
            key: 'reboots',
            title: 'May reboot',
            width: '7rem',
            render: ({ rebootBudget }) => (rebootBudget === null ? 'any number' : String(rebootBudget)),
          },
        ]}
      />
    </section>
  );
}

function Freezes({ tools, timeZone, freezes }: ListProps & { readonly freezes: readonly ShownFreeze[] }) {
  const { DataTable, Empty } = tools.parts;
  return (
    <section className="d-section d-short" aria-label="Freezes">
      <h2>Freezes</h2>
      <DataTable<ShownFreeze>
        label="Freezes"
        rows={freezes}
        rowKey={({ id }) => id}
        selectedKey={tools.search['open']}
        onOpen={({ id }) => tools.setSearch({ open: id })}
        empty={
          <Empty title="No freeze is set">
            In a freeze nothing is planned, as at the end of a year: add one with its reason.
          </Empty>
        }
        columns={[
          {
            key: 'when',
            title: 'When',
            width: 'minmax(17rem, 1.2fr)',
            render: ({ from, to }) => spanIn(from, to, timeZone),
          },
          {
            key: 'reason',
            title: 'Reason',
            width: 'minmax(12rem, 2fr)',
            render: ({ reason, removed }) => (
              <>
                {reason} {removed === null ? null : <span className="d-tag">removed</span>}
              </>
            ),
          },
          {
            key: 'except',
            title: 'Immediate work',
            width: '10rem',
            render: ({ exceptImmediate }) => (exceptImmediate ? 'is done all the same' : 'waits too'),
          },
          { key: 'by', title: 'Set by', width: '10rem', render: ({ setBy }) => setBy },
        ]}
      />
    </section>
  );
}
