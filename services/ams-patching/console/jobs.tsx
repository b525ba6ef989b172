/** Every job of every plan: what it waits for, how far it is, how it ended. */
import { useReply } from '@demarc/platform/console';
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useEffect, useState } from 'react';
import type { JobRow, PlanList } from '../api.ts';
import { JobDrawer } from './job-details.tsx';
import { ofDecision, ofJob } from './marks.ts';
import { useJobs } from './use-jobs.ts';
import { counted, instantIn, JOB_WORDS, jobsSummary, progressText } from './words.ts';
import { ZoneChoice, zoneOf } from './zone-choice.tsx';

const STATES = Object.keys(JOB_WORDS) as JobRow['state'][];

export function JobsPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Button, DataTable, Empty, Failure, Loading, PageHeader, Mark, PartyMark } = tools.parts;
  const { search, setSearch } = tools;
  const timeZone = zoneOf(tools);
  const { state, asset, plan, job } = search;
  const query = new URLSearchParams({
    ...(state === undefined ? {} : { state }),
    ...(asset === undefined ? {} : { assetId: asset }),
    ...(plan === undefined ? {} : { planId: plan }),
  }).toString();
  const { found, failure, rows, more, reload } = useJobs(
    tools,
    query === '' ? 'patching/jobs' : `patching/jobs?${query}`,
  );
  const isFiltered = query !== '';
  return (
    <>
      <PageHeader
        title="Patch jobs"
        summary={found === undefined ? 'Looking…' : jobsSummary(found)}
        actions={<Filters tools={tools} timeZone={timeZone} />}
      />
      {failure === undefined ? null : <Failure error={failure} />}
      {rows === undefined ? (
        failure === undefined ? (
          <Loading />
        ) : null
      ) : (
        <DataTable<JobRow>
          label="Patch jobs"
          rows={rows}
          rowKey={({ id }) => id}
          selectedKey={job}
          onOpen={({ id }) => setSearch({ job: id })}
          {...(more === undefined
            ? {}
            : {
                more: { ...more, label: `Show more of ${counted(found?.matchedCount ?? 0, 'job')}` },
              })}
          empty={
            isFiltered ? (
              <Empty title="No job is like that">
                <Button onClick={() => setSearch({ state: undefined, asset: undefined, plan: undefined })}>
                  Show all jobs
                </Button>
              </Empty>
            ) : (
              <Empty title="No job yet">
                Jobs are made when a plan is published: make one under Patch plan, read it, and publish it.
              </Empty>
            )
          }
          columns={[
            {
              key: 'asset',
              title: 'Machine',
              width: 'minmax(8rem, 1fr)',
              render: ({ assetName }) => assetName,
            },
            {
              key: 'state',
              title: 'State',
              width: '12rem',
              render: (row) => <Mark {...ofJob(row)} />,
            },
            {
              key: 'because',
              title: 'Why',
              width: 'minmax(14rem, 2fr)',
              render: (row) => (
                <span title={row.stateBecause}>
                  {row.progress === null ? row.stateBecause : progressText(row.progress)}
                </span>
              ),
            },
            {
              key: 'window',
              title: 'Window',
              width: 'minmax(15rem, 1.4fr)',
              render: ({ windowName, opensAt }) => `${windowName}, ${instantIn(opensAt, timeZone)}`,
            },
            {
              key: 'decision',
              title: 'Decision',
              width: '9rem',
              render: ({ decision }) => <Mark {...ofDecision(decision)} />,
            },
            {
              key: 'packages',
              title: 'Packages',
              width: '6rem',
              render: ({ packageCount }) => String(packageCount),
            },
            {
              key: 'party',
              title: 'Approved by',
              width: '9rem',
              render: ({ party }) => (
                <PartyMark party={party} state={party === null ? 'unowned' : 'assigned'} />
              ),
            },
            {
              key: 'reboot',
              title: 'Reboot',
              width: '5rem',
              render: ({ rebootOwed }) => (rebootOwed ? 'owed' : ''),
            },
          ]}
        />
      )}
      {job === undefined ? null : (
        <JobDrawer
          key={job}
          tools={tools}
          jobId={job}
          timeZone={timeZone}
          onClose={() => setSearch({ job: undefined })}
          onChanged={reload}
        />
      )}
    </>
  );
}

function Filters({ tools, timeZone }: { readonly tools: ConsoleTools; readonly timeZone: string }) {
  const { Choice } = tools.parts;
  const { search, setSearch, assets } = tools;
  const { found } = useReply<PlanList>(tools, 'patching/plans');
  const [machines, setMachines] = useState<Awaited<ReturnType<ConsoleTools['assets']>>>([]);
  useEffect(() => {
    let isOver = false;
    // Without names the filter offers none; what is wrong is said by the table, which asks the same server.
    assets().then(
      (list) => {
        if (!isOver) setMachines(list);
      },
      () => undefined,
    );
    return () => {
      isOver = true;
    };
  }, [assets]);
  const chosen = (value: string): string | undefined => (value === '' ? undefined : value);
  const { state = '', asset = '', plan = '' } = search;
  const known = (options: readonly Option[], value: string): readonly Option[] =>
    value === '' || options.some((option) => option.value === value)
      ? options
      : [...options, { value, label: 'of the address' }];
  return (
    <>
      <Choice
        label="State"
        value={state}
        options={known(
          [{ value: '', label: 'any' }, ...STATES.map((value) => ({ value, label: JOB_WORDS[value] }))],
          state,
        )}
        onChange={(value) => setSearch({ state: chosen(value) })}
      />
      <Choice
        label="Machine"
        value={asset}
        options={known(
          [
            { value: '', label: 'any' },
            ...machines.map(({ assetId, name }) => ({ value: assetId, label: name })),
          ],
          asset,
        )}
        onChange={(value) => setSearch({ asset: chosen(value) })}
      />
      <Choice
        label="Plan"
        value={plan}
        options={known(
          [
            { value: '', label: 'any' },
            ...(found?.plans ?? [])
              .filter((each) => each.publishedAt !== null)
              .map((each) => ({
                value: each.id,
                label: `${each.state}, ${instantIn(each.publishedAt ?? each.madeAt, timeZone)}`,
              })),
          ],
          plan,
        )}
        onChange={(value) => setSearch({ plan: chosen(value) })}
      />
      <ZoneChoice tools={tools} />
    </>
  );
}
interface Option {
  readonly value: string;
  readonly label: string;
}
