/** What the routes of the workbook and of the register share. */
import { workbookErrors } from '@demarc/assurance/commands';
import { Instant, TenantIdParam } from '@demarc/platform/contract/api';
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { LOCAL_OPERATOR_ID, principalOf } from '../guard.ts';

export const BASE = '/v1/tenants/:tenantId';
export const Params = z.strictObject({ tenantId: TenantIdParam });
export const AsOfQuery = z.strictObject({ asOf: Instant.optional(), knownAt: Instant.optional() });
export const Done = z.strictObject({ ok: z.boolean() });

export const asOf = ({
  asOf: at,
  knownAt,
}: {
  readonly asOf?: string | undefined;
  readonly knownAt?: string | undefined;
}) => ({
  ...(at === undefined ? {} : { asOfMs: Date.parse(at) }),
  ...(knownAt === undefined ? {} : { knownAtMs: Date.parse(knownAt) }),
});

/**
 * Who decides: the account that is signed in, or whom the local command line names.
 *
 * @throws WORKBOOK_PERSON_FORBIDDEN when an account speaks for somebody else
 */
export function personOf(request: FastifyRequest, named: string | undefined): string {
  const { accountId, name } = principalOf(request);
  if (accountId === LOCAL_OPERATOR_ID) return named ?? '';
  if (named !== undefined && named !== name)
    throw workbookErrors.make('WORKBOOK_PERSON_FORBIDDEN', { person: named });
  return name;
}
