/** What the pages about workbook, risks, exceptions and standards ask for, and how they write. */
import type { Permission } from '@demarc/platform/contract/api';
import {
  Exceptions,
  Poam,
  Risks,
  Standards,
  Workbook,
  WorkbookControl,
} from '@demarc/platform/contract/assurance/workbook';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type * as z from 'zod';
import { get, post, whoAmI } from '../app/api.ts';
import { Done } from '../app/schemas.ts';
import { useTenantId } from './queries.ts';

const REFETCH_MS = 30_000;

/** As it is, or as it was: what is past does not change by itself. */
function useView<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  query: Readonly<Record<string, string | undefined>>,
) {
  const tenantId = useTenantId();
  const parameters = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ).toString();
  return useQuery({
    // Below `matrix`: it is asked for again when the server says that the matrix changed.
    queryKey: ['matrix', tenantId, path, parameters],
    queryFn: () => get(`/v1/tenants/${tenantId}/${path}?${parameters}`, schema),
    refetchInterval: query['asOf'] === undefined ? REFETCH_MS : false,
    placeholderData: (before) => before,
  });
}

export const useWorkbook = (asOf: string | undefined, assetId: string | undefined) =>
  useView('workbook', Workbook, { asOf, assetId });
export const useWorkbookControl = (
  controlId: string,
  asOf: string | undefined,
  assetId: string | undefined,
) => useView(`workbook/controls/${encodeURIComponent(controlId)}`, WorkbookControl, { asOf, assetId });
export const useRisks = (asOf: string | undefined) => useView('risks', Risks, { asOf });
export const usePoam = (asOf: string | undefined) => useView('poam', Poam, { asOf });
export const useExceptions = (asOf: string | undefined) => useView('exceptions', Exceptions, { asOf });
export const useStandards = (asOf?: string) => useView('standards', Standards, { asOf });

/** One act; then everything that it may have changed is asked for again. */
export function useAct<Body extends object>(path: string, onDone?: () => void) {
  const tenantId = useTenantId();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Body) => post(`/v1/tenants/${tenantId}/${path}`, Done, body),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['matrix', tenantId] });
      onDone?.();
    },
  });
}

/** What is offered; the server decides again. */
export function useMay(): (permission: Permission) => boolean {
  const me = useQuery({ queryKey: ['me'], queryFn: whoAmI });
  return (permission) => me.data?.permissions.includes(permission) === true;
}
