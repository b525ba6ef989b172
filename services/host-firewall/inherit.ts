/**
 * Tenant → group → asset: three partial documents become one. Pure; the result is checked as any policy is.
 *
 * The more specific wins, field by field. Lists, schedules and contexts go by name and are replaced whole. Rules go by
 * id: one of the same id changes the fields it names and keeps its place, others come after. The allow-list only
 * grows: nobody further down can lock out who further up is let in.
 */
import type { AllowListEntry, PolicyInput } from './policy.ts';

type RuleInput = NonNullable<PolicyInput['rules']>[number];
export type PolicyPatch = Omit<PolicyInput, 'rules'> & {
  readonly rules?: readonly (Partial<RuleInput> & { readonly id: string })[];
};

export function inherit(tenant: PolicyPatch, group: PolicyPatch = {}, asset: PolicyPatch = {}): PolicyPatch {
  return [group, asset].reduce(over, tenant);
}

function over(base: PolicyPatch, patch: PolicyPatch): PolicyPatch {
  return {
    ...base,
    ...patch,
    ...both(base, patch, 'defaultAction'),
    ...both(base, patch, 'stateful'),
    ...both(base, patch, 'log'),
    ...both(base, patch, 'addressLists'),
    ...both(base, patch, 'portLists'),
    ...both(base, patch, 'schedules'),
    ...both(base, patch, 'contexts'),
    ...(base.rules === undefined && patch.rules === undefined
      ? {}
      : { rules: rulesOver(base.rules ?? [], patch.rules ?? []) }),
    ...(base.allowList === undefined && patch.allowList === undefined
      ? {}
      : { allowList: [...(base.allowList ?? []), ...(patch.allowList ?? [])] as AllowListEntry[] }),
  };
}

function both<Key extends keyof PolicyPatch>(base: PolicyPatch, patch: PolicyPatch, key: Key): object {
  return base[key] === undefined && patch[key] === undefined
    ? {}
    : { [key]: { ...(base[key] as object), ...(patch[key] as object) } };
}

function rulesOver(
  base: NonNullable<PolicyPatch['rules']>,
  patch: NonNullable<PolicyPatch['rules']>,
): NonNullable<PolicyPatch['rules']> {
  const rules = new Map(base.map((rule) => [rule.id, rule]));
  // A Map keeps the place of a key that is set again.
  for (const rule of patch) rules.set(rule.id, { ...rules.get(rule.id), ...rule });
  return [...rules.values()];
}
