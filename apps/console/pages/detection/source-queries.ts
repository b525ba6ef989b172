/** What the page about sources asks for and sends. */
import {
  type ChangeSource,
  type CreateSource,
  MadeSource,
  Source,
  SourceDetail,
} from '@demarc/platform/contract/intake';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as z from 'zod';
import { call, get, post } from '../../app/api.ts';
import { Done } from '../../app/schemas.ts';
import { useTenantId } from '../queries.ts';

const REFETCH_MS = 5_000;

export function useSources() {
  const tenantId = useTenantId();
  return useQuery({
    queryKey: ['sources', tenantId, 'all'],
    queryFn: () => get(`/v1/tenants/${tenantId}/sources`, z.array(Source)),
    refetchInterval: REFETCH_MS,
  });
}

export function useSource(sourceId: string) {
  const tenantId = useTenantId();
  return useQuery({
    queryKey: ['sources', tenantId, sourceId],
    queryFn: () => get(`/v1/tenants/${tenantId}/sources/${sourceId}`, SourceDetail),
    refetchInterval: REFETCH_MS,
  });
}

/** Sends, then asks again for what is shown of sources. */
function useSend<Input, Output>(
  send: (base: string, input: Input) => Promise<Output>,
  onDone: (output: Output) => void,
) {
  const tenantId = useTenantId();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (input: Input) => send(`/v1/tenants/${tenantId}/sources`, input),
    onSuccess: async (output) => {
      onDone(output);
      await queries.invalidateQueries({ queryKey: ['sources', tenantId] });
    },
  });
}

export const useCreateSource = (onDone: (made: MadeSource) => void) =>
  useSend((base, body: CreateSource) => post(base, MadeSource, body), onDone);
export const useRotate = (sourceId: string, onDone: (made: MadeSource) => void) =>
  useSend((base, _: void) => post(`${base}/${sourceId}/rotate`, MadeSource), onDone);
export const useChangeSource = (sourceId: string, onDone: () => void) =>
  useSend((base, body: ChangeSource) => post(`${base}/${sourceId}/change`, Source, body), onDone);
export const useRemoveSource = (sourceId: string, onDone: () => void) =>
  useSend(
    (base, { discard }: { readonly discard: boolean }) =>
      call('DELETE', `${base}/${sourceId}?discard=${discard}`, Done),
    onDone,
  );
