/** How a plan would be with another window or freeze: both sides beside each other, and nothing is kept. */
import { useAct, useReply } from '@demarc/platform/console';
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import type { WhatIf, WhatIfReply, WindowList } from '../api.ts';
import { askedFreeze, emptyFreeze } from './freeze-draft.ts';
import { FreezeFields } from './freeze-form.tsx';
import { asked, emptyWindow } from './window-draft.ts';
import { WindowFields } from './window-form.tsx';
import { whatIfLines } from './words.ts';
import { dateIn } from './zone-days.ts';

const SECONDS = 5;

export function WhatIfDrawer({
  tools,
  timeZone,
  onClose,
}: {
  readonly tools: ConsoleTools;
  readonly timeZone: string;
  readonly onClose: () => void;
}) {
  const { Button, Choice, Details, Failure } = tools.parts;
  const windows = useReply<WindowList>(tools, 'patching/windows');
  const [without, setWithout] = useState<readonly string[]>([]);
  const [window, setWindow] = useState(() => emptyWindow(timeZone, dateIn(Date.now(), timeZone)));
  const [freeze, setFreeze] = useState(emptyFreeze);
  const [adds, setAdds] = useState({ window: false, freeze: false });
  const [reply, setReply] = useState<WhatIfReply>();
  const { busy, failure, run } = useAct();
  const addWindow = adds.window ? asked(window) : undefined;
  const addFreeze = adds.freeze ? askedFreeze(freeze, timeZone) : undefined;
  const missing =
    addWindow !== undefined && 'missing' in addWindow
      ? `The window: ${addWindow.missing}`
      : addFreeze !== undefined && 'missing' in addFreeze
        ? `The freeze: ${addFreeze.missing}`
        : !adds.window && !adds.freeze && without.length === 0
          ? 'Add a window or a freeze, or leave a window out.'
          : undefined;
  const body: WhatIf = {
    addWindows: addWindow !== undefined && 'body' in addWindow ? [addWindow.body] : [],
    addFreezes: addFreeze !== undefined && 'body' in addFreeze ? [addFreeze.body] : [],
    withoutWindowIds: [...without],
    seconds: SECONDS,
  };
  const kept = windows.found?.windows.filter(({ removed }) => removed === null) ?? [];
  return (
    <Details title="What if" onClose={onClose}>
      <p className="d-quiet">Two plans are made, of {SECONDS} seconds each. Nothing is kept.</p>
      <YesNo
        Choice={Choice}
        label="One more window"
        value={adds.window}
        onChange={(value) => setAdds({ ...adds, window: value })}
      />
      {adds.window ? (
        <WindowFields
          tools={tools}
          draft={window}
          onChange={(changes) => setWindow((before) => ({ ...before, ...changes }))}
        />
      ) : null}
      <YesNo
        Choice={Choice}
        label="One more freeze"
        value={adds.freeze}
        onChange={(value) => setAdds({ ...adds, freeze: value })}
      />
      {adds.freeze ? (
        <FreezeFields tools={tools} timeZone={timeZone} draft={freeze} onChange={setFreeze} />
      ) : null}
      {kept.length === 0 ? null : (
        <fieldset className="d-fields">
          <legend>Without these windows</legend>
          {kept.map(({ id, name }) => (
            <label key={id}>
              <input
                type="checkbox"
                checked={without.includes(id)}
                onChange={({ currentTarget: { checked } }) =>
                  setWithout((before) => (checked ? [...before, id] : before.filter((each) => each !== id)))
                }
              />{' '}
              {name}
            </label>
          ))}
        </fieldset>
      )}
      {missing === undefined ? null : (
        <p role="status" className="d-quiet">
          {missing}
        </p>
      )}
      {windows.failure === undefined ? null : <Failure error={windows.failure} />}
      {failure === undefined ? null : <Failure error={failure} />}
      <div className="d-toolbar">
        <Button
          kind="main"
          busy={busy}
          disabled={missing !== undefined}
          onClick={() =>
            run(async () => setReply(await tools.api<WhatIfReply>('POST', 'patching/plans/what-if', body)))
          }
        >
          Compare
        </Button>
      </div>
      {reply === undefined ? null : (
        <section className="d-lines" aria-label="Both sides">
          <table>
            <thead>
              <tr>
                <th scope="col">Figure</th>
                <th scope="col">As it is</th>
                <th scope="col">As asked</th>
                <th scope="col">Change</th>
              </tr>
            </thead>
            <tbody>
              {whatIfLines(reply).map(({ name, before, after, change }) => (
                <tr key={name}>
                  <td>{name}</td>
                  <td className="d-number">{before}</td>
                  <td className="d-number">{after}</td>
                  <td>{change}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Details>
  );
}

function YesNo({
  Choice,
  label,
  value,
  onChange,
}: {
  readonly Choice: ConsoleTools['parts']['Choice'];
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}) {
  return (
    <Choice
      label={label}
      value={value ? 'yes' : 'no'}
      options={[
        { value: 'no', label: 'no' },
        { value: 'yes', label: 'yes' },
      ]}
      onChange={(chosen) => onChange(chosen === 'yes')}
    />
  );
}
