/** What several pages ask for. */
import type { Permission } from '@demarc/platform/contract/api';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import * as z from 'zod';
import { get, whoAmI } from '../app/api.ts';
import { Asset, Matrix, ServiceOffer } from '../app/schemas.ts';

export function useTenantId(): string {
  const { tenantId } = useParams({ strict: false });
  return tenantId ?? 'local';
}

export function useMatrix(asOf?: string) {
  const tenantId = useTenantId();
  const query = asOf === undefined ? '' : `?asOf=${encodeURIComponent(asOf)}`;
  return useQuery({
    queryKey: ['matrix', tenantId, asOf ?? 'now'],
    queryFn: () => get(`/v1/tenants/${tenantId}/matrix${query}`, Matrix),
    // What was, stays; what is asked for may still be recorded later, so it is asked again when the page is.
    refetchInterval: asOf === undefined ? 15_000 : false,
  });
}

export function useAssets() {
  const tenantId = useTenantId();
  return useQuery({
    queryKey: ['assets', tenantId],
    queryFn: () => get(`/v1/tenants/${tenantId}/assets`, z.array(Asset)),
    refetchInterval: 15_000,
  });
}

export function useServices() {
  const tenantId = useTenantId();
  return useQuery({
    queryKey: ['matrix', tenantId, 'services'],
    queryFn: () => get(`/v1/tenants/${tenantId}/services`, z.array(ServiceOffer)),
  });
}

/** Whether whoever is signed in may do this somewhere; the server decides whether here. */
export function useMay(permission: Permission): boolean {
  const me = useQuery({ queryKey: ['me'], queryFn: whoAmI });
  return me.data?.permissions.includes(permission) === true;
}
