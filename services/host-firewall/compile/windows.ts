/** Schedules as the kernel asks: a day of the week, and seconds of the UTC day. */
import { type HostFirewallPolicy, WEEKDAYS } from '../policy.ts';
import { isEqual, meta, oneOf, type Statement } from './nft.ts';

type Windows = HostFirewallPolicy['schedules'][string];

/**
 * One list of statements per window. They never overlap: a log-only rule must not log one packet twice.
 * Numbers, not names: nft(8) shifts a text like "12:00" by the time zone of whoever loads it.
 */
export function windowsOf(windows: Windows): readonly (readonly Statement[])[] {
  const daysOf = new Map<string, { from: number; to: number; days: number[] }>();
  for (const [day, name] of WEEKDAYS.entries()) {
    for (const { from, to } of joined(windows.filter(({ weekdays }) => weekdays.includes(name)))) {
      const same = daysOf.get(`${from}-${to}`) ?? { from, to, days: [] };
      same.days.push(day);
      daysOf.set(`${from}-${to}`, same);
    }
  }
  return [...daysOf.values()].map(({ from, to, days }) => [
    ...(days.length === 7 ? [] : [isEqual(meta('day'), oneOf(days))]),
    ...(from === 0 && to === 86_400 ? [] : [isEqual(meta('hour'), { range: [from, to - 1] })]),
  ]);
}

function joined(windows: Windows): readonly { readonly from: number; readonly to: number }[] {
  const seconds = (text: string): number => Number(text.slice(0, 2)) * 3_600 + Number(text.slice(3)) * 60;
  const sorted = windows
    .map(({ from, to }) => ({ from: seconds(from), to: seconds(to) }))
    .sort((a, b) => a.from - b.from);
  const out: { from: number; to: number }[] = [];
  for (const window of sorted) {
    const last = out.at(-1);
    if (last !== undefined && window.from <= last.to) last.to = Math.max(last.to, window.to);
    else out.push({ ...window });
  }
  return out;
}
