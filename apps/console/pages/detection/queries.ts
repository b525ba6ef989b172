/** What the pages about detection ask for and send. */
import {
  FindingDetails,
  RuleDetails,
  RuleList,
  RuleOverlay,
  type SetRuleOverlay,
} from '@demarc/platform/contract/detection';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call, get, post } from '../../app/api.ts';
import { Done } from '../../app/schemas.ts';
import { useTenantId } from '../queries.ts';

/** Changes of rules are told live; this is for the counts of what has fired. */
const RULES_REFETCH_MS = 120_000;

export function useRules(enabled = true) {
  const tenantId = useTenantId();
  return useQuery({
    queryKey: ['rules', tenantId, 'all'],
    queryFn: () => get(`/v1/tenants/${tenantId}/rules`, RuleList),
    enabled,
    staleTime: RULES_REFETCH_MS / 2,
    refetchInterval: RULES_REFETCH_MS,
    // Comparing tens of thousands of rules with what was there costs more than drawing those in view.
    structuralSharing: false,
  });
}

const rulePath = (tenantId: string, ruleId: string): string =>
  `/v1/tenants/${tenantId}/rules/${encodeURIComponent(ruleId)}`;

export function useRule(ruleId: string) {
  const tenantId = useTenantId();
  return useQuery({
    queryKey: ['rules', tenantId, 'one', ruleId],
    queryFn: () => get(rulePath(tenantId, ruleId), RuleDetails),
  });
}

export function useFinding(uid: string) {
  const tenantId = useTenantId();
  return useQuery({
    // Below `rules`: what a finding is explained by changes with its rule.
    queryKey: ['rules', tenantId, 'finding', uid],
    queryFn: () => get(`/v1/tenants/${tenantId}/findings/${encodeURIComponent(uid)}`, FindingDetails),
  });
}

export function useSetOverlay(ruleId: string, onDone: () => void) {
  const tenantId = useTenantId();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: SetRuleOverlay) =>
      call('PUT', `${rulePath(tenantId, ruleId)}/overlay`, RuleOverlay, body),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['rules', tenantId] });
      onDone();
    },
  });
}

export function useRemoveRules(onDone: () => void) {
  const tenantId = useTenantId();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (file: string) => post(`/v1/tenants/${tenantId}/rules/remove`, Done, { file }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['rules', tenantId] });
      onDone();
    },
  });
}
