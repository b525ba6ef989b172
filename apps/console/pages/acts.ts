/** Acts of the pages about services and hand-overs, and who may do them. */
import type { Entitlement, Permission } from '@demarc/platform/contract/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { post, whoAmI } from '../app/api.ts';
import { Done } from '../app/schemas.ts';
import { useTenantId } from './queries.ts';

/** Posts below the tenant; what was shown of the tenant is then asked for again. */
export function useAct(path: string, onDone: () => void = () => undefined) {
  const tenantId = useTenantId();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: unknown) => post(`/v1/tenants/${tenantId}/${path}`, Done, body),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['matrix', tenantId] });
      onDone();
    },
  });
}

export function useMay(permission: Permission): boolean {
  const me = useQuery({ queryKey: ['me'], queryFn: whoAmI });
  return me.data?.permissions.includes(permission) === true;
}

/** An end that is still to come is not an end. */
export function isRunning({ validTo }: Entitlement): boolean {
  return validTo === null || Date.parse(validTo) > Date.now();
}
