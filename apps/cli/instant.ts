/** Instants as people give them on the command line. */
import { cliErrors } from './errors.ts';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An ISO 8601 instant, or how long ago (`15m`, `24h`, `7d`), or in how long (`+30d`). @throws CLI_USAGE */
export function instantOf(text: string): string {
  const [, ahead, count, unit] = /^(\+?)(\d+)([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) {
    const spanMs = Number(count) * (UNITS_MS[unit] ?? 0);
    return new Date(Date.now() + (ahead === '+' ? spanMs : -spanMs)).toISOString();
  }
  const parsed = Date.parse(text);
  if (Number.isNaN(parsed))
    throw cliErrors.make('CLI_USAGE', {
      because: `"${text}" is neither an instant nor a time span such as 24h or +30d`,
    });
  return new Date(parsed).toISOString();
}

/** An ISO 8601 instant, or in how long: `90d`. @throws CLI_USAGE */
export function laterOf(text: string): string {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) return instantOf(text);
  return new Date(Date.now() + Number(count) * (UNITS_MS[unit] ?? 0)).toISOString();
}
