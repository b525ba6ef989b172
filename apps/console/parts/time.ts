/** Time ranges and instants: pure, so that they can be tried without a browser. */

export const RANGES = [
  ['15m', 'Last 15 minutes', 900],
  ['1h', 'Last hour', 3_600],
  ['24h', 'Last 24 hours', 86_400],
  ['7d', 'Last 7 days', 604_800],
  ['30d', 'Last 30 days', 2_592_000],
] as const;

export type Zone = 'local' | 'utc';

/** `24h`, or `2026-11-20T10:00:00.000Z..2026-11-20T11:00:00.000Z`; anything else is the last day. */
export function rangeOf(
  text: string | undefined,
  nowMs: number,
): { readonly from: string; readonly to: string } {
  const [from, to] = (text ?? '').split('..');
  if (from !== undefined && to !== undefined && Date.parse(from) < Date.parse(to)) {
    return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  }
  const seconds = RANGES.find(([key]) => key === text)?.[2] ?? 86_400;
  // A minute ahead: clocks differ, and what has just arrived must be in it.
  return {
    from: new Date(nowMs - seconds * 1_000).toISOString(),
    to: new Date(nowMs + 60_000).toISOString(),
  };
}

export function rangeLabel(text: string | undefined, zone: Zone): string {
  const known = RANGES.find(([key]) => key === (text ?? '24h'));
  if (known !== undefined) return known[1];
  const { from, to } = rangeOf(text, Date.now());
  return `${formatInstant(from, zone)} – ${formatInstant(to, zone)}`;
}

export function zoneName(zone: Zone): string {
  return zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export function formatInstant(at: string | number, zone: Zone): string {
  const formatter = new Intl.DateTimeFormat('en-GB', {
    year: 'numeric',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
    ...(zone === 'utc' ? { timeZone: 'UTC' } : {}),
  });
  return formatter.format(new Date(at));
}

/** For an input of type `datetime-local`, in the reader's own zone; empty when there is no instant. */
export function inputValue(instant: string | undefined): string {
  if (instant === undefined || Number.isNaN(Date.parse(instant))) return '';
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** `4 min ago`; exact enough to know whether to worry. */
export function ago(at: string | number, nowMs: number): string {
  const seconds = Math.round((nowMs - new Date(at).getTime()) / 1_000);
  // Clocks differ by seconds.
  return seconds < -5 ? `in ${span(-seconds)}` : `${span(Math.max(0, seconds))} ago`;
}

function span(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
