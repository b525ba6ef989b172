/** Door: the page of integrity changes: what, who did it, with which process, and the difference. */
import type { ConsoleRoom, ConsoleTools } from '@demarc/platform/contract/console';
import { useCallback, useEffect, useState } from 'react';
import { type Change, changeOf } from './change.ts';

const LIMIT = 500;
/** Kept in the page; older than that is found by narrowing the time. */
const CHANGES_MAX = 10_000;
const FILE_SYSTEM_ACTIVITY = 1_001;

function IntegrityPage({ tools }: { readonly tools: ConsoleTools }) {
  const {
    DataTable,
    TimeRange,
    Instant,
    Diff,
    Json,
    PageHeader,
    Details,
    Facts,
    Empty,
    Failure,
    Loading,
    SearchBox,
    Fresh,
  } = tools.parts;
  const { searchEvents, subscribe, search, setSearch, range } = tools;
  const [found, setFound] = useState<{
    readonly changes: readonly Change[];
    readonly matchedCount: number;
    readonly nextCursor: string | null;
  }>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [fresh, setFresh] = useState(0);
  const text = search['text'];
  const ask = useCallback(
    async (cursor?: string) => {
      const page = await searchEvents({
        ...range(),
        classUids: [FILE_SYSTEM_ACTIVITY],
        limit: LIMIT,
        ...(text === undefined ? {} : { text }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      return {
        changes: page.events.map(changeOf),
        matchedCount: page.matchedCount,
        nextCursor: page.nextCursor,
      };
    },
    [searchEvents, range, text],
  );
  const load = useCallback(async () => {
    try {
      setFound(await ask());
      setFailure(undefined);
      setFresh(0);
    } catch (error) {
      setFailure(error);
    }
  }, [ask]);
  const older = async (cursor: string): Promise<void> => {
    setBusy(true);
    try {
      const page = await ask(cursor);
      setFound((known) =>
        known?.nextCursor === cursor
          ? { ...known, changes: [...known.changes, ...page.changes], nextCursor: page.nextCursor }
          : known,
      );
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const cursor = (found?.changes.length ?? 0) < CHANGES_MAX ? (found?.nextCursor ?? null) : null;
  useEffect(() => void load(), [load]);
  useEffect(
    () =>
      subscribe((message) => {
        if (message.kind === 'event' && message.event['class_uid'] === FILE_SYSTEM_ACTIVITY)
          setFresh((count) => count + 1);
      }),
    [subscribe],
  );
  const selected = found?.changes.find(({ uid }) => uid === search['open']);
  return (
    <>
      <PageHeader
        title="Integrity changes"
        summary={
          found === undefined
            ? 'Looking…'
            : `${found.matchedCount} ${found.matchedCount === 1 ? 'change' : 'changes'} of watched files in this time${found.changes.length < found.matchedCount ? `; the newest ${found.changes.length} are shown` : ''}.`
        }
        actions={
          <>
            <Fresh count={fresh} onShow={() => void load()} />
            <SearchBox label="Search changes" placeholder="Path, process, user" name="text" />
            <TimeRange />
          </>
        }
      />
      {failure === undefined ? null : <Failure error={failure} />}
      {found === undefined ? (
        failure === undefined ? (
          <Loading />
        ) : null
      ) : (
        <DataTable<Change>
          label="Integrity changes"
          rows={found.changes}
          {...(cursor === null
            ? {}
            : { more: { label: `Show ${LIMIT} older`, busy, bring: () => void older(cursor) } })}
          rowKey={({ uid }) => uid}
          selectedKey={search['open']}
          onOpen={({ uid }) => setSearch({ open: uid })}
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
        />
      )}
      {selected === undefined ? null : (
        <Details title={selected.path} onClose={() => setSearch({ open: undefined })}>
          <Facts
            facts={[
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
            ]}
          />
          {selected.diff === '' ? null : (
            <section>
              <h2>Difference</h2>
              <Diff text={selected.diff} />
            </section>
          )}
          <details>
            <summary>Raw record (OCSF)</summary>
            <Json value={selected.raw} />
          </details>
        </Details>
      )}
    </>
  );
}

export const fileIntegrityMonitoringConsole: ConsoleRoom = {
  serviceId: 'file-integrity-monitoring',
  pages: [{ path: 'integrity', title: 'Integrity changes', group: 'Protect', component: IntegrityPage }],
};
