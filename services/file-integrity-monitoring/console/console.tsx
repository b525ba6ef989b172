/** Door: the page of integrity changes: what, who did it, with which process, and the difference. */
import type { ConsoleRoom, ConsoleTools, EventsPageProps } from '@demarc/platform/contract/console';
import { type Change, changeOf } from './change.ts';

const FILE_SYSTEM_ACTIVITY = 1_001;
const SEARCH: EventsPageProps<Change>['search'] = { classUids: [FILE_SYSTEM_ACTIVITY], limit: 500 };
const rowOf: EventsPageProps<Change>['rowOf'] = (event) =>
  event['class_uid'] === FILE_SYSTEM_ACTIVITY ? changeOf(event) : undefined;

function IntegrityPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Diff, Empty, EventsPage, Instant } = tools.parts;
  return (
    <EventsPage<Change>
      title="Integrity changes"
      search={SEARCH}
      rowOf={rowOf}
      summary={(_, count) => `${count} ${count === 1 ? 'change' : 'changes'} of watched files in this time`}
      words={{ label: 'Search changes', placeholder: 'Path, process, user' }}
      label="Integrity changes"
      empty={
        <Empty title="No changes in this time">
          Watched files are as they were. Which paths are watched is in the policy; buy the service for a
          machine under Services if none has it.
        </Empty>
      }
      columns={[
        { key: 'time', title: 'When', width: '8rem', render: (change) => <Instant at={change.time} /> },
        { key: 'what', title: 'What', width: '11rem', render: (change) => change.what },
        {
          key: 'path',
          title: 'File',
          width: 'minmax(16rem, 2fr)',
          render: (change) => <span className="d-mono">{change.path}</span>,
        },
        { key: 'process', title: 'By process', width: '10rem', render: (change) => change.process },
        { key: 'user', title: 'User', width: '8rem', render: (change) => change.user },
        { key: 'host', title: 'Host', width: '9rem', render: (change) => change.host },
      ]}
      renderDetails={(selected) => ({
        title: selected.path,
        facts: [
          ['What', selected.message],
          ['When', <Instant key="t" at={selected.time} />],
          [
            'Process',
            selected.executable === '' ? (
              selected.process
            ) : (
              <span key="p" className="d-mono">
                {selected.executable}
              </span>
            ),
          ],
          [
            'Command line',
            <span key="c" className="d-mono">
              {selected.commandLine === '' ? 'not known' : selected.commandLine}
            </span>,
          ],
          ['User', selected.user],
          ['Parent', selected.parent === '' ? 'not known' : selected.parent],
          ['Seen by', selected.seenBy],
          [
            'SHA-256 now',
            <span key="h" className="d-mono">
              {selected.sha256 === '' ? 'not hashed' : selected.sha256}
            </span>,
          ],
        ],
        more:
          selected.diff === '' ? null : (
            <section>
              <h2>Difference</h2>
              <Diff text={selected.diff} />
            </section>
          ),
      })}
    />
  );
}

export const fileIntegrityMonitoringConsole: ConsoleRoom = {
  serviceId: 'file-integrity-monitoring',
  pages: [{ path: 'integrity', title: 'Integrity changes', group: 'Protect', component: IntegrityPage }],
};
