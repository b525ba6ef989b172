/** A policy while it is edited: JSON as people see it, and small changes of it. Pure. */

export interface DraftRule {
  readonly id: string;
  readonly name?: string;
  readonly direction: 'in' | 'out';
  readonly action: string;
  readonly priority?: number;
  readonly enabled?: boolean;
  readonly protocol?: string | number;
  readonly source?: readonly string[];
  readonly destination?: readonly string[];
  readonly sourcePorts?: readonly (string | number)[];
  readonly destinationPorts?: readonly (string | number)[];
  readonly [field: string]: unknown;
}
export interface Draft {
  readonly mode?: string;
  readonly defaultAction?: { readonly in?: string; readonly out?: string };
  readonly rules?: readonly DraftRule[];
  readonly [field: string]: unknown;
}

/** @returns why the text is no policy yet */
export function draftOf(text: string): Draft | { readonly problem: string } {
  let found: unknown;
  try {
    found = JSON.parse(text.trim() === '' ? '{}' : text);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  if (typeof found !== 'object' || found === null || Array.isArray(found))
    return { problem: 'A policy is an object: { "mode": "tap", … }' };
  const { rules } = found as { readonly rules?: unknown };
  if (rules !== undefined && !Array.isArray(rules)) return { problem: '"rules" is a list' };
  return found as Draft;
}

export const isDraft = (found: Draft | { readonly problem: string }): found is Draft => !('problem' in found);
export const textOf = (draft: Draft): string => JSON.stringify(draft, null, 2);

export function withRule(draft: Draft, rule: DraftRule): Draft {
  const rules = draft.rules ?? [];
  const at = rules.findIndex(({ id }) => id === rule.id);
  return { ...draft, rules: at === -1 ? [...rules, rule] : rules.with(at, rule) };
}

export function withoutRule(draft: Draft, id: string): Draft {
  return { ...draft, rules: (draft.rules ?? []).filter((rule) => rule.id !== id) };
}

export function toggled(draft: Draft, id: string): Draft {
  const rule = draft.rules?.find((one) => one.id === id);
  return rule === undefined ? draft : withRule(draft, { ...rule, enabled: rule.enabled === false });
}

/** One place up: within a priority and an action the order is that of the list. */
export function movedUp(draft: Draft, id: string): Draft {
  const rules = [...(draft.rules ?? [])];
  const at = rules.findIndex((rule) => rule.id === id);
  const [above, rule] = [rules[at - 1], rules[at]];
  if (above === undefined || rule === undefined) return draft;
  rules[at - 1] = rule;
  rules[at] = above;
  return { ...draft, rules };
}

/** `office, !10.1.0.0/16` → its elements; numbers where they are numbers. */
export function elementsOf(text: string): readonly string[] {
  return text
    .split(/[\s,]+/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
export const portsOf = (text: string): readonly (string | number)[] =>
  elementsOf(text).map((part) => (/^\d+$/.test(part) ? Number(part) : part));

/** In a sentence: `in tcp from @office to port 22`. */
export function ruleText(rule: DraftRule): string {
  const list = (all: readonly (string | number)[] | undefined): string => (all ?? []).join(', ');
  const from = [list(rule.source), portText(rule.sourcePorts)].filter((part) => part !== '').join(' ');
  const to = [list(rule.destination), portText(rule.destinationPorts)]
    .filter((part) => part !== '')
    .join(' ');
  return [
    rule.direction,
    rule.protocol ?? 'any',
    ...(from === '' ? [] : [`from ${from}`]),
    ...(to === '' ? [] : [`to ${to}`]),
  ].join(' ');
}

function portText(ports: readonly (string | number)[] | undefined): string {
  if (ports === undefined || ports.length === 0) return '';
  return `${ports.length === 1 ? 'port' : 'ports'} ${ports.join(', ')}`;
}
