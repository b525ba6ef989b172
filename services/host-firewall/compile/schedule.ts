/**
 * Which rules are in force at a moment. The agent compiles again when that changes, instead of the kernel's `meta day`
 * and `meta hour`: the first follows the kernel's idea of a time zone (`sys_tz`), the second is read by nft in the time
 * zone of whoever runs it, and a rule that is not in force costs no packet anything.
 */
import { type FirewallRule, type HostFirewallPolicy, WEEKDAYS } from '../policy.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** The first of January 1970 was a Thursday. */
const EPOCH_WEEKDAY = 4;

export function isInForce(
  rule: FirewallRule,
  policy: Pick<HostFirewallPolicy, 'schedules'>,
  atMs: number,
  contexts: ReadonlySet<string>,
): boolean {
  if (!rule.enabled) return false;
  if (rule.context !== undefined && !contexts.has(rule.context)) return false;
  return rule.schedule === undefined || isOpen(policy, rule.schedule, atMs);
}

function isOpen(policy: Pick<HostFirewallPolicy, 'schedules'>, name: string, atMs: number): boolean {
  const day = Math.floor(atMs / DAY_MS);
  const withinMs = atMs - day * DAY_MS;
  const weekday = WEEKDAYS[(((day + EPOCH_WEEKDAY) % 7) + 7) % 7];
  return (policy.schedules[name] ?? []).some(
    (window) =>
      weekday !== undefined &&
      window.weekdays.includes(weekday) &&
      startMs(window.from) <= withinMs &&
      withinMs < startMs(window.to),
  );
}

const startMs = (text: string): number => (Number(text.slice(0, 2)) * 60 + Number(text.slice(3))) * MINUTE_MS;

/** When a schedule that a rule names next opens or closes; `null` when none ever does. */
export function nextChangeAtMs(
  policy: Pick<HostFirewallPolicy, 'schedules' | 'rules'>,
  atMs: number,
): number | null {
  const names = new Set(policy.rules.flatMap((rule) => (rule.enabled && rule.schedule) || []));
  let next: number | null = null;
  for (const name of names) {
    const edges = (policy.schedules[name] ?? []).flatMap(({ from, to }) => [startMs(from), startMs(to)]);
    // A week and a day: every edge of every weekday once, whatever the time of the day now.
    for (let day = Math.floor(atMs / DAY_MS), until = day + 8; day <= until; day += 1)
      for (const edge of edges) {
        const edgeMs = day * DAY_MS + edge;
        if (edgeMs <= atMs || (next !== null && edgeMs >= next)) continue;
        if (isOpen(policy, name, edgeMs) !== isOpen(policy, name, edgeMs - 1)) next = edgeMs;
      }
  }
  return next;
}
