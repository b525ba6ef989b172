/** What the pages about responsibility ask for; all below the key that the live stream invalidates. */
import {
  Claim,
  Gaps,
  Group,
  InventoryAsset,
  Mine,
  Obligations,
  Party,
  Question,
  Snapshot,
  Stack,
  Timeline,
} from '@demarc/platform/contract/assurance/responsibility';
import { useQuery } from '@tanstack/react-query';
import * as z from 'zod';
import { get } from '../app/api.ts';
import { useAsOf } from '../app/as-of.ts';
import { useTenantId } from './queries.ts';

/** Now is asked again; what was, stays. */
const REFRESH_MS = 15_000;

function useView<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  parameters: Readonly<Record<string, string | undefined>> = {},
) {
  const tenantId = useTenantId();
  const { asOf } = useAsOf();
  const given = Object.entries({ ...parameters, asOf }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const query = new URLSearchParams(given).toString();
  return useQuery({
    queryKey: ['matrix', tenantId, path, query],
    queryFn: () => get(`/v1/tenants/${tenantId}/${path}${query === '' ? '' : `?${query}`}`, schema),
    refetchInterval: asOf === undefined ? REFRESH_MS : false,
    // Turning the time keeps the picture of before until the next one is there; never that of another tenant.
    placeholderData: (before, query) => (query?.queryKey[1] === tenantId ? before : undefined),
  });
}

export const useStack = (by: string) => useView('stack', Stack, { by });
export const useMine = (party: string) => useView('mine', Mine, { party });
export const useGaps = () => useView('gaps', Gaps);
export const useParties = () => useView('parties', z.array(Party));
export const useGroups = () => useView('groups', z.array(Group));
export const useInventory = () => useView('inventory/assets', z.array(InventoryAsset));
export const useClaims = () => useView('claims', z.array(Claim));
export const useQuestions = () => useView('decisions', z.array(Question));
export const useSnapshots = () => useView('snapshots', z.array(Snapshot));

/** Of the whole range, whatever instant is being looked at. */
export function useTimeline() {
  const tenantId = useTenantId();
  return useQuery({
    queryKey: ['matrix', tenantId, 'timeline'],
    queryFn: () => get(`/v1/tenants/${tenantId}/stack/timeline?points=120`, Timeline),
    refetchInterval: 60_000,
  });
}

export function useObligations() {
  return useQuery({
    queryKey: ['obligations'],
    queryFn: () => get('/v1/obligations', Obligations),
    refetchInterval: 30_000,
  });
}
