/** What the command line says of clocks and modes, checked. */
import { type Clock, MODES, type Mode } from '@demarc/host-intrusion-detection/logs';
import { cliErrors } from '../errors.ts';

interface ClockOptions {
  readonly year?: string;
  readonly referenceTime?: string;
  readonly timezone?: string;
}

/** @throws CLI_USAGE */
export function modeOf(given: string): Mode {
  const mode = MODES.find((known) => known === given);
  if (mode === undefined)
    throw cliErrors.make('CLI_USAGE', { because: `"${given}" is no mode; there are ${MODES.join(', ')}` });
  return mode;
}

/** @throws CLI_USAGE */
export function clockOf({ year, referenceTime, timezone }: ClockOptions): Clock {
  const timeZone = timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    Intl.DateTimeFormat('en-US', { timeZone });
  } catch {
    throw cliErrors.make('CLI_USAGE', {
      because: `"${timeZone}" is no time zone, such as Europe/Berlin or UTC`,
    });
  }
  if (year !== undefined && referenceTime !== undefined)
    throw cliErrors.make('CLI_USAGE', { because: 'give either --year or --reference-time' });
  if (year !== undefined && !/^(?:19|20)\d\d$/.test(year))
    throw cliErrors.make('CLI_USAGE', { because: `"${year}" is no year` });
  // The last instant of the year: then every day of it has been.
  const referenceMs =
    year !== undefined
      ? Date.UTC(Number(year), 11, 31) - 1
      : referenceTime === undefined
        ? Date.now()
        : Date.parse(referenceTime);
  if (!Number.isFinite(referenceMs))
    throw cliErrors.make('CLI_USAGE', {
      because: `"${referenceTime}" is no instant, such as 2026-11-26T12:00:00Z`,
    });
  return { referenceMs, timeZone };
}
