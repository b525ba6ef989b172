/** The clock that windows are read on: of the reader, UTC, or of a place where a window is set. It is in the address. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { isZone } from './zone-days.ts';

export function zoneOf({ search }: ConsoleTools): string {
  const asked = search['zone'];
  return asked !== undefined && isZone(asked) ? asked : ownZone();
}

/** Of the reader. */
const ownZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

export function ZoneChoice({
  tools,
  zones = [],
}: {
  readonly tools: ConsoleTools;
  readonly zones?: readonly string[];
}) {
  const { Choice } = tools.parts;
  const own = ownZone();
  const chosen = zoneOf(tools);
  const all = [...new Set([own, 'UTC', ...zones, chosen])];
  return (
    <Choice
      label="On the clock of"
      value={chosen}
      options={all.map((value) => ({ value, label: value }))}
      onChange={(zone) => tools.setSearch({ zone: zone === own ? undefined : zone })}
    />
  );
}
