/** Which machine: chosen, never guessed, because something will be done to it. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useEffect, useState } from 'react';

export function MachineChoice({
  tools: { assets, parts },
  value,
  onChange,
}: {
  readonly tools: ConsoleTools;
  /** Empty while none is chosen. */
  readonly value: string;
  readonly onChange: (assetId: string) => void;
}) {
  const { Choice, Failure } = parts;
  const [machines, setMachines] = useState<Awaited<ReturnType<ConsoleTools['assets']>>>([]);
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    assets().then(setMachines, setFailure);
  }, [assets]);
  return (
    <>
      <Choice
        label="Machine"
        value={value}
        options={[
          { value: '', label: 'Choose one' },
          ...machines.map(({ assetId, name }) => ({ value: assetId, label: name })),
        ]}
        onChange={onChange}
      />
      {failure === undefined ? null : <Failure error={failure} />}
    </>
  );
}
